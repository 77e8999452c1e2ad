"""Small courses and readers made in one line, for tests of rules."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from course import joining, subscribers
from course.catalogue import CallToAction, Catalogue, Course, Rules
from course.enrolments import Enrolment
from course.keys import Keys, new_secret, parse_keys
from course.lessons import Lesson, Timing
from course.pacing import Pace

# A Monday, noon in UTC.
NOW = datetime(2026, 11, 2, 12, tzinfo=UTC)


def make_keys(secrets: int = 1) -> Keys:
    return parse_keys("\n".join(new_secret() for _ in range(secrets)))


def make_rules(**changes: Any) -> Rules:
    return Rules(**({"weekday": "tuesday", "hour": 8} | changes))


def make_lesson(slug: str = "first", **changes: Any) -> Lesson:
    facts = {
        "title": f"About {slug}",
        "subject": f"A letter on {slug}",
        "preheader": "One line.",
        "theme": "One theme.",
        "exercise": "Write three lines.",
        "body": "A paragraph.",
        "timing": Timing(),
    }
    return Lesson(slug=slug, **(facts | changes))


def make_course(*slugs: str, lessons: tuple[Lesson, ...] = (), **rules: Any) -> Course:
    return Course(
        slug="course",
        title="A course",
        description="",
        sender=None,
        language="en",
        call_to_action=CallToAction(text="Come and talk.", button="Choose a time"),
        rules=make_rules(**rules),
        lessons=lessons or tuple(make_lesson(slug) for slug in slugs),
    )


def make_catalogue(course: Course) -> Catalogue:
    return Catalogue({course.slug: course})


def make_pace(zone: str, **rules: Any) -> Pace:
    return Pace(make_rules(**rules), ZoneInfo(zone))


def signed_up(
    session: Session,
    keys: Keys,
    *,
    email: str = "ana@example.com",
    zone: str = "Europe/Berlin",
    at: datetime = NOW,
) -> Enrolment:
    subscriber = subscribers.find_or_add(session, keys, email=email, name="Ana", zone=zone, now=at)
    return joining.sign_up(session, subscriber, "course", at)


def confirmed(session: Session, keys: Keys, course: Course, **changes: Any) -> Enrolment:
    enrolment = signed_up(session, keys, **changes)
    joining.confirm(session, enrolment, course, changes.get("at", NOW))
    return enrolment
