"""The standard library's parser, which gives up in many ways on mail that isn't mail.

What it is given stays within limits, because anybody may write to us and one email must not hold up
the others: without them, a few kilobytes can cost it minutes. The email itself is kept whole.
"""

import re
from email import message_from_bytes
from email.errors import MessageError
from email.message import EmailMessage
from email.policy import EmailPolicy
from itertools import islice
from typing import Any

PARSER_MISTAKES = (
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    RecursionError,
    MessageError,
)

# As base64 so many bytes hold more than the longest text we read: the rest of it is a picture's,
# and what a person wrote may stand below a few of those.
MOST_BASE64 = 150_000
MOST_BYTES = 1_000_000
# A part costs the parser a hundred times what its lines do.
MOST_PARTS = 300
# Its grammar of addresses takes quadratic time.
LONGEST_FROM = 1_000

BASE64 = re.compile(rb"(?:^[A-Za-z0-9+/=]{40,400}\r?\n)++", re.MULTILINE)
# What may begin a part: a boundary, which is more than dashes.
PART = re.compile(rb"^--(?!-*[ \t\r]*$)", re.MULTILINE)
# Inside a delivery report each blank line begins a part as well.
STATUS = re.compile(rb"/(?:global-)?delivery-status", re.IGNORECASE)
STATUS_PART = re.compile(rb"^(?:--(?!-*[ \t\r]*$)|\r?$)", re.MULTILINE)


class _AsWritten(EmailPolicy):
    """Headers are words as they stand, but for the two whose grammar we need."""

    def header_fetch_parse(self, name: str, value: str) -> Any:
        match name.lower():
            case "from":
                return super().header_fetch_parse(name, value[:LONGEST_FROM])
            case "content-disposition":
                return super().header_fetch_parse(name, value.partition(";")[0][:LONGEST_FROM])
            case _:
                return " ".join(value.split())


AS_WRITTEN = _AsWritten()


def parse(raw: bytes) -> EmailMessage:
    """The email; to read it may raise any of PARSER_MISTAKES, now or later."""
    mail = message_from_bytes(_bounded(raw), policy=AS_WRITTEN)
    assert isinstance(mail, EmailMessage)  # our policy makes no other
    return mail


def only_sender(mail: EmailMessage) -> str:
    """The one address it says it is from; nothing when it names several, or none."""
    if [name.lower() for name in mail.keys()].count("from") != 1:  # noqa: SIM118  a message isn't a dict
        return ""
    addresses = mail["From"].addresses
    return str(addresses[0].addr_spec).lower() if len(addresses) == 1 else ""


def _bounded(raw: bytes) -> bytes:
    """As much of it as is looked at."""
    read = BASE64.sub(lambda run: run[0][:MOST_BASE64], raw)[:MOST_BYTES]
    begins = STATUS_PART if STATUS.search(read) else PART
    beyond = next(islice(begins.finditer(read), MOST_PARTS, None), None)
    return read[: beyond.start()] if beyond else read
