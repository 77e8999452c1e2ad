"""The machine's fields: RFC 3464 delivery status and RFC 5965 feedback, wherever they stand.

Some gateways put the same fields into the prose, so they are read from lines of text.
"""

import re
from collections.abc import Iterator, Mapping

Fields = Mapping[str, str]

FIELD = re.compile(r"^\s{0,4}(?P<name>[A-Za-z][A-Za-z0-9-]{2,40})\s?:\s?(?P<value>.*)$")
# Each starts what is said of another recipient.
RECIPIENTS = ("original-recipient", "final-recipient")
# Of a recipient; the rest are of the whole message.
TELLING = (*RECIPIENTS, "action", "status", "diagnostic-code")
ADDRESS_TYPE = re.compile(r"^\s*[A-Za-z0-9-]{1,20}\s*;\s*")


def read_fields(text: str) -> list[Fields]:
    """Blocks of fields, names in lower case, values unfolded; the first of a name counts."""
    return [block for block in map(_block, _paragraphs(text)) if block]


def of_recipients(blocks: list[Fields]) -> list[Fields]:
    """The blocks that speak of a recipient and say what became of the letter."""
    return [
        block
        for block in blocks
        if any(name in block for name in RECIPIENTS)
        and any(name in block for name in ("action", "status", "diagnostic-code"))
    ]


def untyped(value: str) -> str:
    """A value without the type in front of it: `rfc822; ana@example.com`, `smtp; 550 ...`."""
    return ADDRESS_TYPE.sub("", value).strip()


def _paragraphs(text: str) -> Iterator[list[tuple[str, str]]]:
    """Fields one after the other, parted by blank lines or by a name that comes again."""
    fields: list[tuple[str, str]] = []
    for line in text.split("\n"):
        if not line.strip():
            yield fields
            fields = []
            continue
        found = FIELD.match(line)
        if line[:1] in " \t" and fields and (found is None or not _is_telling(found["name"])):
            name, value = fields[-1]
            fields[-1] = (name, f"{value} {line.strip()}")
        elif found is not None:
            name = found["name"].lower()
            if name in RECIPIENTS and any(name == known for known, _ in fields):
                yield fields
                fields = []
            fields.append((name, found["value"].strip()))
        elif fields and fields[-1][0] == "diagnostic-code":
            # MessageLabs continues the server's reply without folding it.
            fields[-1] = ("diagnostic-code", f"{fields[-1][1]} {line.strip()}")
    yield fields


def _is_telling(name: str) -> bool:
    return name.lower() in TELLING


def _block(fields: list[tuple[str, str]]) -> Fields:
    # Reversed, so that the first of a name is the one that stays.
    return dict(reversed(fields))
