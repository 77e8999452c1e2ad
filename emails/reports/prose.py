"""Reports in prose: which recipients they name, and what is said of each."""

import re
from collections.abc import Iterator

LONGEST_BLOCK = 4_000
MOST_RECIPIENTS = 20

ADDRESS = (
    r"(?P<address>(?:[^\s<>()\[\]\"',;:@|]{1,80}|\"[^\"@\n]{1,80}\")"
    r"@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,200}[A-Za-z0-9])?)"
)
ANY_ADDRESS = re.compile(ADDRESS)
# Lines that name an address which isn't the recipient's.
OTHERS = re.compile(
    r"mail[ -]from|envelope-from|^\s*(from|reply-to|sender|cc|subject)\s?:|contact|support@|please"
    r"|generated (from|by)|return-path|^\s*(hello|hallo|hi|dear)\b",
    re.IGNORECASE,
)
# An address that begins a line, after a bullet, quotes, a reply code or a transcript's arrows.
LEADING = re.compile(
    r"^\s{0,12}(?:[*>\"'-]{1,4}\s*|[45]\d\d[ -]\s*)?<?\"?" + ADDRESS + r"[>\"]{0,2}"
    r"(?P<rest>\s*(?:$|[:(\[<]|\.\.\.|-|\s(?:on|invalid|was|is|could|has|because)\b).*)",
    re.IGNORECASE,
)
# An address in a sentence about it.
SPOKEN_OF = re.compile(
    r"(?:\bdeliver\w*|recipients?|\buser\w*|mailbox|attempts|rcpt to|\bto|\baddress\w*|full)"
    r"\b[^@\n]{0,80}?[\s:<\"]" + ADDRESS,
    re.IGNORECASE,
)
WORD = re.compile(r"[^\W\d_]{3,}")


def address_in(text: str) -> str:
    found = ANY_ADDRESS.search(text)
    return found["address"].strip('"').lower() if found else ""


def said_of_each(prose: str, failed: tuple[str, ...], us: str) -> dict[str, str]:
    """Each recipient in lower case, and the text about it, in order.

    `failed` are the recipients a header names, `us` whom the report itself was sent to.
    """
    lines = prose.split("\n")
    starts = _starts(lines, failed, us)
    if len({address for _, address, _ in starts}) == 1:
        # A letter to one recipient: all that is said is about it, wherever it stands.
        return {starts[0][1]: prose[:LONGEST_BLOCK]}
    ends = [n for n, _, _ in starts[1:]] + [len(lines)]
    said: dict[str, str] = {}
    for (n, address, rest), end in zip(starts, ends if starts else (), strict=True):
        block = "\n".join(_block(lines, n, end, rest))
        said[address] = (said.get(address, "") + "\n" + block).strip()[:LONGEST_BLOCK]
        if len(said) >= MOST_RECIPIENTS:
            break
    return said


def _starts(lines: list[str], failed: tuple[str, ...], us: str) -> list[tuple[int, str, str]]:
    """Where the text about an address begins: line, address, and the rest of that line."""
    leading = list(_leading(lines, us))
    if failed:
        named = [start for start in leading if start[1] in failed]
        return named or [(0, address, "") for address in failed]
    if leading:
        return leading
    spoken_of = list(_spoken_of(lines, us))
    if spoken_of:
        return spoken_of[:1]
    anybody = [
        (n, found["address"].strip('"').lower(), "")
        for n, line in enumerate(lines)
        if not OTHERS.search(line)
        for found in ANY_ADDRESS.finditer(line)
    ]
    return [start for start in anybody if start[1] != us][:1]


def _leading(lines: list[str], us: str) -> Iterator[tuple[int, str, str]]:
    for n, line in enumerate(lines):
        found = LEADING.match(line)
        if found and not OTHERS.search(line[: found.end("address")]):
            address = found["address"].strip('"').lower()
            if address != us:
                yield n, address, found["rest"]


def _spoken_of(lines: list[str], us: str) -> Iterator[tuple[int, str, str]]:
    for n, line in enumerate(lines):
        found = None if OTHERS.search(line) else SPOKEN_OF.search(line)
        if found:
            address = found["address"].strip('"').lower()
            if address != us:
                yield n, address, ""


def _block(lines: list[str], start: int, end: int, rest: str) -> list[str]:
    """All lines up to the next recipient; where the first says it all, only what continues it."""
    if not WORD.search(ANY_ADDRESS.sub(" ", rest)):
        return lines[start:end]
    block = [lines[start]]
    for line in lines[start + 1 : end]:
        if not line[:1].isspace() or not line.strip():
            break
        block.append(line)
    return block
