"""The times at which the owner is busy elsewhere: when, and nothing of what.

What a calendar said last goes on holding for as long as it can't be read.
"""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, String, delete, or_, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from course.database import Base, Id, Told, insert_into
from course.slots import Slot

EVERY = timedelta(minutes=10)
# From then on the owner is told that a calendar can't be read; most outages are over by then.
TOLD_AFTER = timedelta(hours=3)


class BusyCalendar(Base):
    """One that is read; `name` is a keyed hash of its address, which is a secret."""

    __tablename__ = "busy_calendars"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    asked_at: Mapped[datetime]
    read_at: Mapped[datetime | None]
    # Why it couldn't be read the last time, in words without its address.
    trouble: Mapped[str | None] = mapped_column(Told(300))


class BusyTime(Base):
    __tablename__ = "busy_times"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    calendar: Mapped[str] = mapped_column(
        ForeignKey("busy_calendars.name", ondelete="CASCADE"), index=True
    )
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime] = mapped_column(index=True)


def times(session: Session, now: datetime) -> list[Slot]:
    """Those that aren't over."""
    query = select(BusyTime.starts_at, BusyTime.ends_at).where(BusyTime.ends_at > now)
    return merged(Slot(starts_at, ends_at) for starts_at, ends_at in session.execute(query))


def merged(spans: Iterable[Slot]) -> list[Slot]:
    """The same times in order, each once, however many reasons there are to be busy."""
    found: list[Slot] = []
    for span in sorted(spans):
        if found and span.starts_at <= found[-1].ends_at:
            found[-1] = Slot(found[-1].starts_at, max(found[-1].ends_at, span.ends_at))
        else:
            found.append(span)
    return found


def is_settled(session: Session, names: Collection[str], now: datetime) -> bool:
    """Whether just these calendars are known, and each was asked not long ago."""
    found = session.execute(select(BusyCalendar.name, BusyCalendar.asked_at))
    asked = {name: at for name, at in found}  # noqa: C416  a row is no pair to the type checker
    return set(asked) == set(names) and all(at > now - EVERY for at in asked.values())


def keep_only(session: Session, names: Collection[str]) -> None:
    """A calendar that the settings no longer name blocks nothing any more."""
    gone = [n for n in session.scalars(select(BusyCalendar.name)) if n not in names]
    session.execute(delete(BusyTime).where(BusyTime.calendar.in_(gone)))
    session.execute(delete(BusyCalendar).where(BusyCalendar.name.in_(gone)))


def claim(session: Session, name: str, now: datetime) -> bool:
    """Whether it is this process that asks the calendar now."""
    new = insert_into(session, BusyCalendar).values(name=name, asked_at=now)
    statement = new.on_conflict_do_update(
        index_elements=["name"],
        set_={"asked_at": now},
        where=BusyCalendar.asked_at <= now - EVERY,
    )
    return session.scalar(statement.returning(BusyCalendar.name)) is not None


def record(session: Session, name: str, spans: Iterable[Slot], now: datetime) -> None:
    """What the calendar says now, in place of all it said before."""
    if not _answered(session, name, read_at=now, trouble=None):
        return
    session.execute(delete(BusyTime).where(BusyTime.calendar == name))
    session.add_all(
        BusyTime(calendar=name, starts_at=span.starts_at, ends_at=span.ends_at)
        for span in merged(spans)
    )


def stumble(session: Session, name: str, why: str) -> None:
    _answered(session, name, trouble=why)


def unread(session: Session, now: datetime) -> list[BusyCalendar]:
    """Those that can't be read and never could, or haven't been for some hours."""
    long_ago = BusyCalendar.read_at <= now - TOLD_AFTER
    never = BusyCalendar.read_at.is_(None) & BusyCalendar.trouble.is_not(None)
    query = select(BusyCalendar).where(or_(long_ago, never))
    return list(session.scalars(query.order_by(BusyCalendar.name)))


def _answered(session: Session, name: str, **facts: datetime | str | None) -> bool:
    """False where the settings have let go of this calendar while it was asked."""
    statement = update(BusyCalendar).where(BusyCalendar.name == name).values(facts)
    return session.scalar(statement.returning(BusyCalendar.name)) is not None
