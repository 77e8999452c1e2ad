"""An installation's stationery, one reader and her letters, for tests of emails."""

import base64
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from app.settings import SHIPPED_COURSES
from course.catalogue import Course, load_catalogue
from course.keys import Keys, parse_keys
from course.language import ENGLISH
from course.lessons import Lesson
from course.slots import Slot
from emails.appointments import TO_OWNER, TO_READER, Appointment, Standing, call
from emails.compose import Composed, Composer
from emails.links import Links, Tokens
from emails.message import Address, Message
from emails.pace import Pace
from emails.reader import Reader
from emails.rendering import Templates
from emails.stationery import Stationery

NOW = datetime(2026, 11, 2, 12, tzinfo=UTC)
KEY = "0123456789abcdef" * 2
CODE = "abcdefghijklm"
BASE_URL = "https://letters.practice.example"
REPLIES = "replies@practice.example"
# The same at every run, so that no test depends on what a signature happens to spell.
KEYS = parse_keys(base64.urlsafe_b64encode(bytes(range(32))).decode())
WORDS = "Thank you for writing.\n\nStay with it, if you like."
COURSE = load_catalogue(SHIPPED_COURSES)["six-letters"]
FIRST = COURSE.lessons[0]

STATIONERY = Stationery(
    sender=Address("letters@practice.example", "Your practice"),
    owner=Address("owner@practice.example", "Your practice"),
    postal_address="Your practice, 1 Example Street, 12345 Example City",
    educational_note="These letters are educational & no substitute for treatment.",
    crisis_note="In a crisis, call or text 988; elsewhere see findahelpline.com.",
    reading_days="I read replies on Tuesdays.",
)
READER = Reader(code=CODE, email="ana@example.com", name="Ana", signed_up_on=date(2026, 11, 2))
APPOINTMENT = Appointment(
    uid="f" * 32,
    slot=Slot(datetime(2026, 11, 12, 8, tzinfo=UTC), datetime(2026, 11, 12, 8, 50, tzinfo=UTC)),
    reader_zone="Europe/Lisbon",
    owner_zone="Europe/Berlin",
    name="Ana",
    place="1 Example Street",
    changed_at=NOW,
)
READER_KINDS = (
    *("confirmation", "lesson", "welcome-back", "acknowledgement", "pace", "reminder", "answer"),
    *TO_READER.values(),
)
OWNER_KINDS = (
    *TO_OWNER.values(),
    *("reflection-notice", "mail-notice", "answer-notice", "erasure-notice"),
)
KINDS = READER_KINDS + OWNER_KINDS
# What the frame of an email about a session invites to; all others invite to book one.
CALLS = {TO_READER[each]: call(each, ENGLISH) for each in Standing} | {
    "reminder": call(Standing.BOOKED, ENGLISH)
}


def make_links(base_url: str = BASE_URL, keys: Keys = KEYS) -> Links:
    return Links(base_url, REPLIES, Tokens(keys))


def make_composer(
    *,
    templates: Path | None = None,
    base_url: str = BASE_URL,
    stationery: Stationery = STATIONERY,
) -> Composer:
    return Composer(Templates(templates), make_links(base_url), stationery)


@cache
def _composer() -> Composer:
    """Our own templates, compiled once for all tests; named `changes` make a fresh one."""
    return make_composer()


def compose(
    kind: str,
    *,
    reader: Reader = READER,
    course: Course = COURSE,
    lesson: Lesson = FIRST,
    appointment: Appointment = APPOINTMENT,
    answers: str | None = "<question@mail.example>",
    words: str = WORDS,
    **changes: Any,
) -> Composed:
    """One email of this kind, as the scheduler would have it composed."""
    composer = make_composer(**changes) if changes else _composer()
    match kind:
        case "confirmation":
            return composer.confirmation(KEY, course, reader, NOW)
        case "lesson":
            return composer.lesson(KEY, course, lesson, reader)
        case "welcome-back":
            return composer.welcome_back(KEY, course, reader)
        case "acknowledgement":
            return composer.acknowledgement(KEY, course, reader, answers)
        case "pace":
            return composer.pace(KEY, course, reader, Pace("Europe/Lisbon", next_at=NOW), answers)
        case "reminder":
            return composer.reminder(KEY, course, reader, appointment)
        case "answer":
            return composer.answer(KEY, course, reader, lesson, words, answers)
        case "reflection-notice" | "mail-notice" | "answer-notice":
            return _compose_notice(composer, kind, reader, course, lesson)
        case "erasure-notice":
            off = replace(appointment, name="somebody", standing=Standing.CANCELLED)
            return composer.erasure_notice(KEY, course, off)
        case _:
            return _compose_about_session(composer, kind, course, reader, appointment)


def _compose_notice(
    composer: Composer, kind: str, reader: Reader, course: Course, lesson: Lesson
) -> Composed:
    if kind == "mail-notice":
        return composer.mail_notice(KEY, course, "A message came.")
    if kind == "answer-notice":
        return composer.answer_notice(KEY, course, reader)
    return composer.reflection_notice(KEY, course, reader, lesson, KEY)


def _compose_about_session(
    composer: Composer, kind: str, course: Course, reader: Reader, appointment: Appointment
) -> Composed:
    standings = {TO_READER[each]: each for each in Standing} | {
        TO_OWNER[each]: each for each in Standing
    }
    appointment = replace(appointment, standing=standings[kind])
    to = composer.booking_notice if kind.endswith("-notice") else composer.invitation
    return to(KEY, course, reader, appointment)


def message(kind: str = "lesson", **changes: Any) -> Message:
    composed = compose(kind, **changes)
    assert composed.problems == ()
    assert composed.message is not None
    return composed.message


def lesson_with(**changes: Any) -> tuple[Course, Lesson]:
    """A course of one letter, which is the shipped first one with these facts changed."""
    lesson = FIRST.model_copy(update=changes)
    return replace(COURSE, lessons=(lesson,)), lesson


def named(name: str | None) -> Reader:
    return replace(READER, name=name)


def minutes_later(minutes: float) -> datetime:
    return NOW + timedelta(minutes=minutes)
