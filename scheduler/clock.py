"""The only place below the application that reads a clock.

Two kinds of time: `now` decides what is due and may be moved for trying things out; lease time
decides whether a worker is still at work and may not.
"""

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol

from sqlalchemy import ColumnElement, DateTime, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from course.database import Base, Database, Id


class Clock(Protocol):
    def now(self) -> datetime:
        """This moment, aware, in UTC."""
        ...


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)


class FixedClock:
    """Stands still until it is set."""

    def __init__(self, at: datetime) -> None:
        self._at = at.astimezone(UTC)

    def now(self) -> datetime:
        return self._at

    def set(self, at: datetime) -> None:
        self._at = at.astimezone(UTC)


class ClockShift(Base):
    """How far the trial clock is ahead of the real one; one row, with the mailbox provider only."""

    __tablename__ = "clock_shift"

    id: Mapped[int] = mapped_column(primary_key=True)
    microseconds: Mapped[int] = mapped_column(Id)


class ShiftedClock:
    """The system's clock plus a shift kept in the database, shared by every process."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def now(self) -> datetime:
        with self._database.reading() as session:
            shift = session.get(ClockShift, 1)
            return datetime.now(UTC) + _length(shift)

    def set(self, at: datetime) -> None:
        """Let it be `at` now, and go on from there."""
        shift = at - datetime.now(UTC)
        with self._database.transaction() as session:
            session.merge(ClockShift(id=1, microseconds=shift // timedelta(microseconds=1)))


def lease_now(session: Session) -> datetime:
    """The time by which leases run out: the database's own, the same for every machine."""
    if session.get_bind().dialect.name == "postgresql":
        ticked: datetime = session.execute(select(func.clock_timestamp())).scalar_one()
        return ticked.astimezone(UTC)
    return datetime.now(UTC)


def lease_clock(session: Session) -> datetime | ColumnElement[datetime]:
    """The same time, for a statement that writes it: PostgreSQL needn't be asked beforehand."""
    if session.get_bind().dialect.name == "postgresql":
        return func.clock_timestamp(type_=DateTime(timezone=True))
    return datetime.now(UTC)


def steady() -> float:
    """Seconds since some moment, for telling how long something takes."""
    return time.monotonic()


def _length(shift: ClockShift | None) -> timedelta:
    return timedelta(microseconds=shift.microseconds if shift else 0)
