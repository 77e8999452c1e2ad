"""What a reader asks of her pace, what comes of it, and how it is taken back."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from course import changes, enrolments, joining, subscribers, wishes
from course.catalogue import Catalogue
from course.changes import UNDO_LIFE, Answer
from course.consents import Act, Consent
from course.enrolments import Enrolment, State
from course.keys import Keys
from course.progress import Letter, history
from course.skips import skipped
from course.wishes import BeginAgain, GoOn, NextNow, Rest, SkipNext, Times, Wish
from tests.course.specimens import NOW, confirmed, make_catalogue, make_course, signed_up

COURSE = make_course("one", "two", "three")
CATALOGUE = make_catalogue(COURSE)
DAY, WEEK = timedelta(days=1), timedelta(weeks=1)
# Berlin's Tuesdays at eight, after NOW.
FIRST = datetime(2026, 11, 3, 7, tzinfo=UTC)
SECOND = FIRST + WEEK


@dataclass
class Reader:
    """One enrolment and the hands that change it; the first letter came on FIRST."""

    session: Session
    enrolment: Enrolment
    catalogue: Catalogue = CATALOGUE

    def wish(self, wish: Wish, at: datetime = FIRST + DAY, seen: str | None = None) -> Answer:
        return changes.make(self.session, self.catalogue, self.enrolment, wish, at, seen=seen)

    def undo(self, at: datetime, seen: str | None = None) -> Answer:
        version = self.version if seen is None else seen
        return changes.undo(self.session, self.catalogue, self.enrolment, at, seen=version)

    def send(self, slug: str, at: datetime) -> None:
        self.enrolment.next_due_at = None
        self.session.flush()
        enrolments.move_on(
            self.session, self.catalogue, [Letter(self.enrolment.id, self.enrolment.turn, slug)], at
        )
        names = ["state", "next_due_at", "last_sent_at", "finished_at", "postponed"]
        self.session.refresh(self.enrolment, names)

    @property
    def due(self) -> datetime | None:
        return self.enrolment.next_due_at

    @property
    def coming(self) -> str | None:
        lesson = wishes.coming_lesson(self.session, self.enrolment, COURSE)
        return lesson.slug if lesson else None

    @property
    def version(self) -> str:
        return changes.facts_of(self.session, self.enrolment).version


@pytest.fixture
def reader(session: Session, keys: Keys) -> Reader:
    reader = Reader(session, confirmed(session, keys, COURSE))
    reader.send("one", FIRST)
    return reader


def test_a_rest_moves_the_next_letter_behind_its_end(reader: Reader) -> None:
    until = FIRST + 10 * DAY
    assert reader.wish(Rest(until)) == Answer.DONE
    assert reader.due == FIRST + 2 * WEEK
    assert not enrolments.may_receive(reader.enrolment, until - timedelta(seconds=1))
    assert enrolments.may_receive(reader.enrolment, until)


@pytest.mark.parametrize("until", [FIRST - DAY, FIRST + DAY, FIRST + 400 * DAY])
def test_a_rest_ends_tomorrow_at_the_soonest_and_within_a_year(
    reader: Reader, until: datetime
) -> None:
    assert reader.wish(Rest(until)) == Answer.REFUSED
    assert reader.due == SECOND


def test_going_on_early_keeps_the_minimum_gap(reader: Reader) -> None:
    reader.wish(Rest(FIRST + 60 * DAY))
    reader.wish(GoOn(), FIRST + timedelta(hours=1))
    assert (reader.enrolment.state, reader.due) == (State.ACTIVE, SECOND)


def test_a_rest_while_a_letter_is_under_way_doesnt_call_for_it_twice(reader: Reader) -> None:
    reader.enrolment.next_due_at = None
    reader.wish(Rest(FIRST + 10 * DAY))
    assert reader.due is None
    enrolments.take_back(reader.session, reader.enrolment, COURSE)
    assert reader.due == FIRST + 2 * WEEK


def test_a_letter_sent_at_the_start_of_a_rest_leaves_the_next_one_behind_it(
    reader: Reader,
) -> None:
    reader.enrolment.next_due_at = None
    reader.wish(Rest(FIRST + 20 * DAY), SECOND)
    reader.send("two", SECOND)
    assert reader.due == FIRST + 3 * WEEK


@pytest.mark.parametrize("state", [State.PENDING, State.FINISHED, State.LEFT])
@pytest.mark.parametrize(
    "wish",
    [Rest(NOW + WEEK), GoOn(), NextNow(), SkipNext("one"), Times("friday", 9, "Asia/Tokyo")],
)
def test_only_someone_reading_sets_her_pace(
    session: Session, keys: Keys, state: State, wish: Wish
) -> None:
    enrolment = signed_up(session, keys)
    enrolment.state = state
    assert changes.make(session, CATALOGUE, enrolment, wish, NOW) == Answer.REFUSED
    assert (enrolment.state, enrolment.paused_until) == (state, None)


@pytest.mark.parametrize(
    ("at", "due"),
    [
        # Five days must lie between; on the first of them at her hour, after that at once.
        (FIRST + DAY, FIRST + 5 * DAY),
        (FIRST + 5 * DAY, FIRST + 5 * DAY),
        (FIRST + 6 * DAY + timedelta(hours=3), FIRST + 6 * DAY + timedelta(hours=3)),
    ],
)
def test_the_next_letter_sooner_keeps_the_gap(reader: Reader, at: datetime, due: datetime) -> None:
    assert reader.wish(NextNow(), at) == Answer.DONE
    assert reader.due == due
    assert reader.wish(NextNow(), at) == Answer.REFUSED


def test_what_is_skipped_gives_its_place_to_the_one_after_it(reader: Reader) -> None:
    assert reader.wish(SkipNext("two")) == Answer.DONE
    assert (reader.coming, reader.due) == ("three", SECOND)
    reader.send("three", SECOND)
    assert reader.enrolment.state == State.FINISHED


def test_only_the_letter_that_the_page_named_is_skipped(reader: Reader) -> None:
    assert reader.wish(SkipNext("three")) == Answer.REFUSED
    assert reader.coming == "two"


def test_who_skips_the_last_letter_has_finished(reader: Reader) -> None:
    reader.send("two", SECOND)
    reader.wish(SkipNext("three"), SECOND)
    assert (reader.enrolment.state, reader.due) == (State.FINISHED, None)
    assert reader.undo(SECOND + UNDO_LIFE) == Answer.DONE
    assert (reader.enrolment.state, reader.due) == (State.ACTIVE, SECOND + WEEK)
    assert (reader.coming, reader.enrolment.finished_at) == ("three", None)


def test_other_times_move_the_next_letter_and_keep_the_gap(reader: Reader) -> None:
    """Friday is three days after the first letter, so it is the Friday after."""
    reader.wish(Times("friday", 18, "America/New_York"))
    assert reader.due == datetime(2026, 11, 13, 23, tzinfo=UTC)
    assert reader.wish(Times("friday", 18, "America/New_York")) == Answer.REFUSED


def test_a_rest_keeps_its_day_in_another_zone(reader: Reader) -> None:
    berlin_midnight = datetime(2026, 11, 19, 23, tzinfo=UTC)
    reader.wish(Rest(berlin_midnight))
    reader.wish(Times("tuesday", 8, "America/New_York"))
    assert reader.enrolment.paused_until == datetime(2026, 11, 20, 5, tzinfo=UTC)


def test_another_zone_moves_the_letters_of_her_other_courses_too(
    session: Session, reader: Reader
) -> None:
    email = reader.enrolment.subscriber.email
    person = subscribers.by_email(session, email)
    assert person is not None
    other = joining.sign_up(session, person, "other", NOW)
    joining.confirm(session, other, COURSE, NOW)
    reader.catalogue = Catalogue({"course": COURSE, "other": COURSE})
    assert other.next_due_at == FIRST
    reader.wish(Times("tuesday", 8, "America/New_York"), NOW)
    assert other.next_due_at == FIRST + timedelta(hours=6)
    reader.undo(NOW)
    assert other.next_due_at == FIRST


def test_whoever_begins_again_gets_every_letter_once_more_and_keeps_her_history(
    session: Session, reader: Reader
) -> None:
    reader.wish(SkipNext("two"))
    assert reader.wish(BeginAgain()) == Answer.DONE
    assert (reader.coming, reader.due) == ("one", SECOND)
    for slug, at in (("one", SECOND), ("two", SECOND + WEEK), ("three", SECOND + 2 * WEEK)):
        assert reader.due == at
        reader.send(slug, at)
    assert reader.enrolment.state == State.FINISHED
    had = [(one.turn, one.lesson) for one in history(session, reader.enrolment.id)]
    assert had == [(1, "one"), (2, "one"), (2, "two"), (2, "three")]
    [consent] = session.scalars(select(Consent))
    assert (consent.act, consent.wording) == (Act.CONFIRMED, wishes.AGAIN_BUTTON)


def test_nobody_begins_again_who_has_had_nothing_yet(session: Session, keys: Keys) -> None:
    fresh = Reader(session, confirmed(session, keys, COURSE))
    assert fresh.wish(BeginAgain(), NOW) == Answer.REFUSED


WISHES = (
    *(Rest(FIRST + 20 * DAY), NextNow(), SkipNext("two"), BeginAgain()),
    Times("sunday", 23, "Asia/Tokyo"),
)


@pytest.mark.parametrize("wish", WISHES)
def test_each_can_be_taken_back_for_ten_minutes(reader: Reader, wish: Wish) -> None:
    before, at = reader.version, FIRST + DAY
    assert reader.wish(wish, at) == Answer.DONE
    changed = reader.version
    assert reader.undo(at + UNDO_LIFE + timedelta(seconds=1)) == Answer.REFUSED
    assert reader.version == changed
    assert reader.undo(at + UNDO_LIFE) == Answer.DONE
    assert reader.version == before
    assert skipped(reader.session, reader.enrolment.id, 1) == set()


@pytest.mark.parametrize("wish", WISHES)
def test_a_second_click_on_the_same_page_does_nothing_more(reader: Reader, wish: Wish) -> None:
    page = reader.version
    assert reader.wish(wish, seen=page) == Answer.DONE
    made = reader.version
    assert reader.wish(wish, seen=page) == Answer.ALREADY
    assert reader.version == made
    assert reader.undo(FIRST + DAY, seen=made) == Answer.DONE
    assert reader.undo(FIRST + DAY, seen=made) == Answer.ALREADY
    assert reader.version == page


@pytest.mark.parametrize("wish", WISHES)
def test_a_page_of_other_facts_does_nothing(reader: Reader, wish: Wish) -> None:
    page = reader.version
    reader.send("two", SECOND)
    now = reader.version
    assert reader.wish(wish, SECOND, seen=page) == Answer.STALE
    assert reader.undo(SECOND, seen=page) == Answer.STALE
    assert reader.version == now


def test_what_a_letter_has_followed_from_is_not_taken_back(reader: Reader) -> None:
    at = FIRST + 6 * DAY
    reader.wish(NextNow(), at)
    page = reader.version
    reader.send("two", at)
    assert reader.undo(at + timedelta(minutes=1), seen=page) == Answer.STALE
    assert reader.undo(at + timedelta(minutes=1)) == Answer.REFUSED
    assert reader.due == SECOND + WEEK
