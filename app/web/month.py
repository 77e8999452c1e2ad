"""A month as a grid of days, for choosing one with free times."""

from calendar import Calendar
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from course import spoken
from course.language import Language


@dataclass(frozen=True)
class Day:
    date: date
    inside: bool
    free: bool
    chosen: bool


@dataclass(frozen=True)
class Month:
    """`earlier` and `later` are the nearest free days in other months, where there are any."""

    title: str
    weeks: tuple[tuple[Day, ...], ...]
    earlier: date | None
    later: date | None


def month_around(chosen: date, free: Collection[date], language: Language) -> Month:
    dates = Calendar().monthdatescalendar(chosen.year, chosen.month)
    first, last = chosen.replace(day=1), max(day for day in dates[-1] if _same(day, chosen))
    return Month(
        title=spoken.day(chosen, language, spoken.MONTH),
        weeks=tuple(
            tuple(Day(day, _same(day, chosen), day in free, day == chosen) for day in week)
            for week in dates
        ),
        earlier=max((day for day in free if day < first), default=None),
        later=min((day for day in free if day > last), default=None),
    )


def _same(day: date, other: date) -> bool:
    return (day.year, day.month) == (other.year, other.month)
