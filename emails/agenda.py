"""When a calendar's owner is busy, read from the calendar's own text."""

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import icalendar
import recurring_ical_events

from course.pacing import day_begins
from course.slots import Slot
from emails.errors import CalendarClosed

# Nobody's life repeats so often, and a year of it would be millions of times.
TOO_OFTEN = {"SECONDLY", "MINUTELY"}


class _Query(recurring_ical_events.CalendarQuery):  # type: ignore[misc]
    """One event that makes no sense is passed over, as calendar programs do; the others count."""

    suppressed_errors = (Exception,)


def busy_times(
    files: Iterable[bytes], window: Slot, zone: ZoneInfo, is_ours: Callable[[str], bool]
) -> list[Slot]:
    """What blocks the window. Whole days, and times without a zone, are those of `zone`.

    Our own sessions, told by their UID, are passed over: we know better where they stand. Raises
    CalendarClosed for what is no calendar.
    """
    try:
        return [span for text in files for span in _busy(text, window, zone, is_ours)]
    except Exception as error:  # whatever a stranger's file makes the library stumble over
        raise CalendarClosed("What is said there can't be read as a calendar.") from error


def _busy(
    text: bytes, window: Slot, zone: ZoneInfo, is_ours: Callable[[str], bool]
) -> Iterator[Slot]:
    if not text.rstrip().endswith(b"END:VCALENDAR"):
        raise ValueError("It is something else, or only the beginning of one.")
    for calendar in icalendar.Calendar.from_ical(text, multiple=True):
        calendar.subcomponents = [
            part
            for part in calendar.subcomponents
            if not is_ours(str(part.get("UID", ""))) and all(map(_is_sane, _rules(part)))
        ]
        query = recurring_ical_events.of(calendar, skip_bad_series=True, calendar_query=_Query)
        spans = map(_span(zone), filter(_blocks, query.between(window.starts_at, window.ends_at)))
        yield from _within([*spans, *_said_busy(calendar)], window)


def _within(spans: Iterable[Slot], window: Slot) -> Iterator[Slot]:
    for span in spans:
        if max(span.starts_at, window.starts_at) < min(span.ends_at, window.ends_at):
            yield span


def _rules(part: Any) -> list[Any]:
    """How it repeats."""
    found = part.get("RRULE", [])
    return found if isinstance(found, list) else [found]


def _is_sane(rule: Any) -> bool:
    """One that can't be read is no rule for the library either."""
    return isinstance(rule, icalendar.vRecur) and not TOO_OFTEN & set(rule.get("FREQ", []))


def _blocks(event: Any) -> bool:
    is_free = str(event.get("TRANSP", "")).upper() == "TRANSPARENT"
    return not is_free and str(event.get("STATUS", "")).upper() != "CANCELLED"


def _span(zone: ZoneInfo) -> Callable[[Any], Slot]:
    return lambda event: Slot(_instant(event.start, zone), _instant(event.end, zone))


def _instant(at: date, zone: ZoneInfo) -> datetime:
    if not isinstance(at, datetime):
        return day_begins(at, zone)
    return (at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC)


def _said_busy(calendar: Any) -> Iterator[Slot]:
    """Calendars that are shared without their contents say nothing but when (VFREEBUSY)."""
    for part in calendar.walk("VFREEBUSY"):
        found = part.get("FREEBUSY", [])
        for period in found if isinstance(found, list) else [found]:
            if str(period.params.get("FBTYPE", "BUSY")).upper() != "FREE":
                yield Slot(period.start.astimezone(UTC), period.end.astimezone(UTC))
