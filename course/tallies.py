"""How often something has happened of late.

Counted in the database, so that every worker counts the same and a restart forgets nothing. What is
counted is named by a keyed hash, so that this is no further place that holds addresses.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import JSON, String, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from course.database import Base, insert_into

KEY_LENGTH = 64
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Tally(Base):
    __tablename__ = "tallies"

    key: Mapped[str] = mapped_column(String(KEY_LENGTH), primary_key=True)
    # Microseconds since 1970, oldest first; those that no limit counts any more are left out.
    times: Mapped[list[int]] = mapped_column(JSON)
    forget_at: Mapped[datetime] = mapped_column(index=True)


@dataclass(frozen=True)
class Limit:
    """At most so many within any span of this length."""

    number: int
    within: timedelta


# Under each key the limits that hold for it.
Limits = Mapping[str, Collection[Limit]]


def count_in(session: Session, limits: Limits, now: datetime) -> bool:
    """Count this once under every key, or, where one of them is full, under none."""
    tallies = {key: _locked(session, key, now) for key in sorted(limits)}
    if not all(_fits(tallies[key].times, limits[key], _microseconds(now)) for key in limits):
        return False
    for key, tally in tallies.items():
        _add(tally, limits[key], now)
    return True


def book(
    session: Session, key: str, limits: Collection[Limit], now: datetime, patience: timedelta
) -> datetime | None:
    """The first moment from `now` on at which one more fits, counted in.

    None, and nothing counted, where that is longer than `patience` away.
    """
    tally = _locked(session, key, now)
    # What was booked ahead is followed, never preceded.
    earliest = max([_microseconds(now), *tally.times])
    freed = {time + _length(limit) for time in tally.times for limit in limits}
    moments = sorted({earliest, *(at for at in freed if at > earliest)})
    at = next(at for at in moments if _fits(tally.times, limits, at))
    moment = EPOCH + timedelta(microseconds=at)
    if moment > now + patience:
        return None
    _add(tally, limits, moment)
    return moment


def lock(session: Session, keys: Iterable[str], now: datetime) -> None:
    """Until the transaction ends, nobody else counts or books under these."""
    for key in sorted(keys):
        _locked(session, key, now)


def forget(session: Session, now: datetime, most: int) -> int:
    """Delete up to so many that no limit counts any more."""
    old = select(Tally.key).where(Tally.forget_at < now).limit(most)
    keys = list(session.scalars(old.with_for_update(skip_locked=True)))
    session.execute(delete(Tally).where(Tally.key.in_(keys)))
    return len(keys)


def _locked(session: Session, key: str, now: datetime) -> Tally:
    """Locked until the transaction ends; two workers may come first at once, and one row it is."""
    row = {"key": key, "times": [], "forget_at": now}
    session.execute(insert_into(session, Tally).values(row).on_conflict_do_nothing())
    return session.get_one(Tally, key, with_for_update=True, populate_existing=True)


def _fits(times: list[int], limits: Collection[Limit], at: int) -> bool:
    return all(sum(time > at - _length(limit) for time in times) < limit.number for limit in limits)


def _add(tally: Tally, limits: Collection[Limit], at: datetime) -> None:
    longest = max(limit.within for limit in limits)
    since = _microseconds(at - longest)
    tally.times = [*(time for time in tally.times if time > since), _microseconds(at)]
    tally.forget_at = at + longest


def _length(limit: Limit) -> int:
    return limit.within // timedelta(microseconds=1)


def _microseconds(at: datetime) -> int:
    return (at - EPOCH) // timedelta(microseconds=1)
