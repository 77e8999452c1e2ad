"""How often a course's letters come, in a few words."""

from course import spoken
from course.catalogue import Course
from course.language import language_of
from course.pacing import DAYS_IN_A_WEEK


def how_often(course: Course) -> str:
    """Such as "one a week, on Tuesdays at 8 in the morning"."""
    language, rules = language_of(course.language), course.rules
    days = {lesson.timing.weekday or rules.weekday for lesson in course.lessons}
    hours = {
        rules.hour if lesson.timing.hour is None else lesson.timing.hour
        for lesson in course.lessons
    }
    when = spoken.weekly(rules.weekday, rules.hour, language)
    if len(course.lessons) == 1:
        return when
    interval = _interval(course)
    if len(days) == len(hours) == 1:
        return language.say("%(interval)s, %(when)s", interval=interval, when=when)
    return language.say("%(interval)s, mostly %(when)s", interval=interval, when=when)


def rhythm(course: Course) -> str:
    """Such as "Six letters, one a week, on Tuesdays at 8 in the morning, your time"."""
    language, count = language_of(course.language), len(course.lessons)
    return language.plural(
        "%(number)s letter, %(how_often)s, your time",
        "%(number)s letters, %(how_often)s, your time",
        count,
        number=spoken.number(count, language).capitalize(),
        how_often=how_often(course),
    )


def _interval(course: Course) -> str:
    """From the longest wait between two letters; they come at one weekday, so in whole weeks."""
    language = language_of(course.language)
    waits = {
        -(-max(course.rules.minimum_gap_days, lesson.timing.wait_days) // DAYS_IN_A_WEEK)
        for lesson in course.lessons[1:]
    }
    if len(waits) > 1:
        return language.say("a week or more apart")
    weeks = waits.pop() if waits else 1
    return language.plural(
        "one a week", "one every %(weeks)s weeks", weeks, weeks=spoken.number(weeks, language)
    )
