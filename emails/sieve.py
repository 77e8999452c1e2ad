"""Which emails in a mailbox are ours to read: it may be the owner's own, with all that she gets.

Ours is what answers a letter or reports of one, and what was sent to the reply address. Whatever
else lies there is neither kept nor read further than its headers, and for machines' mail its text.
"""

import re
from dataclasses import dataclass
from enum import Enum, auto

from emails import autoreplies, traces
from emails.links import Tokens
from emails.parsing import PARSER_MISTAKES, parse
from emails.reports import read_report


class Sight(Enum):
    """What an email seems to be, by its headers."""

    OURS = auto()
    # A machine's own. What it says inside tells whether it reports of a letter.
    MACHINE = auto()
    FOREIGN = auto()


@dataclass(frozen=True)
class Sieve:
    """`private` where people write to the reply address who answer no letter."""

    tokens: Tokens
    reply_address: str
    private: bool

    def look(self, head: bytes) -> Sight:
        try:
            return self._look(head)
        except PARSER_MISTAKES:
            return Sight.OURS if self._is_for_us(head.decode("latin-1")) else Sight.FOREIGN

    def is_about_us(self, raw: bytes) -> bool:
        """Whether it is a report that brings back a letter of ours."""
        try:
            report = read_report(parse(raw))
        except PARSER_MISTAKES:
            return False
        return report is not None and any(traces.returned_letters(self.tokens, report))

    def _look(self, head: bytes) -> Sight:
        mail = parse(head)
        _, payload = traces.find_token(self.tokens, mail)
        answered = traces.find_answered(self.tokens, mail)
        if payload or answered or self._is_for_us(traces.addressed(mail)):
            return Sight.OURS
        is_report = mail.get_content_type() == "multipart/report"
        return Sight.MACHINE if is_report or autoreplies.is_automatic(mail) else Sight.FOREIGN

    def _is_for_us(self, text: str) -> bool:
        name, _, domain = map(re.escape, self.reply_address.rpartition("@"))
        ours = rf"(?<![\w.+-]){name}(\+[^@\s<>]{{0,200}})?@{domain}(?!\.?[\w-])"
        return not self.private and re.search(ours, text, re.IGNORECASE) is not None
