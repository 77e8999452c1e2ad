"""Where a reader stands in a course, and what moves her."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from course import enrolments, joining
from course.enrolments import CODE_ALPHABET, CODE_LENGTH, Enrolment, State, new_code
from course.keys import Keys
from course.progress import Letter, Progress, passed_lessons, record_answered
from tests.course.specimens import NOW, confirmed, make_catalogue, make_course, signed_up

COURSE = make_course("one", "two", "three")
CATALOGUE = make_catalogue(COURSE)
# Berlin's Tuesdays at eight, after NOW.
FIRST = datetime(2026, 11, 3, 7, tzinfo=UTC)
SECOND = FIRST + timedelta(days=7)


def send(session: Session, enrolment: Enrolment, slug: str, at: datetime) -> None:
    """As the scheduler does: the date is empty while the letter is in the outbox."""
    enrolment.next_due_at = None
    session.flush()
    enrolments.move_on(session, CATALOGUE, [Letter(enrolment.id, enrolment.turn, slug)], at)
    # It writes past the session, as is fit for letters by the hundred.
    session.refresh(enrolment, ["state", "next_due_at", "last_sent_at", "finished_at", "postponed"])


def test_signing_up_asks_for_a_confirmation_and_sends_no_letter(
    session: Session, keys: Keys
) -> None:
    enrolment = signed_up(session, keys)
    assert enrolment.state == State.PENDING
    assert enrolment.confirmation_due_at == NOW
    assert enrolment.next_due_at is None


def test_signing_up_again_keeps_the_one_enrolment(session: Session, keys: Keys) -> None:
    first, second = signed_up(session, keys), signed_up(session, keys, email="ana@example.com")
    assert first.id == second.id
    assert len(session.scalars(select(Enrolment)).all()) == 1


@pytest.mark.parametrize(("hours", "asked_again"), [(1, False), (24, False), (25, True)])
def test_a_confirmation_is_asked_for_once_a_day_at_most(
    session: Session, keys: Keys, hours: int, *, asked_again: bool
) -> None:
    signed_up(session, keys).confirmation_due_at = None
    again = signed_up(session, keys, at=NOW + timedelta(hours=hours))
    assert (again.confirmation_due_at is not None) == asked_again


def test_someone_already_in_gets_a_word_of_it_and_stays_where_she_is(
    session: Session, keys: Keys
) -> None:
    enrolment = confirmed(session, keys, COURSE)
    due = enrolment.next_due_at
    again = signed_up(session, keys, at=NOW + timedelta(days=2))
    assert again.state == State.ACTIVE
    assert again.next_due_at == due
    assert again.welcome_back_due_at == NOW + timedelta(days=2)
    assert again.confirmation_due_at is None


def test_confirming_starts_the_letters_at_the_readers_own_slot(
    session: Session, keys: Keys
) -> None:
    enrolment = confirmed(session, keys, COURSE)
    assert enrolment.state == State.ACTIVE
    assert enrolment.next_due_at == FIRST
    assert enrolment.confirmation_due_at is None


def test_confirming_twice_changes_nothing(session: Session, keys: Keys) -> None:
    enrolment = confirmed(session, keys, COURSE)
    later = NOW + timedelta(days=30)
    assert not joining.confirm(session, enrolment, COURSE, later)
    assert (enrolment.confirmed_at, enrolment.next_due_at) == (NOW, FIRST)


def test_a_letter_that_went_out_calls_for_the_next_one(session: Session, keys: Keys) -> None:
    enrolment = confirmed(session, keys, COURSE)
    send(session, enrolment, "one", FIRST)
    assert enrolment.last_sent_at == FIRST
    assert enrolment.next_due_at == SECOND
    assert passed_lessons(session, {enrolment.id: 1}) == {enrolment.id: {"one"}}


def test_a_late_letter_shifts_the_rest(session: Session, keys: Keys) -> None:
    enrolment = confirmed(session, keys, COURSE)
    send(session, enrolment, "one", FIRST + timedelta(days=4))
    assert enrolment.next_due_at == SECOND + timedelta(days=7)


def test_the_last_letter_finishes_the_course(session: Session, keys: Keys) -> None:
    enrolment = confirmed(session, keys, COURSE)
    for n, slug in enumerate(("one", "two", "three")):
        send(session, enrolment, slug, FIRST + timedelta(days=7 * n))
    assert enrolment.state == State.FINISHED
    assert enrolment.next_due_at is None
    assert enrolment.finished_at == FIRST + timedelta(days=14)


def test_whoever_has_had_it_all_and_asks_for_it_anew_begins_again(
    session: Session, keys: Keys
) -> None:
    enrolment = confirmed(session, keys, COURSE)
    for n, slug in enumerate(("one", "two", "three")):
        send(session, enrolment, slug, FIRST + timedelta(days=7 * n))
    much_later = FIRST + timedelta(days=70)
    enrolments.leave(enrolment, much_later)
    signed_up(session, keys, at=much_later)
    assert joining.confirm(session, enrolment, COURSE, much_later)
    assert enrolment.state == State.ACTIVE
    assert enrolment.next_due_at == much_later
    assert passed_lessons(session, {enrolment.id: enrolment.turn}) == {enrolment.id: set()}


def test_leaving_takes_every_date_away_and_a_second_goodbye_changes_nothing(
    session: Session, keys: Keys
) -> None:
    enrolment = confirmed(session, keys, COURSE)
    enrolment.welcome_back_due_at = NOW
    assert enrolments.leave(enrolment, NOW)
    assert not enrolments.leave(enrolment, NOW + timedelta(days=1))
    assert enrolment.left_at == NOW
    dates = ("next_due_at", "welcome_back_due_at", "confirmation_due_at", "paused_until")
    assert {getattr(enrolment, date) for date in dates} == {None}
    assert not enrolments.may_receive(enrolment, NOW)


def test_a_letter_under_way_at_goodbye_brings_no_next_one(session: Session, keys: Keys) -> None:
    enrolment = confirmed(session, keys, COURSE)
    enrolments.leave(enrolment, NOW)
    send(session, enrolment, "one", FIRST)
    assert enrolment.state == State.LEFT
    assert enrolment.next_due_at is None


def test_who_comes_back_goes_on_after_the_letters_she_had(session: Session, keys: Keys) -> None:
    enrolment = confirmed(session, keys, COURSE)
    send(session, enrolment, "one", FIRST)
    enrolments.leave(enrolment, FIRST)
    again = signed_up(session, keys, at=FIRST + timedelta(days=90))
    assert again.state == State.PENDING
    joining.confirm(session, again, COURSE, FIRST + timedelta(days=90))
    assert again.state == State.ACTIVE
    assert again.left_at is None
    assert again.next_due_at is not None
    assert again.next_due_at > FIRST + timedelta(days=90)
    assert passed_lessons(session, {again.id: 1}) == {again.id: {"one"}}


def test_a_milestone_is_set_once_and_never_taken_back(session: Session, keys: Keys) -> None:
    enrolment = confirmed(session, keys, COURSE)
    for days in (0, 3):
        send(session, enrolment, "one", FIRST + timedelta(days=days))
        record_answered(session, enrolment.id, "one", FIRST + timedelta(days=days, hours=1))
    (row,) = session.scalars(select(Progress))
    assert (row.sent_at, row.answered_at) == (FIRST, FIRST + timedelta(hours=1))


def test_a_code_says_nothing_and_fits_an_address() -> None:
    codes = {new_code() for _ in range(1000)}
    assert len(codes) == 1000
    assert all(len(code) == CODE_LENGTH and set(code) <= set(CODE_ALPHABET) for code in codes)


def test_undo_after_asking_anew_does_not_revive_the_consent_that_had_ended(
    session: Session, keys: Keys
) -> None:
    """She left, somebody filled in the form again, she said no to that, and took the no back."""
    enrolment = confirmed(session, keys, COURSE)
    enrolments.leave(enrolment, NOW)
    signed_up(session, keys)
    enrolments.leave(enrolment, NOW)
    assert enrolments.come_back(session, enrolment, COURSE, NOW)
    assert enrolment.state == State.PENDING
    assert enrolment.next_due_at is None
