"""A goodbye takes effect in one transaction, once, and is written down."""

import pytest
from sqlalchemy import select

from course import enrolments
from course.consents import Act, Consent, Means
from course.database import Database
from course.enrolments import State
from course.language import ENGLISH, language_of
from emails.suppression import Suppression, suppressed
from emails.unsubscribe import goodbye
from tests.emails.conftest import make_letterbox
from tests.emails.specimens import COURSE, KEYS, NOW, minutes_later

ANA = KEYS.digest("ana@example.com")


def say_goodbye(database: Database, enrolment_id: int, minutes: float = 0) -> bool:
    with database.transaction() as session:
        enrolment = enrolments.by_id(session, enrolment_id, for_update=True)
        assert enrolment is not None
        return goodbye(
            session, enrolment, ENGLISH, means=Means.GOODBYE_PAGE, now=minutes_later(minutes)
        )


def say_goodbye_and_fail(database: Database, enrolment_id: int) -> None:
    with database.transaction() as session:
        enrolment = enrolments.by_id(session, enrolment_id, for_update=True)
        assert enrolment is not None
        goodbye(session, enrolment, ENGLISH, means=Means.GOODBYE_PAGE, now=NOW)
        session.flush()
        1 / 0  # noqa: B018  the power cut


def test_a_goodbye_stops_the_course_and_suppresses_the_address(database: Database) -> None:
    letterbox = make_letterbox(database)
    assert say_goodbye(database, letterbox.enrolment_id)
    reader = letterbox.reader()
    assert (reader.state, reader.left_at, reader.next_due_at) == (State.LEFT, NOW, None)
    with database.reading() as session:
        assert set(suppressed(session, [ANA])) == {(ANA, COURSE.slug)}


def test_a_goodbye_is_written_down_once_however_often_it_is_said(database: Database) -> None:
    letterbox = make_letterbox(database)
    said = [say_goodbye(database, letterbox.enrolment_id, minutes) for minutes in range(3)]
    assert said == [True, False, False]
    with database.reading() as session:
        (consent,) = session.scalars(select(Consent))
    assert (consent.act, consent.means, consent.at) == (Act.WITHDRAWN, Means.GOODBYE_PAGE, NOW)
    assert letterbox.reader().left_at == NOW


def test_a_goodbye_that_fails_half_way_leaves_nothing_half_done(database: Database) -> None:
    letterbox = make_letterbox(database)
    with pytest.raises(ZeroDivisionError):
        say_goodbye_and_fail(database, letterbox.enrolment_id)
    assert letterbox.reader().state == State.ACTIVE
    with database.reading() as session:
        assert session.scalars(select(Suppression)).all() == []
        assert session.scalars(select(Consent)).all() == []


def test_a_reader_who_never_confirmed_can_say_it_too(database: Database) -> None:
    letterbox = make_letterbox(database)
    with database.transaction() as session:
        enrolment = enrolments.by_id(session, letterbox.enrolment_id, for_update=True)
        assert enrolment is not None
        enrolment.state = State.PENDING
        enrolment.confirmation_due_at = NOW
    assert say_goodbye(database, letterbox.enrolment_id)
    assert letterbox.reader().confirmation_due_at is None


def test_a_goodbye_is_written_down_in_the_words_she_was_shown(database: Database) -> None:
    letterbox = make_letterbox(database)
    with database.transaction() as session:
        enrolment = enrolments.by_id(session, letterbox.enrolment_id, for_update=True)
        assert enrolment is not None
        goodbye(session, enrolment, language_of("de"), means=Means.GOODBYE_MAIL, now=NOW)
    with database.reading() as session:
        (consent,) = session.scalars(select(Consent))
    assert consent.wording == "Briefe abbestellen"
