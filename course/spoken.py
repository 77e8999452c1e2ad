"""Numbers, dates and times as a person would say them, in her language."""

from datetime import date, datetime, time
from functools import lru_cache

from babel.dates import format_date, format_time, get_day_names, get_timezone_location
from babel.numbers import format_decimal

from course import zones
from course.language import Language, mark, mark_plural
from course.lessons import WEEKDAYS

NUMBERS = (
    *(mark("one"), mark("two"), mark("three"), mark("four"), mark("five")),
    *(mark("six"), mark("seven"), mark("eight"), mark("nine"), mark("ten"), mark("eleven")),
    mark("twelve"),
)
# Of letters, as in "the third comes on Tuesday".
ORDINALS = (
    *(mark("first"), mark("second"), mark("third"), mark("fourth"), mark("fifth"), mark("sixth")),
    *(mark("seventh"), mark("eighth"), mark("ninth"), mark("tenth"), mark("eleventh")),
    mark("twelfth"),
)
WEEKLY = dict(
    zip(
        WEEKDAYS,
        (
            *(mark("on Mondays"), mark("on Tuesdays"), mark("on Wednesdays")),
            *(mark("on Thursdays"), mark("on Fridays"), mark("on Saturdays"), mark("on Sundays")),
        ),
        strict=True,
    )
)
# Of one o'clock and of the others: some languages say "at the one", "at the two".
HOURS = {
    "midnight": mark_plural("midnight", "midnight"),
    "night": mark_plural("%(hour)s at night", "%(hour)s at night"),
    "morning": mark_plural("%(hour)s in the morning", "%(hour)s in the morning"),
    "noon": mark_plural("noon", "noon"),
    "midday": mark_plural("%(hour)s in the middle of the day", "%(hour)s in the middle of the day"),
    "afternoon": mark_plural("%(hour)s in the afternoon", "%(hour)s in the afternoon"),
    "evening": mark_plural("%(hour)s in the evening", "%(hour)s in the evening"),
}
MORNING, NOON, AFTERNOON, EVENING, NIGHT = 5, 12, 13, 18, 22
# Patterns of Unicode's CLDR, to be put into the order and punctuation of the language.
DAY = mark("EEEE, d MMMM")
DAY_AND_YEAR = mark("EEEE, d MMMM y")
SHORT_DAY = mark("EEE d MMM")
PLAIN_DAY = mark("d MMMM y")
MONTH = mark("MMMM y")


def number(count: int, language: Language) -> str:
    """In words from one to twelve."""
    return language.say(NUMBERS[count - 1]) if 0 < count <= len(NUMBERS) else str(count)


def figure(count: int, language: Language) -> str:
    """In figures, such as "20,000"."""
    return format_decimal(count, locale=language.locale)


def ordinal(place: int, language: Language) -> str | None:
    """Counted from 1, up to the twelfth; beyond that there is no word."""
    return language.say(ORDINALS[place - 1]) if place <= len(ORDINALS) else None


@lru_cache(maxsize=2000)
def day(of: date, language: Language, pattern: str = DAY) -> str:
    """Such as "Tuesday, 8 December"."""
    return format_date(of, language.say(pattern), locale=language.locale)


def local_day(at: datetime, zone: str, language: Language, pattern: str = DAY) -> str:
    return day(at.astimezone(zones.zone(zone)).date(), language, pattern)


@lru_cache(maxsize=2000)
def hour(at: time, language: Language) -> str:
    """Such as "8 in the morning", "8:30 in the evening", "noon"."""
    twelve = at.hour % NOON or NOON
    minutes = f":{at:%M}" if at.minute else ""
    one, many = HOURS[_part_of_day(at)]
    # Some languages count their hours to twenty-four when they are spoken, too.
    faces = {"hour": f"{twelve}{minutes}", "hour24": f"{at.hour}{minutes}"}
    return language.plural(one, many, twelve, **faces)


def at_clock(local: datetime, language: Language, pattern: str = DAY, hours: str = "24") -> str:
    """Such as "Tuesday, 8 December, 14:20"; `local` is on the clock it is told by."""
    said = day(local.date(), language, pattern)
    return language.say("%(day)s, %(clock)s", day=said, clock=clock(local, hours, language))


def clock(at: datetime, hours: str, language: Language) -> str:
    """As a clock shows it: "14:20", or "2:20 pm" where `hours` is "12"."""
    if hours != "12":
        return f"{at:%H:%M}"
    return format_time(at, "h:mm a", locale=language.locale).lower()


def moment(at: datetime, zone: str, language: Language) -> str:
    """Such as "Tuesday, 8 December, at 8 in the morning, Lisbon time"."""
    local = at.astimezone(zones.zone(zone))
    return language.say(
        "%(day)s, at %(hour)s, %(zone)s",
        day=day(local.date(), language),
        hour=hour(local.time(), language),
        zone=zone_name(zone, language),
    )


def weekly(weekday: str, at: int, language: Language) -> str:
    """Such as "on Tuesdays at 8 in the morning"."""
    return language.say(
        "%(weekdays)s at %(hour)s",
        weekdays=language.say(WEEKLY[weekday]),
        hour=hour(time(at), language),
    )


def weekday_names(language: Language) -> dict[str, str]:
    """By our own names for them, Monday first."""
    names = get_day_names("wide", "stand-alone", locale=language.locale)
    return {weekday: names[place] for place, weekday in enumerate(WEEKDAYS)}


def weekday_initials(language: Language) -> list[tuple[str, str]]:
    """Each weekday as a calendar's heading and in full, Monday first."""
    short = get_day_names("short", "stand-alone", locale=language.locale)
    full = get_day_names("wide", "stand-alone", locale=language.locale)
    return [(short[place], full[place]) for place in range(len(WEEKDAYS))]


@lru_cache(maxsize=2000)
def zone_name(zone: str, language: Language) -> str:
    """The zone as a person would say it: `America/New_York` is "New York time"."""
    if zone in {"UTC", "Etc/UTC"}:
        return "UTC"
    city = get_timezone_location(zone, locale=language.locale, return_city=True)
    return language.say("%(city)s time", city=city)


def _part_of_day(at: time) -> str:
    if at.minute == 0 and at.hour in {0, NOON}:
        return "noon" if at.hour else "midnight"
    if at.hour < MORNING or at.hour >= NIGHT:
        return "night"
    if at.hour < NOON:
        return "morning"
    if at.hour < AFTERNOON:
        return "midday"
    return "afternoon" if at.hour < EVENING else "evening"
