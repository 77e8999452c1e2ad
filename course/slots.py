"""When a session could take place: the owner's weekly hours, less what is taken."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
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
        for slot in sorted(set(_all_slots(hours, earliest, latest)))
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
    for opens, closes in hours.weekly.get(day.weekday(), ()):
        start = datetime.combine(day, opens)
        while start + hours.session <= datetime.combine(day, closes):
            starts_at = instant(day, start.time(), hours.zone)
            yield Slot(starts_at, starts_at + hours.session)
            start += hours.session + hours.rest
