"""Numbers, dates and times as a person would say them."""

from datetime import date, datetime, time

from course import zones
from course.catalogue import Course
from course.pacing import DAYS_IN_A_WEEK

NUMBERS = (
    *("no", "one", "two", "three", "four", "five", "six"),
    *("seven", "eight", "nine", "ten", "eleven", "twelve"),
)
MORNING, NOON, AFTERNOON, EVENING, NIGHT = 5, 12, 13, 18, 22


def number(count: int) -> str:
    return NUMBERS[count] if 0 <= count < len(NUMBERS) else str(count)


def day(of: date) -> str:
    """Such as "Tuesday, 8 December"."""
    return f"{of:%A}, {of.day} {of:%B}"


def hour(at: time) -> str:
    """Such as "8 in the morning", "8:30 in the evening", "noon"."""
    part = part_of_day(at)
    if at.minute == 0 and part in {"noon", "midnight"}:
        return part
    spoken = "in the middle of the day" if part == "noon" else f"in the {part}"
    return f"{_clock_face(at)} {'at night' if part in {'night', 'midnight'} else spoken}"


def part_of_day(at: time) -> str:
    if at.hour == 0:
        return "midnight"
    if at.hour < MORNING or at.hour >= NIGHT:
        return "night"
    if at.hour < NOON:
        return "morning"
    if at.hour < AFTERNOON:
        return "noon"
    return "afternoon" if at.hour < EVENING else "evening"


def moment(at: datetime, zone: str) -> str:
    """Such as "Tuesday, 8 December, at 8 in the morning, Lisbon time"."""
    local = at.astimezone(zones.zone(zone))
    return f"{day(local.date())}, at {hour(local.time())}, {zones.spoken(zone)}"


def local_day(at: datetime, zone: str) -> str:
    return day(at.astimezone(zones.zone(zone)).date())


def how_often(course: Course) -> str:
    """Such as "one a week, on Tuesday mornings at 8"."""
    days = {lesson.timing.weekday or course.rules.weekday for lesson in course.lessons}
    hours = {
        course.rules.hour if lesson.timing.hour is None else lesson.timing.hour
        for lesson in course.lessons
    }
    mostly = "" if len(days) == len(hours) == 1 else "mostly "
    return f"{_interval(course)}, {mostly}on {_mornings(course.rules.weekday, course.rules.hour)}"


def _interval(course: Course) -> str:
    """From the longest wait between two letters; they come at one weekday, so in whole weeks."""
    waits = {
        -(-max(course.rules.minimum_gap_days, lesson.timing.wait_days) // DAYS_IN_A_WEEK)
        for lesson in course.lessons[1:]
    }
    if len(waits) > 1:
        return "a week or more apart"
    weeks = waits.pop() if waits else 1
    return "one a week" if weeks == 1 else f"one every {number(weeks)} weeks"


def _mornings(weekday: str, at: int) -> str:
    name, part = weekday.capitalize(), part_of_day(time(at))
    if part in {"noon", "midnight"}:
        return f"{name}s at {part}"
    return f"{name} {part}s at {_clock_face(time(at))}"


def _clock_face(at: time) -> str:
    twelve = at.hour % NOON or NOON
    return f"{twelve}:{at:%M}" if at.minute else str(twelve)
