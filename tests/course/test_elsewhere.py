"""Sessions booked with another tool: in whatever order it tells, the end is the same."""

from datetime import datetime, timedelta
from itertools import permutations

import pytest
from sqlalchemy import delete, select

from app.bootstrap import House
from course import bookings, elsewhere
from course.bookings import Booking
from course.database import Database
from course.elsewhere import Stage, Told
from course.slots import Slot
from emails.providers.memory import MemoryProvider
from tests.support.houses import enrolment, join, make_house, now

FIRST, SECOND = timedelta(days=3), timedelta(days=4)
TOOL = "calcom"


@pytest.fixture
def house(sqlite: Database) -> House:
    return make_house(sqlite, provider=MemoryProvider())


def told(house: House, uid: str, stage: Stage, after: timedelta = FIRST, **more: str) -> Told:
    at = now(house) + after
    code = "" if more.get("email") else enrolment(house, 1).code
    slot = Slot(at, at + timedelta(minutes=50))
    return Told(uid, stage, slot, now(house), code=code, **more)


def hear(house: House, *all_told: Told) -> list[bool]:
    with house.database.transaction() as session:
        return [
            elsewhere.follow(session, house.catalogue, TOOL, one, now(house)) for one in all_told
        ]


def ahead(house: House) -> tuple[str | None, datetime, bool] | None:
    with house.database.reading() as session:
        found = bookings.all_ahead(session, now(house))
    assert len(found) <= 1
    return next(((b.tool_uid, b.starts_at, b.confirmed_at is not None) for b, _ in found), None)


def forget(house: House) -> None:
    with house.database.transaction() as session:
        session.execute(delete(Booking))


def test_a_story_ends_the_same_in_every_order_and_told_twice(house: House) -> None:
    join(house)
    asked, booked = told(house, "a", Stage.ASKED), told(house, "a", Stage.BOOKED)
    moved = told(house, "b", Stage.BOOKED, SECOND, moved_from="a")
    gone = told(house, "a", Stage.MOVED)
    over = told(house, "b", Stage.CANCELLED, SECOND, moved_from="a")
    for story, end in (
        ((asked, booked, asked), ("a", now(house) + FIRST, True)),
        ((asked, booked, moved, gone), ("b", now(house) + SECOND, True)),
        ((booked, moved, over), None),
    ):
        for order in permutations(story):
            hear(house, *order)
            assert ahead(house) == end, [one.stage for one in order]
            forget(house)


def test_one_that_is_asked_for_waits_until_it_is_booked(house: House) -> None:
    join(house)
    hear(house, told(house, "a", Stage.ASKED))
    assert ahead(house) == ("a", now(house) + FIRST, False)
    hear(house, told(house, "a", Stage.BOOKED))
    assert ahead(house) == ("a", now(house) + FIRST, True)


def test_nothing_is_due_to_anybody_because_of_it(house: House) -> None:
    join(house)
    hear(house, told(house, "a", Stage.BOOKED), told(house, "a", Stage.CANCELLED))
    with house.database.reading() as session:
        [booking] = session.scalars(select(Booking))
    due = ("invitation_due_at", "notice_due_at", "reminder_due_at", "second_reminder_due_at")
    assert [getattr(booking, name) for name in due] == [None] * 4


def test_two_may_begin_at_once_where_the_tool_lets_them(database: Database) -> None:
    house = make_house(database, provider=MemoryProvider())
    join(house)
    join(house, "eve@example.com")
    other = told(house, "b", Stage.BOOKED, email="eve@example.com")
    assert hear(house, told(house, "a", Stage.BOOKED), other) == [True, True]


def test_whoever_came_without_our_link_is_known_by_address_from_her_sign_up_on(
    house: House,
) -> None:
    join(house)
    known = told(house, "a", Stage.BOOKED, email="Ana@Example.com")
    before = Told(**{**vars(known), "uid": "b", "at": now(house) - timedelta(days=1)})
    stranger = told(house, "c", Stage.BOOKED, email="eve@example.com")
    nobody = told(house, "d", Stage.BOOKED, email="no address")
    assert hear(house, known, before, stranger, nobody) == [True, False, False, False]
    assert ahead(house) == ("a", now(house) + FIRST, True)


def test_a_session_moved_within_itself_has_its_newest_time(house: House) -> None:
    join(house)
    first = told(house, "a", Stage.BOOKED)
    later = told(house, "a", Stage.BOOKED, SECOND)
    later = Told(**{**vars(later), "at": later.at + timedelta(minutes=1)})
    hear(house, first, later, first)
    assert ahead(house) == ("a", now(house) + SECOND, True)


def test_a_name_or_zone_that_cant_be_used_is_the_readers_own(house: House) -> None:
    join(house)
    hear(house, told(house, "a", Stage.BOOKED, name="see www.example.com", zone="Mars/Olympus"))
    with house.database.reading() as session:
        [booking] = session.scalars(select(Booking))
    assert (booking.name, booking.zone) == ("Ana", "Europe/Berlin")
