"""What in a received email leads back to a letter of ours: the addresses and names we signed."""

import re
from collections.abc import Iterator
from contextlib import suppress
from email.message import EmailMessage

from emails.errors import BadToken
from emails.links import Purpose, Tokens
from emails.reports import Report

TAGGED = re.compile(r"\+(?P<stop>stop\.)?(?P<token>[a-z0-9]+\.[a-z2-7]+)@", re.IGNORECASE)
MESSAGE_ID = re.compile(
    r"<(?P<key>[0-9a-f]{32})\.(?P<token>[a-z2-7]+\.[a-z2-7]+)@[^<>\s]{1,255}>", re.IGNORECASE
)
ADDRESSED = ("To", "Cc", "Delivered-To", "X-Original-To", "Envelope-To")
THREADED = ("In-Reply-To", "References")


def find_token(tokens: Tokens, mail: EmailMessage) -> tuple[bool, str]:
    """Whether it asks to stop, and the signed payload; an empty payload when there is none of ours.

    The address it was sent to speaks first, then the thread it belongs to.
    """
    for found in TAGGED.finditer(addressed(mail)):
        purpose = Purpose.UNSUBSCRIBE if found["stop"] else Purpose.REPLY
        try:
            return bool(found["stop"]), tokens.read(purpose, found["token"])
        except BadToken:
            continue
    threaded = _letters(tokens, _headers(mail, THREADED))
    return False, next((payload for _, payload in threaded), "")


def find_answered(tokens: Tokens, mail: EmailMessage) -> str:
    """What an address only the owner was told stands for; nothing when it was sent to none."""
    for found in TAGGED.finditer(addressed(mail)):
        with suppress(BadToken):
            return tokens.read(Purpose.ANSWER, found["token"])
    return ""


def returned_letters(tokens: Tokens, report: Report) -> Iterator[tuple[str, str]]:
    """The key and the signed payload of each letter of ours that a report brings back."""
    original = report.original
    return _letters(tokens, " ".join((original.message_id, *original.headers)))


def addressed(mail: EmailMessage) -> str:
    """All that is said of where it was sent."""
    return _headers(mail, ADDRESSED)


def _letters(tokens: Tokens, text: str) -> Iterator[tuple[str, str]]:
    for found in MESSAGE_ID.finditer(text):
        try:
            yield found["key"], tokens.read(Purpose.REPLY, found["token"])
        except BadToken:
            continue


def _headers(mail: EmailMessage, names: tuple[str, ...]) -> str:
    return " ".join(str(value) for name in names for value in mail.get_all(name, []))
