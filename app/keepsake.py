"""A reader's own words beside the questions they answer: what she may keep for good."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from app.bootstrap import House
from course import reflections, spoken
from course.catalogue import Course
from course.enrolments import Enrolment
from course.language import Language, mark
from course.reflections import Opened

NO_LONGER = mark("A letter that has left the course")
NO_LETTER = mark("Between the letters")


@dataclass(frozen=True, repr=False)
class Entry:
    day: str
    words: str


@dataclass(frozen=True, repr=False)
class Chapter:
    """One letter's question, in Markdown, and what she wrote on it, oldest first."""

    slug: str | None
    title: str
    question: str
    entries: list[Entry]


@dataclass(frozen=True, repr=False)
class Keepsake:
    """`course_title` is empty where the course is gone; `span` says from when to when."""

    course_title: str
    course_language: str
    language: Language
    span: str
    chapters: list[Chapter]


def gather(session: Session, house: House, enrolment: Enrolment) -> Keepsake:
    """All she has kept, shared or not, in the order of the course."""
    course = house.catalogue.get(enrolment.course)
    zone, language = enrolment.subscriber.zone, house.catalogue.language(enrolment.course)
    opened = reflections.of_enrolment(session, house.vault, enrolment.id)
    on: dict[str | None, list[Opened]] = {}
    for one in opened:
        on.setdefault(one.lesson, []).append(one)
    return Keepsake(
        course_title=course.title if course else "",
        language=language,
        course_language=course.language if course else language.tag,
        span=_span([one.received_at for one in opened], zone, language),
        chapters=[
            _chapter(course, language, slug, [_entry(one, zone, language) for one in of])
            for slug, of in sorted(on.items(), key=lambda item: _place(course, item[0]))
        ],
    )


def _place(course: Course | None, slug: str | None) -> tuple[int, str]:
    """In the course's order; then what has left it; then what never belonged to a letter."""
    order = list(course.by_slug) if course else []
    if slug is None:
        return len(order) + 1, ""
    return (order.index(slug) if slug in order else len(order)), slug


def _chapter(
    course: Course | None, language: Language, slug: str | None, entries: list[Entry]
) -> Chapter:
    lesson = course.by_slug.get(slug or "") if course else None
    if lesson is not None:
        return Chapter(slug, lesson.title, lesson.exercise, entries)
    return Chapter(slug, language.say(NO_LETTER if slug is None else NO_LONGER), "", entries)


def _entry(one: Opened, zone: str, language: Language) -> Entry:
    day = spoken.local_day(one.received_at, zone, language, spoken.DAY_AND_YEAR)
    return Entry(day, one.words)


def _span(instants: list[datetime], zone: str, language: Language) -> str:
    """Such as "November 2026 to January 2027"."""
    ends = instants[:1] + instants[-1:]
    months = [spoken.local_day(at, zone, language, spoken.MONTH) for at in ends]
    first, last = months[:1], months[-1:]
    if first == last:
        return "".join(first)
    return language.say("%(first)s to %(last)s", first=first[0], last=last[0])
