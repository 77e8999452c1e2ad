"""When a session could take place: the owner's weekly hours, less what is taken."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from course.pacing import instant


@dataclass(frozen=True)
class OpeningHours:
    """Weekly hours on the owner's wall clock; weekday 0 is Monday."""

    zone: ZoneInfo
    weekly: Mapping[int, tuple[tuple[time, time], ...]]
    session: timedelta
    rest: timedelta
    lead: timedelta
    horizon: timedelta


@dataclass(frozen=True, order=True)
class Slot:
    starts_at: datetime
    ends_at: datetime

    def touches(self, other: "Slot", rest: timedelta) -> bool:
        """Whether the two overlap, or leave less than `rest` between them."""
        return self.starts_at < other.ends_at + rest and other.starts_at < self.ends_at + rest


def free_slots(hours: OpeningHours, taken: Iterable[Slot], now: datetime) -> list[Slot]:
    """Every session that can still be booked, in order, from the lead time to the horizon."""
    busy = list(taken)
    earliest, latest = now + hours.lead, now + hours.horizon
    return [
        slot
        for slot in _all_slots(hours, earliest, latest)
        if earliest <= slot.starts_at <= latest
        and not any(slot.touches(other, hours.rest) for other in busy)
    ]


def _all_slots(hours: OpeningHours, earliest: datetime, latest: datetime) -> Iterator[Slot]:
    day = earliest.astimezone(hours.zone).date()
    last = latest.astimezone(hours.zone).date()
    while day <= last:
        yield from _slots_of_day(hours, day)
        day += timedelta(days=1)


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
