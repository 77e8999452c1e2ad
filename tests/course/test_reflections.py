"""A reader's answer: sealed where it lies, opened only for the owner."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from course import reflections
from course.errors import KeyMissing
from course.keys import Keys
from course.progress import Progress
from course.reflections import Reflection
from course.vault import Vault
from tests.course.specimens import NOW, confirmed, make_course, make_keys

COURSE = make_course("one", "two")
WORDS = "The oven was off. — Œ"


def keep(
    session: Session, keys: Keys, *, received: str = "a" * 32, **changes: object
) -> Reflection:
    known = {
        "enrolment": confirmed(session, keys, COURSE), "lesson": "one", "words": WORDS,
        "at": NOW, "acknowledge": True,
    }  # fmt: skip
    facts = known | {"received_id": received} | changes
    kept = reflections.keep(session, Vault(keys), **facts)  # type: ignore[arg-type]
    session.flush()
    return kept


def test_the_words_come_back_for_the_owner_with_whose_they_are(
    session: Session, keys: Keys
) -> None:
    keep(session, keys)
    (opened,) = reflections.read_all(session, Vault(keys), limit=10)
    assert opened.words == WORDS
    assert (opened.email, opened.name) == ("ana@example.com", "Ana")
    assert (opened.course, opened.lesson) == ("course", "one")


def test_the_newest_comes_first_and_no_more_than_asked_for(session: Session, keys: Keys) -> None:
    for n in range(4):
        keep(session, keys, received=f"{n:032}", words=f"W{n}", at=NOW + timedelta(hours=n))
    opened = reflections.read_all(session, Vault(keys), limit=2)
    assert [one.words for one in opened] == ["W3", "W2"]


def test_the_row_holds_no_word_in_clear(session: Session, keys: Keys) -> None:
    kept = keep(session, keys)
    assert b"oven" not in kept.words
    assert "oven" not in f"{kept!r} {kept}"


def test_an_opened_reflection_shows_nothing_of_itself(session: Session, keys: Keys) -> None:
    keep(session, keys)
    (opened,) = reflections.read_all(session, Vault(keys), limit=1)
    assert "oven" not in f"{opened!r} {opened}"
    assert "ana@" not in f"{opened!r} {opened}"


def test_words_swapped_between_two_rows_dont_open(session: Session, keys: Keys) -> None:
    one, other = keep(session, keys), keep(session, keys, received="b" * 32)
    one.words, other.words = other.words, one.words
    session.flush()
    with pytest.raises(KeyMissing):
        reflections.read_all(session, Vault(keys), limit=10)


def test_another_installations_keys_dont_open_them(session: Session, keys: Keys) -> None:
    keep(session, keys)
    with pytest.raises(KeyMissing):
        reflections.read_all(session, Vault(make_keys()), limit=10)


@pytest.mark.parametrize("acknowledge", [True, False])
def test_the_owner_is_told_and_the_reader_answered_only_where_it_is_due(
    session: Session, keys: Keys, *, acknowledge: bool
) -> None:
    kept = keep(session, keys, acknowledge=acknowledge)
    assert kept.notice_due_at == NOW
    assert kept.acknowledgement_due_at == (NOW if acknowledge else None)


def test_an_answer_is_a_milestone_of_its_letter(session: Session, keys: Keys) -> None:
    enrolment = confirmed(session, keys, COURSE)
    session.add(Progress(enrolment_id=enrolment.id, lesson="one", sent_at=NOW))
    session.flush()
    keep(session, keys, at=NOW + timedelta(days=1))
    progress = session.scalars(select(Progress)).one()
    session.refresh(progress)
    assert progress.answered_at == NOW + timedelta(days=1)
