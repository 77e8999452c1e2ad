"""Days without sessions: the owner's own days off, and the public holidays of her country."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

import holidays


@dataclass(frozen=True)
class Days:
    """From one day to another, both included."""

    first: date
    last: date

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last


@dataclass(frozen=True)
class Closures:
    """`country` is a code such as "DE", or "DE-BY" for one part of it; empty: every day counts."""

    days: tuple[Days, ...] = ()
    country: str = ""

    def __contains__(self, day: date) -> bool:
        return any(day in span for span in self.days) or self._is_holiday(day)

    def _is_holiday(self, day: date) -> bool:
        return bool(self.country) and day in public_holidays(self.country, day.year)


ALWAYS_OPEN = Closures()


@cache
def public_holidays(country: str, year: int) -> frozenset[date]:
    """Asked for a year at a time: the library's own calendar fills itself while it is read.

    Raises ValueError, with the cure, for a country the library doesn't know.
    """
    code, _, part = country.partition("-")
    try:
        found: Iterable[date] = holidays.country_holidays(code, subdiv=part or None, years=year)
    except NotImplementedError as error:
        raise ValueError(
            f"{country!r} isn't a country whose holidays we know; write a code such as DE, or "
            "DE-BY for a part of it"
        ) from error
    return frozenset(found)


def parse_days(words: str) -> Days:
    """From "2026-12-24", or "2026-12-24 to 2027-01-06". Raises ValueError, with the cure."""
    first, _, last = words.partition(" to ")
    try:
        days = Days(date.fromisoformat(first.strip()), date.fromisoformat((last or first).strip()))
    except ValueError:
        days = Days(date.max, date.min)
    if days.first > days.last:
        raise ValueError(
            f"{words!r} isn't a day or a span of days; write 2026-12-24, or "
            "2026-12-24 to 2027-01-06"
        )
    return days


def days_from(first: date, last: date) -> Iterable[date]:
    while first <= last:
        yield first
        first += timedelta(days=1)
