"""The people: what each has done, and so what she may and may not be sent.

Kept apart from the product's own tables on purpose: what she has a right to follows from what she
did, whatever the database says.
"""

import re
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from emails.message import Message

LINK = re.compile(r"https?://[^/\s>]+/(confirm|unsubscribe|letters|book)/([a-z0-9.]+)")


class Wish(StrEnum):
    ASKED = "asked"
    IN = "in"
    GONE = "gone"


@dataclass
class Person:
    email: str
    zone: str
    wish: Wish = Wish.ASKED
    # What she was before she left: Undo brings that back.
    before: Wish = Wish.ASKED
    left_at: datetime | None = None
    paused_until: datetime | None = None
    inbox: list[Message] = field(default_factory=list)
    # Calls that were under way when she said stop: too late for those, and for those only.
    too_late: set[str] = field(default_factory=set)
    # Her mailbox refused for good, or she complained: nothing lifts that here.
    barred: bool = False
    soft_bounces: int = 0
    # Erased, and not confirmed anew since; and what she had been sent before.
    erased: bool = False
    forgotten: list[Message] = field(default_factory=list)

    def leave(self, now: datetime) -> None:
        if self.wish != Wish.GONE:
            self.before, self.wish, self.left_at = self.wish, Wish.GONE, now
            self.paused_until = None

    def rest(self, until: datetime | None) -> None:
        if self.wish == Wish.IN:
            self.paused_until = until

    def come_back(self, wish: Wish) -> None:
        self.wish, self.left_at = wish, None
        if wish == Wish.IN:
            self.erased = False

    def be_forgotten(self) -> None:
        self.erased, self.soft_bounces = True, 0
        # Nothing of before can be taken back.
        self.before, self.left_at = Wish.ASKED, None
        self.forgotten, self.inbox = self.forgotten + self.inbox, []

    def rests(self, now: datetime) -> bool:
        return self.paused_until is not None and self.paused_until > now

    def token(self, page: str) -> str | None:
        """From the newest email of hers with a link to this page."""
        return _newest(self.inbox, page)

    def old_token(self, page: str) -> str | None:
        """The same, of what came before she was erased."""
        return _newest(self.forgotten, page)

    def letters(self) -> list[Message]:
        return [message for message in self.inbox if "List-Unsubscribe" in message.headers]


def _newest(inbox: list[Message], page: str) -> str | None:
    for message in reversed(inbox):
        shown = f"{message.text} {message.headers.get('List-Unsubscribe', '')}"
        found = [token for name, token in LINK.findall(shown) if name == page]
        if found:
            return str(found[-1]).rstrip(".")
    return None
