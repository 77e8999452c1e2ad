"""Held: the outbox fills and nothing leaves until the owner says go.

A restored or copied database holds letters that may have gone out already, from where it came. So
each database carries the mark of the installation it belongs to, and an installation keeps its
mark in a file outside the database. Whoever opens a database with another mark sends nothing.
The rightful installation isn't disturbed by that: its own workers go on.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, String, exists, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from course.database import Base, Told, insert_into
from course.enrolments import Enrolment
from scheduler.outbox import Delivery

ONLY = 1

FOREIGN = (
    "This database carries another installation's mark: it is a copy, or was restored from one, or "
    "the file with our own mark, beside the key store, was lost. What waits in it may have gone "
    "out already."
)


class Installation(Base):
    """To whom this database belongs, and whether it is held; one row."""

    __tablename__ = "installation"

    id: Mapped[int] = mapped_column(primary_key=True)
    mark: Mapped[str] = mapped_column(String(32))
    held_at: Mapped[datetime | None]
    reason: Mapped[str | None] = mapped_column(Told(300))


def why_held(session: Session, mark: str | None) -> str | None:
    """A sentence, where whoever has this mark may not send from this database; else nothing."""
    found = session.get(Installation, ONLY)
    if found is None:
        return None
    if found.held_at is not None:
        return f"Held since {found.held_at:%Y-%m-%d %H:%M} UTC: {found.reason}"
    return None if mark in {None, found.mark} else FOREIGN


def is_held_for(mark: ColumnElement[Any]) -> ColumnElement[bool]:
    """The same, to be asked within a larger question."""
    # Where the mark is nothing, nothing differs from it, as SQL has it.
    theirs = Installation.mark != mark
    return exists().where(Installation.id == ONLY, or_(Installation.held_at.is_not(None), theirs))


def hold(session: Session, mark: str, reason: str, now: datetime) -> None:
    """From the next claim on nothing leaves, whoever the worker is."""
    claim_for(session, mark)
    found = session.get_one(Installation, ONLY, with_for_update=True)
    found.held_at, found.reason = now, reason


def release(session: Session, mark: str) -> None:
    """Go. The database is this installation's from now on, and nobody else's."""
    claim_for(session, mark)
    found = session.get_one(Installation, ONLY, with_for_update=True)
    found.mark, found.held_at, found.reason = mark, None, None


def claim_for(session: Session, mark: str) -> None:
    """Ours, if it is nobody's yet."""
    row = {"id": ONLY, "mark": mark}
    session.execute(insert_into(session, Installation).values(row).on_conflict_do_nothing())


def mark_of(session: Session) -> str | None:
    """Whose it is; nothing while it is nobody's."""
    found = session.get(Installation, ONLY)
    return found.mark if found else None


def is_empty(session: Session) -> bool:
    """Nobody has signed up and nothing was ever planned, so there is nothing to hold back."""
    rows = (session.scalar(select(table.id).limit(1)) for table in (Enrolment, Delivery))
    return all(row is None for row in rows)
