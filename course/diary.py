"""The owner's diary: which sessions she offers, and on what terms they are booked."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from course.catalogue import Catalogue
from course.slots import Kind
from course.vault import Vault

NOTE_LENGTH = 1000


@dataclass(frozen=True)
class Diary:
    """What booking needs to know of this installation.

    `instant`: a free time is the reader's as soon as she chooses it; else the owner confirms.
    `reminders`: how long before a session; zero stands for none.
    """

    kinds: Mapping[str, Kind]
    catalogue: Catalogue
    vault: Vault
    instant: bool = True
    reminders: tuple[timedelta, timedelta] = (timedelta(0), timedelta(0))

    def kind(self, slug: str) -> Kind | None:
        """The kind of this name, or the first there is; none where nothing is offered."""
        return self.kinds.get(slug) or next(iter(self.kinds.values()), None)


@dataclass(frozen=True)
class Wanted:
    """What a reader asks for. Her note is private, so it is never shown with the rest."""

    kind: Kind
    starts_at: datetime
    name: str
    zone: str
    note: str = field(default="", repr=False)
