"""What is true of every letter that ships with the house."""

import re

import pytest

from app.settings import SHIPPED_COURSES
from course.catalogue import load_catalogue
from course.lessons import Lesson

COURSES = load_catalogue(SHIPPED_COURSES).courses.values()
LETTERS = [pytest.param(lesson, id=lesson.slug) for course in COURSES for lesson in course.lessons]
every_letter = pytest.mark.parametrize("letter", LETTERS)

# What a glance at a phone on a table must not give away.
CLINICAL = re.compile(
    r"attach|avoid|anxi|disorder|diagnos|therap|trauma|symptom|patient|treat|mental|psych|depress"
    r"|relationship|intimacy|childhood",
    re.IGNORECASE,
)


def words(letter: Lesson) -> str:
    return f"{letter.body}\n\n{letter.exercise}"


@every_letter
def test_a_letter_takes_two_minutes_to_read(letter: Lesson) -> None:
    assert 350 <= len(words(letter).split()) <= 600


@every_letter
def test_a_letter_never_raises_its_voice(letter: Lesson) -> None:
    assert "!" not in words(letter) + letter.title + letter.subject + letter.preheader


@every_letter
def test_what_shows_on_a_locked_screen_says_nothing_of_the_theme(letter: Lesson) -> None:
    assert not CLINICAL.search(f"{letter.subject} {letter.preheader}")


@every_letter
def test_a_subject_and_a_preheader_fit_a_phone(letter: Lesson) -> None:
    assert len(letter.subject) <= 50
    assert len(letter.preheader) <= 100


@every_letter
def test_every_exercise_invites_a_reply_and_does_not_ask_for_one(letter: Lesson) -> None:
    assert "If you like, press reply" in letter.exercise


@every_letter
def test_a_letter_offers_and_never_diagnoses(letter: Lesson) -> None:
    text = " ".join(words(letter).casefold().split())
    for verdict in ("you are avoidant", "you’re avoidant", "you suffer", "you have a disorder"):
        assert verdict not in text
    assert "you may" in text or "if you" in text


@every_letter
def test_a_letter_is_words_only(letter: Lesson) -> None:
    assert not re.search(r"https?:|!\[|<[a-z/]", words(letter))


def test_no_two_letters_share_a_subject() -> None:
    for course in COURSES:
        subjects = [lesson.subject.casefold() for lesson in course.lessons]
        assert len(set(subjects)) == len(subjects)
