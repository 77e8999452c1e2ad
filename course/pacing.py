"""When a letter is due: pure rules over wall time.

A letter is due at a weekday and an hour on the reader's own clock. Where daylight saving skips
that hour, it is due as much later as the clock jumps (02:30 becomes 03:30); where the hour comes
twice, at the first of the two. The minimum gap counts calendar days in the reader's zone, because
a week later is not 168 hours.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from course.catalogue import Course, Rules
from course.lessons import WEEKDAYS, Lesson, Timing

DAYS_IN_A_WEEK = 7
PUNCTUAL = timedelta(minutes=15)


@dataclass(frozen=True)
class Pace:
    """The course's rules as one reader has bent them: her zone, her weekday, her hour."""

    rules: Rules
    zone: ZoneInfo
    weekday: str | None = None
    hour: int | None = None

    def weekday_of(self, timing: Timing) -> int:
        return WEEKDAYS.index(self.weekday or timing.weekday or self.rules.weekday)

    def time_of(self, timing: Timing) -> time:
        hour = timing.hour if timing.hour is not None else self.rules.hour
        return time(self.hour if self.hour is not None else hour)


@dataclass(frozen=True)
class Send:
    """The letter goes out now."""


@dataclass(frozen=True)
class Postpone:
    """The letter has become too late for this moment; it moves, and the rest with it."""

    until: datetime


def instant(day: date, at: time, zone: ZoneInfo) -> datetime:
    """The UTC instant of a wall time; see the module's text for the two odd days of the year."""
    return datetime.combine(day, at, tzinfo=zone).astimezone(UTC)


def day_begins(day: date, zone: ZoneInfo) -> datetime:
    """The first instant of a day; where its midnight is skipped, the first there is."""
    return instant(day, time(), zone)


def rest_end(now: datetime, weeks: int, zone: ZoneInfo) -> datetime:
    """The same wall time some weeks later, so that a rest costs as many letters as it has weeks.

    At the next whole hour: letters come at whole hours, and two quick clicks mean the same.
    """
    local = now.astimezone(zone).replace(tzinfo=None)
    hour = local.replace(minute=0, second=0, microsecond=0)
    hour += timedelta(hours=0 if hour == local else 1)
    return instant(hour.date() + timedelta(weeks=weeks), hour.time(), zone)


def same_wall_time(at: datetime, zone: ZoneInfo, new_zone: ZoneInfo) -> datetime:
    """The date and hour that `at` is in one zone, taken for those of another."""
    local = at.astimezone(zone)
    return instant(local.date(), local.time(), new_zone)


def next_slot(
    pace: Pace, timing: Timing, not_before: datetime, first_day: date | None = None
) -> datetime:
    """The first weekday and hour of this letter at or after `not_before` (and on `first_day`)."""
    day = not_before.astimezone(pace.zone).date()
    day = max(day, first_day) if first_day else day
    day += timedelta(days=(pace.weekday_of(timing) - day.weekday()) % DAYS_IN_A_WEEK)
    slot = instant(day, pace.time_of(timing), pace.zone)
    while slot < not_before:
        day += timedelta(days=DAYS_IN_A_WEEK)
        slot = instant(day, pace.time_of(timing), pace.zone)
    return slot


def first_due(pace: Pace, lesson: Lesson, confirmed_at: datetime) -> datetime:
    if pace.rules.first_letter == "at once":
        return confirmed_at
    return next_slot(pace, lesson.timing, confirmed_at)


def next_due(pace: Pace, lesson: Lesson, last_sent_at: datetime) -> datetime:
    """The next letter's slot: at least the minimum gap after the last one really went out."""
    first_day = last_sent_at.astimezone(pace.zone).date() + timedelta(days=_wait(pace, lesson))
    return next_slot(pace, lesson.timing, last_sent_at, first_day)


def soonest_due(
    pace: Pace, lesson: Lesson, last_sent_at: datetime | None, now: datetime
) -> datetime:
    """Now, where the gap is over; else at the letter's hour on the first day after it."""
    if last_sent_at is None:
        return now
    day = last_sent_at.astimezone(pace.zone).date() + timedelta(days=_wait(pace, lesson))
    if now.astimezone(pace.zone).date() >= day:
        return now
    return instant(day, pace.time_of(lesson.timing), pace.zone)


def resumed_due(
    pace: Pace, lesson: Lesson, last_sent_at: datetime | None, not_before: datetime
) -> datetime:
    """The slot after a pause: never earlier than the pause's end, and never inside the gap."""
    if last_sent_at is not None:
        due_at = next_due(pace, lesson, last_sent_at)
        if due_at >= not_before:
            return due_at
    return next_slot(pace, lesson.timing, not_before)


def decide(pace: Pace, timing: Timing, due_at: datetime, now: datetime) -> Send | Postpone:
    """Whether a due letter goes out now or, being too late, waits for the reader's next morning."""
    late = now - due_at > timedelta(hours=pace.rules.late_after_hours)
    if not late or pace.rules.catch_up == "at once":
        return Send()
    if pace.rules.catch_up == "next slot":
        until = next_slot(pace, timing, now)
    else:
        until = _next_morning(pace, timing, now)
    return Postpone(until) if until > now else Send()


def kind_hour(pace: Pace, due_at: datetime, now: datetime) -> Send | Postpone:
    """Whether a due letter goes out at this hour, or waits until the reader's hours begin.

    One that is due outside them was meant so: a late hour of her own choice, or a first letter
    that follows a confirmation at night. And one that goes within minutes of its time isn't late.
    """
    if pace.rules.send_between is None or now - due_at <= PUNCTUAL:
        return Send()
    opens, closes = pace.rules.send_between
    due, here = due_at.astimezone(pace.zone), now.astimezone(pace.zone)
    if opens <= here.time() <= closes or not opens <= due.time() <= closes:
        return Send()
    day = here.date() if here.time() < opens else here.date() + timedelta(days=1)
    return Postpone(instant(day, opens, pace.zone))


def next_lesson(course: Course, passed: Collection[str]) -> Lesson | None:
    """The first lesson, in today's order, that the reader has neither had nor skipped.

    So whatever an author does to a running course, no letter comes twice and none is lost: one
    moved keeps its readers, one inserted anywhere reaches everybody still in the course, one
    removed is passed over.
    """
    return next((lesson for lesson in course.lessons if lesson.slug not in passed), None)


def lessons_left(course: Course, passed: Collection[str]) -> list[Lesson]:
    return [lesson for lesson in course.lessons if lesson.slug not in passed]


def forecast(pace: Pace, lessons: Sequence[Lesson], first_due_at: datetime) -> Iterator[datetime]:
    """When each of these comes, if the first comes at that moment and nothing happens between."""
    due_at = first_due_at
    for place, lesson in enumerate(lessons):
        due_at = next_due(pace, lesson, due_at) if place else due_at
        yield due_at


def _wait(pace: Pace, lesson: Lesson) -> int:
    """Days since the last letter before this one may come."""
    return max(pace.rules.minimum_gap_days, lesson.timing.wait_days)


def _next_morning(pace: Pace, timing: Timing, now: datetime) -> datetime:
    day = now.astimezone(pace.zone).date()
    at = pace.time_of(timing)
    morning = instant(day, at, pace.zone)
    return morning if morning >= now else instant(day + timedelta(days=1), at, pace.zone)
