"""What a report returns of the letter: its header lines, from a part or from below the prose."""

import re

from emails.reports.report import Original

MOST_HEADERS = 150
# The line that mail servers draw between their own words and the letter.
BORDER = re.compile(
    r"^[\s>|*=_-]{0,60}(?:(?:here|below|included|enclosed|following|this)\b.{0,40})?"
    r"(?:original (?:message|mail)\b|returned message|unsent message|undelivered message"
    r"|message (?:text|headers?) follows?|below this line|copy of (?:the|your) (?:\w+ )?message"
    r"|(?:the )?header of the original|transcript of the original)",
    re.IGNORECASE,
)
# Without a border the first line of the letter's own header is where it starts.
LETTER_STARTS = re.compile(
    r"^(?:return-path|received|dkim-signature|x-received|arc-seal|mime-version)\s?:", re.IGNORECASE
)
HEADER = re.compile(r"^(?P<name>[!-9;-~]{1,60})\s?:(?P<value>.*)$")
MESSAGE_ID = re.compile(r"<[^<>\s]{3,900}>")
ID_NAMES = ("message-id", "x-original-message-id", "original-message-id")


def split_prose(prose: str) -> tuple[str, str]:
    """The server's own words, and the letter below them."""
    lines = prose.split("\n")
    for n, line in enumerate(lines):
        if BORDER.match(line):
            return "\n".join(lines[:n]), "\n".join(lines[n + 1 :])
        if LETTER_STARTS.match(line):
            return "\n".join(lines[:n]), "\n".join(lines[n:])
    return prose, ""


def read_original(letter: str, *others: str) -> Original:
    """The letter's header; `others` are texts that may name its Message-ID as well."""
    headers = _headers(letter)
    for text in (headers, *(_headers(other) for other in others)):
        message_id = _message_id(text)
        if message_id:
            return Original(message_id, headers)
    return Original("", headers)


def _headers(text: str) -> tuple[str, ...]:
    lines: list[str] = []
    for line in text.split("\n"):
        if line[:1] in (" ", "\t") and line.strip() and lines:
            lines[-1] += f" {line.strip()}"
        elif HEADER.match(line):
            lines.append(line.strip())
        elif lines and not line.strip():
            break
        if len(lines) > MOST_HEADERS:
            break
    return tuple(lines[:MOST_HEADERS])


def _message_id(headers: tuple[str, ...]) -> str:
    for line in headers:
        name, _, value = line.partition(":")
        if name.strip().lower() in ID_NAMES:
            found = MESSAGE_ID.search(value)
            return found.group() if found else value.strip()
    return ""
