"""Who must not be written to stays so, for the course or for everything."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from course.database import Database
from emails.suppression import EVERYTHING, Reason, Suppression, lift, suppress, suppressed
from tests.emails.specimens import KEYS, NOW

ANA, EVE = KEYS.digest("ana@example.com"), KEYS.digest("eve@example.com")


def rows(database: Database) -> list[Suppression]:
    with database.reading() as session:
        return list(session.scalars(select(Suppression)))


def test_nobody_is_suppressed_at_first(database: Database) -> None:
    with database.reading() as session:
        assert set(suppressed(session, [ANA, EVE])) == set()


def test_a_suppression_holds_for_its_address_and_its_course_alone(database: Database) -> None:
    with database.transaction() as session:
        suppress(session, ANA, "course", Reason.UNSUBSCRIBED, NOW)
        suppress(session, EVE, EVERYTHING, Reason.HARD_BOUNCE, NOW)
    with database.reading() as session:
        assert set(suppressed(session, [ANA])) == {(ANA, "course")}
        assert set(suppressed(session, [ANA, EVE])) == {(ANA, "course"), (EVE, EVERYTHING)}
        assert set(suppressed(session, [])) == set()


def test_saying_it_twice_keeps_the_first_reason_and_its_hour(database: Database) -> None:
    with database.transaction() as session:
        suppress(session, ANA, "course", Reason.UNSUBSCRIBED, NOW)
        suppress(session, ANA, "course", Reason.COMPLAINT, NOW + timedelta(days=1))
    (row,) = rows(database)
    assert (row.reason, row.at) == (Reason.UNSUBSCRIBED, NOW)


def test_lifting_a_goodbye_to_one_course_leaves_the_rest(database: Database) -> None:
    with database.transaction() as session:
        for course in ("one", "two", EVERYTHING):
            suppress(session, ANA, course, Reason.UNSUBSCRIBED, NOW)
        suppress(session, EVE, "one", Reason.UNSUBSCRIBED, NOW)
        lift(session, ANA, "one")
    with database.reading() as session:
        assert set(suppressed(session, [ANA, EVE])) == {
            (ANA, "two"),
            (ANA, EVERYTHING),
            (EVE, "one"),
        }


@pytest.mark.parametrize("reason", Reason)
def test_no_row_holds_the_address(database: Database, reason: Reason) -> None:
    with database.transaction() as session:
        suppress(session, ANA, "course", reason, NOW)
    (row,) = rows(database)
    assert "ana" not in str(vars(row))
