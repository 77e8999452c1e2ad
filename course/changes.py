"""The last change of a reader's pace, kept so that it is made once and can be taken back.

A page is shown of certain facts, and names them by a short sign, its `version`. A wish that comes
from a page of other facts than today's may no longer mean what it said there, so it isn't
fulfilled; unless it is the very click that was the last one, which then is done already.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, Session, mapped_column

from course import skips, wishes
from course.catalogue import Catalogue
from course.database import Base
from course.enrolments import Enrolment
from course.wishes import Wish

UNDO_LIFE = timedelta(minutes=10)
VERSION_LENGTH = 16
UNDONE = "Undo"


class Answer(StrEnum):
    DONE = "done"
    # By this very click, a moment ago.
    ALREADY = "already"
    STALE = "stale"
    # What it asks for isn't to be had as she stands.
    REFUSED = "refused"


class Change(Base):
    __tablename__ = "changes"

    enrolment_id: Mapped[int] = mapped_column(ForeignKey("enrolments.id"), primary_key=True)
    # What was wished for, see `named`.
    wish: Mapped[str] = mapped_column(String(200))
    # The facts it was wished on, and those it made.
    seen: Mapped[str] = mapped_column(String(VERSION_LENGTH))
    made: Mapped[str] = mapped_column(String(VERSION_LENGTH))
    before: Mapped[str] = mapped_column(Text)
    wished_at: Mapped[datetime]

    @property
    def is_undoable(self) -> bool:
        return self.wish != UNDONE


@dataclass(frozen=True)
class Facts:
    """Everything that a wish may change, and what tells that a letter has gone since."""

    state: str
    turn: int
    weekday: str | None
    hour: int | None
    zone: str
    next_due_at: str | None
    postponed: bool
    paused_until: str | None
    finished_at: str | None
    last_sent_at: str | None
    skipped: list[str]

    @property
    def version(self) -> str:
        return hashlib.sha256(self.as_json().encode()).hexdigest()[:VERSION_LENGTH]

    def as_json(self) -> str:
        return json.dumps(asdict(self))


PLAIN = ("state", "turn", "weekday", "hour", "postponed")
INSTANTS = ("next_due_at", "paused_until", "finished_at", "last_sent_at")


def facts_of(session: Session, enrolment: Enrolment) -> Facts:
    instants: dict[str, datetime | None] = {name: getattr(enrolment, name) for name in INSTANTS}
    facts: dict[str, Any] = {name: getattr(enrolment, name) for name in PLAIN}
    facts |= {name: at.isoformat() if at else None for name, at in instants.items()}
    return Facts(
        **facts,
        zone=enrolment.subscriber.zone,
        skipped=sorted(skips.skipped(session, enrolment.id, enrolment.turn)),
    )


def make(
    session: Session,
    catalogue: Catalogue,
    enrolment: Enrolment,
    wish: Wish,
    now: datetime,
    *,
    seen: str | None = None,
) -> Answer:
    """Fulfil a wish, and remember it. `seen` is the version of the page it comes from, if any."""

    def act() -> None:
        wishes.fulfil(session, catalogue, enrolment, wish, now)

    return _make(session, enrolment, named(wish), act, now, seen)


def undo(
    session: Session, catalogue: Catalogue, enrolment: Enrolment, now: datetime, *, seen: str
) -> Answer:
    """Take the last change back, while nothing has followed from it."""
    change = last(session, enrolment, facts_of(session, enrolment), now)

    def act() -> None:
        if change is not None and change.is_undoable:
            _restore(session, catalogue, enrolment, Facts(**json.loads(change.before)), now)

    return _make(session, enrolment, UNDONE, act, now, seen)


def last(session: Session, enrolment: Enrolment, facts: Facts, now: datetime) -> Change | None:
    """The change that made her facts what they are, for as long as it is news."""
    change = session.get(Change, enrolment.id)
    if change is None or not timedelta(0) <= now - change.wished_at <= UNDO_LIFE:
        return None
    return change if change.made == facts.version else None


def named(wish: Wish) -> str:
    """A wish in a line: its name, and what it is about."""
    return " ".join([type(wish).__name__, *(str(value) for value in vars(wish).values())])


def is_done(session: Session, enrolment: Enrolment, wish: Wish, seen: str) -> bool:
    """Whether this very click was the last one, whatever has followed from it since."""
    return _is_last(session, enrolment, named(wish), seen)


def _is_last(session: Session, enrolment: Enrolment, wish: str, seen: str) -> bool:
    change = session.get(Change, enrolment.id)
    return change is not None and (change.wish, change.seen) == (wish, seen)


def _make(
    session: Session,
    enrolment: Enrolment,
    wish: str,
    act: Callable[[], None],
    now: datetime,
    seen: str | None,
) -> Answer:
    before = facts_of(session, enrolment)
    if seen is not None and seen != before.version:
        return Answer.ALREADY if _is_last(session, enrolment, wish, seen) else Answer.STALE
    act()
    session.flush()
    made = facts_of(session, enrolment)
    if made == before:
        return Answer.REFUSED
    kept = {"wish": wish, "seen": before.version, "made": made.version}
    row = Change(enrolment_id=enrolment.id, **kept, before=before.as_json(), wished_at=now)
    session.merge(row)
    return Answer.DONE


def _restore(
    session: Session, catalogue: Catalogue, enrolment: Enrolment, facts: Facts, now: datetime
) -> None:
    skips.take_back_all_but(session, enrolment.id, enrolment.turn, facts.skipped)
    wishes.move(session, catalogue, enrolment, facts.zone, now)
    for name in PLAIN:
        setattr(enrolment, name, getattr(facts, name))
    for name in INSTANTS:
        at: str | None = getattr(facts, name)
        setattr(enrolment, name, datetime.fromisoformat(at) if at else None)
