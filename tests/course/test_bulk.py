"""Rows by the hundred, on both databases."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from course.bulk import Values, do_nothing, insert_alike, insert_each, read, write_alike, write_each
from course.database import Database
from course.lists import among, among_given, items_given
from course.progress import Progress
from course.subscribers import Subscriber
from emails.suppression import Reason, Suppression
from tests.support.crowd import fill

NOW = datetime(2027, 1, 5, 7, tzinfo=UTC)
READERS = 5
SENT = select(Progress.enrolment_id, Progress.turn, Progress.lesson, Progress.sent_at)
WITHIN = select(Subscriber.id).where(among_given(Subscriber.name, "names"))
# No database takes the character zero in a text.
WORDS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    fill(database, READERS)
    with database.transaction() as session:
        yield session


def names(session: Session) -> dict[int, str | None]:
    return {row.id: row.name for row in read(session, select(Subscriber.id, Subscriber.name))}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(words=st.lists(WORDS, min_size=READERS, max_size=READERS), asked=st.lists(WORDS))
def test_a_list_of_any_words_finds_the_rows_that_have_one_of_them(
    session: Session, words: list[str], asked: list[str]
) -> None:
    write_each(session, Subscriber, {n + 1: {"name": word} for n, word in enumerate(words)})
    assert list(names(session).values()) == words
    asked = asked + words[:2]
    expected = [n + 1 for n, word in enumerate(words) if word in asked]
    assert sorted(row.id for row in read(session, WITHIN, names=asked)) == expected
    query = select(Subscriber.id).where(among(Subscriber.name, asked))
    assert sorted(session.scalars(query)) == expected


def test_an_empty_list_finds_nobody(session: Session) -> None:
    assert read(session, WITHIN, names=[]) == []
    assert session.scalars(select(Subscriber.id).where(among(Subscriber.id, []))).all() == []


def test_each_item_given_is_a_row(session: Session) -> None:
    rows = read(session, select(items_given(Subscriber.id, "ids")), ids={3, 1, 2})
    assert sorted(row[0] for row in rows) == [1, 2, 3]


def test_rows_that_become_alike_are_written_and_no_others(session: Session) -> None:
    changes: dict[int, Values] = {1: {"name": None}, 2: {"name": "Bo"}, 4: {"name": "Bo"}}
    write_alike(session, Subscriber, changes)
    assert names(session) == {1: None, 2: "Bo", 3: "Ana", 4: "Bo", 5: "Ana"}


def test_each_row_is_written_its_own_columns(session: Session) -> None:
    later = NOW + timedelta(hours=1)
    changes: dict[int, Values] = {
        1: {"name": "Bo"},
        2: {"name": None},
        3: {"name": "Cy", "created_at": later},
    }
    write_each(session, Subscriber, changes)
    assert names(session) == {1: "Bo", 2: None, 3: "Cy", 4: "Ana", 5: "Ana"}
    assert session.get_one(Subscriber, 3).created_at == later
    assert session.get_one(Subscriber, 2).created_at < later


def test_a_row_that_is_there_stays_as_it_is(session: Session) -> None:
    letter = {"turn": 1, "lesson": "one", "sent_at": NOW}
    insert_alike(session, Progress, "enrolment_id", [(1, letter), (2, letter)])
    again = letter | {"sent_at": NOW + timedelta(days=1)}
    insert_alike(session, Progress, "enrolment_id", [(2, again), (3, again)])
    assert {row.enrolment_id: row.sent_at for row in read(session, SENT)} == {
        1: NOW,
        2: NOW,
        3: NOW + timedelta(days=1),
    }


def test_one_reader_may_be_given_two_rows_at_once(session: Session) -> None:
    letter = {"turn": 1, "lesson": "one", "sent_at": NOW}
    both = [(1, letter), (1, letter | {"lesson": "two"})]
    insert_alike(session, Progress, "enrolment_id", both)
    assert [row.lesson for row in read(session, SENT.order_by(Progress.lesson))] == ["one", "two"]


def test_only_new_rows_are_counted(session: Session) -> None:
    rows = [
        {"digest": digest, "course": "a", "reason": Reason.COMPLAINT, "at": NOW} for digest in "xyz"
    ]
    assert insert_each(session, Suppression, rows[:2], do_nothing) == 2
    assert insert_each(session, Suppression, rows, do_nothing) == 1
    assert insert_each(session, Suppression, [], do_nothing) == 0


def test_what_the_session_holds_is_written_out_before(session: Session) -> None:
    session.get_one(Subscriber, 1).name = "Bo"
    assert names(session)[1] == "Bo"
