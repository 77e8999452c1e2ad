"""A report taken apart: its headers, prose, machine fields, and what it returns of the letter.

Only raw values are read, and only so much of each: whatever the bytes, no parser of the standard
library is asked for more than it can do, and the work stays within bounds.
"""

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import EmailMessage, Message

MOST_PARTS = 40
DEEPEST = 6
MOST_TEXT = 60_000
MOST_LINES = 600
LONGEST_LINE = 1_500
LONGEST_HEADER = 2_000

MACHINE = {"message/delivery-status", "message/global-delivery-status"}
FEEDBACK = {"message/feedback-report"}
LETTER = {"message/rfc822", "message/global"}
# The second one is a common misspelling.
LETTER_HEADERS = {"text/rfc822-headers", "text/rfc822-header", "message/global-headers"}
TAG = re.compile(r"<[^<>]{0,2000}>")
STYLE_ENDS = re.compile(r"<style\b|</style\b", re.IGNORECASE)
LINE_BREAK = re.compile(r"<(br|p|div|tr|li|h\d|/p|/div|/tr)\b[^<>]{0,2000}>", re.IGNORECASE)


@dataclass(frozen=True)
class Parts:
    mail: EmailMessage
    prose: str
    fields: str
    feedback: str
    # Header lines of the letter, folded as they came.
    letter: str
    # A whole report handed on by a gateway inside its own.
    nested: EmailMessage | None

    def header(self, name: str) -> str:
        return header(self.mail, name)


def take_apart(mail: EmailMessage) -> Parts:
    plain, marked_up, fields, feedback, letter = [], [], [], [], []
    nested = None
    for part in _walk(mail):
        kind = part.get_content_type()
        if kind in MACHINE:
            fields.append(_blocks(part))
        elif kind in FEEDBACK:
            feedback.append(_blocks(part))
        elif kind in LETTER:
            inner = _inner(part)
            letter.append(_raw_lines(inner) if inner is not None else "")
            if isinstance(inner, EmailMessage) and nested is None:
                nested = inner
        elif kind in LETTER_HEADERS:
            letter.append(text_of(part))
        elif kind == "text/html":
            marked_up.append(part)
        # A multipart without its boundary is one piece of text.
        elif kind.startswith(("text/", "multipart/")):
            plain.append(part)
    prose = _join(text_of(part) for part in plain if not _is_attachment(part))
    if not prose.strip():
        prose = _join(_seen(text_of(part)) for part in marked_up)
    return Parts(
        mail, _cut(prose), _cut(_join(fields)), _cut(_join(feedback)), _cut(_join(letter)), nested
    )


def header(mail: Message, name: str) -> str:
    """One header's words, unfolded and decoded as far as they can be."""
    wanted = name.lower()
    for found, value in mail.raw_items():
        if found.lower() == wanted:
            return _decoded(one_line(str(value)[:LONGEST_HEADER]))
    return ""


def one_line(text: str) -> str:
    return " ".join(text.split())


def text_of(part: Message) -> str:
    """The text of one part: what its charset can't say is replaced."""
    try:
        payload = part.get_payload(decode=True)
    except (ValueError, LookupError, MessageError, AttributeError):
        return ""
    if not isinstance(payload, bytes):
        return ""
    start = payload[: MOST_TEXT * 2]
    try:
        return start.decode(_charset(part), "replace")
    except (LookupError, ValueError):
        return start.decode("latin-1")


def _walk(mail: Message) -> Iterator[Message]:
    """Every part but those of a returned letter, in order, within bounds."""
    waiting: list[tuple[Message, int]] = [(mail, 0)]
    for _ in range(MOST_PARTS):
        if not waiting:
            return
        part, depth = waiting.pop()
        inside = part.get_payload()
        if part.get_content_maintype() == "multipart" and isinstance(inside, list):
            if depth < DEEPEST:
                children = [child for child in inside[:MOST_PARTS] if isinstance(child, Message)]
                waiting += [(child, depth + 1) for child in reversed(children)]
            continue
        yield part


def _blocks(part: Message) -> str:
    """The machine's fields; the standard parser takes each block of them for a message."""
    inside = part.get_payload()
    if isinstance(inside, list):
        blocks = [block for block in inside[:MOST_PARTS] if isinstance(block, Message)]
        return "\n\n".join(_raw_lines(block) for block in blocks)
    return text_of(part)


def _inner(part: Message) -> Message | None:
    inside = part.get_payload()
    if isinstance(inside, list) and inside and isinstance(inside[0], Message):
        return inside[0]
    return None


def _raw_lines(message: Message) -> str:
    lines, room = [], MOST_TEXT
    for name, value in message.raw_items():
        line = f"{name}: {value}"[:LONGEST_HEADER]
        room -= len(line)
        if room < 0:
            break
        lines.append(line)
    return _printable("\n".join(lines))


def _is_attachment(part: Message) -> bool:
    return header(part, "Content-Disposition").lower().startswith("attachment")


def _charset(part: Message) -> str:
    try:
        return str(part.get_content_charset("utf-8"))
    except (ValueError, LookupError, TypeError, AttributeError):
        return "utf-8"


def _decoded(value: str) -> str:
    if "=?" not in value:
        return _printable(value)
    try:
        return _printable(str(make_header(decode_header(value))))
    except (ValueError, LookupError, MessageError):
        return _printable(value)


def _printable(text: str) -> str:
    """Without half surrogates, in which the standard parser keeps bytes beyond ASCII."""
    try:
        return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace").decode()


def _seen(markup: str) -> str:
    # Every second piece is the rules of a style.
    seen = " ".join(STYLE_ENDS.split(markup)[::2])
    text = LINE_BREAK.sub("\n", seen)
    return html.unescape(TAG.sub(" ", text))


def _join(texts: Iterator[str] | list[str]) -> str:
    return "\n\n".join(texts)


def _cut(text: str) -> str:
    lines = text[:MOST_TEXT].replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "\n".join(line[:LONGEST_LINE] for line in lines[:MOST_LINES])
