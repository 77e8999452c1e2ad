"""When a session could take place: the owner's weekly hours, less what is taken."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from course.closures import ALWAYS_OPEN, Closures, days_from
from course.pacing import instant

NO_REST = timedelta(0)


@dataclass(frozen=True)
class OpeningHours:
    """Weekly hours on the owner's wall clock; weekday 0 is Monday.

    `daily_maximum` is 0 where there is none.
    """

    zone: ZoneInfo
    weekly: Mapping[int, tuple[tuple[time, time], ...]]
    session: timedelta
    rest: timedelta
    lead: timedelta
    horizon: timedelta
    daily_maximum: int = 0
    closed: Closures = ALWAYS_OPEN

    def day_of(self, slot: "Slot") -> date:
        return slot.starts_at.astimezone(self.zone).date()


@dataclass(frozen=True, order=True)
class Slot:
    starts_at: datetime
    ends_at: datetime

    def touches(self, other: "Slot", rest: timedelta) -> bool:
        """Whether the two overlap, or leave less than `rest` between them."""
        return self.starts_at < other.ends_at + rest and other.starts_at < self.ends_at + rest


@dataclass(frozen=True)
class Kind:
    """One kind of session: `slug` names it, `name` and `place` are what readers see of it."""

    slug: str
    name: str
    place: str
    hours: OpeningHours

    @property
    def minutes(self) -> int:
        return self.hours.session // timedelta(minutes=1)


def free_slots(
    hours: OpeningHours, booked: Iterable[Slot], now: datetime, busy: Iterable[Slot] = ()
) -> list[Slot]:
    """Every session that can still be booked, in order, from the lead time to the horizon.

    What keeps the owner `busy` elsewhere is no session: it needs no rest and counts for no maximum.
    """
    taken, elsewhere = list(booked), list(busy)
    full = _full_days(hours, taken)
    earliest, latest = now + hours.lead, now + hours.horizon
    return [
        slot
        for slot in _all_slots(hours, earliest, latest)
        if earliest <= slot.starts_at <= latest
        and hours.day_of(slot) not in full
        and not any(slot.touches(other, hours.rest) for other in taken)
        and not any(slot.touches(other, NO_REST) for other in elsewhere)
    ]


def _full_days(hours: OpeningHours, sessions: Iterable[Slot]) -> set[date]:
    if not hours.daily_maximum:
        return set()
    counts = Counter(hours.day_of(session) for session in sessions)
    return {day for day, count in counts.items() if count >= hours.daily_maximum}


def _all_slots(hours: OpeningHours, earliest: datetime, latest: datetime) -> Iterator[Slot]:
    first, last = (at.astimezone(hours.zone).date() for at in (earliest, latest))
    for day in days_from(first, last):
        if day not in hours.closed:
            yield from _slots_of_day(hours, day)


def _slots_of_day(hours: OpeningHours, day: date) -> Iterator[Slot]:
    """One after the other, with the rest between them, also where two spans meet or overlap.

    Counted in real time, so that a day on which the clock jumps has neither twins nor overlaps.
    """
    start = datetime.min.replace(tzinfo=UTC)
    for opens, closes in sorted(hours.weekly.get(day.weekday(), ())):
        start = max(start, instant(day, opens, hours.zone))
        last = instant(day, closes, hours.zone) - hours.session
        while start <= last:
            yield Slot(start, start + hours.session)
            start += hours.session + hours.rest
