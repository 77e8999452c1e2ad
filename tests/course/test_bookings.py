"""A time is taken once, however many want it at the same moment."""

from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import replace
from datetime import datetime, time, timedelta
from threading import Barrier
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from course import bookings, enrolments
from course.bookings import Booking, available, book, upcoming
from course.database import Database
from course.enrolments import Enrolment
from course.errors import SlotTaken
from course.keys import Keys
from course.slots import OpeningHours
from tests.course.specimens import NOW, signed_up

HOURS = OpeningHours(
    zone=ZoneInfo("Europe/Berlin"),
    weekly={3: ((time(9), time(12)),)},
    session=timedelta(minutes=50),
    rest=timedelta(minutes=10),
    lead=timedelta(hours=24),
    horizon=timedelta(days=28),
)
RACERS = 12


def take(
    session: Session, enrolment: Enrolment, at: datetime, hours: OpeningHours = HOURS
) -> Booking:
    return book(session, enrolment, hours, at, name="Ana", zone="Europe/Lisbon", now=NOW)


def race(database: Database, keys: Keys, slots: list[datetime]) -> list[str]:
    """Each racer goes for her slot at the same moment; returns what became of each."""
    with database.transaction() as session:
        ids = [signed_up(session, keys, email=f"r{n}@x.com").id for n in range(len(slots))]
    start = Barrier(len(slots))

    def run(enrolment_id: int, at: datetime) -> str:
        start.wait()
        return attempt(database, enrolment_id, at)

    with ThreadPoolExecutor(len(slots)) as pool:
        return list(pool.map(run, ids, slots))


def attempt(
    database: Database, enrolment_id: int, at: datetime, hours: OpeningHours = HOURS
) -> str:
    try:
        with database.transaction() as session:
            enrolment = enrolments.by_id(session, enrolment_id)
            assert enrolment is not None
            take(session, enrolment, at, hours)
    except SlotTaken:
        return "taken"
    return "booked"


def first_slot(session: Session) -> datetime:
    return available(session, HOURS, NOW)[0].starts_at


def test_one_slot_goes_to_one_of_many_at_once(database: Database, keys: Keys) -> None:
    with database.reading() as session:
        slot = first_slot(session)
    outcomes = race(database, keys, [slot] * RACERS)
    assert sorted(outcomes) == ["booked"] + ["taken"] * (RACERS - 1)
    with database.reading() as session:
        assert len(session.scalars(select(Booking)).all()) == 1


def test_many_at_once_for_different_slots_all_get_theirs(database: Database, keys: Keys) -> None:
    with database.reading() as session:
        slots = [slot.starts_at for slot in available(session, HOURS, NOW)]
    outcomes = race(database, keys, slots[:RACERS])
    assert outcomes == ["booked"] * RACERS
    with database.reading() as session:
        assert [s.starts_at for s in available(session, HOURS, NOW)] == slots[RACERS:]


def test_a_booking_under_way_is_waited_for_and_never_overlapped(
    database: Database, keys: Keys
) -> None:
    """Also by a machine that has newer hours, where the two don't begin at the same minute."""
    later = replace(HOURS, weekly={3: ((time(9, 30), time(12, 30)),)})
    with database.transaction() as session:
        ids = [signed_up(session, keys, email=f"r{n}@x.com").id for n in range(2)]
        slot = first_slot(session)
    with ThreadPoolExecutor(1) as pool:
        with database.transaction() as session:
            first = enrolments.by_id(session, ids[0])
            assert first is not None
            take(session, first, slot)
            other = pool.submit(attempt, database, ids[1], slot + timedelta(minutes=30), later)
            done, _ = wait([other], timeout=0.3)
            assert not done
        assert other.result() == "taken"


def test_a_booked_slot_is_no_longer_offered(session: Session, keys: Keys) -> None:
    slot = first_slot(session)
    booking = take(session, signed_up(session, keys), slot)
    assert slot not in [free.starts_at for free in available(session, HOURS, NOW)]
    assert booking.slot.ends_at - booking.slot.starts_at == HOURS.session
    with pytest.raises(SlotTaken, match="choose another one"):
        take(session, signed_up(session, keys, email="eve@x.com"), slot)


@pytest.mark.parametrize("minutes", [1, -60, 24 * 60])
def test_a_time_that_is_not_offered_cannot_be_booked(
    session: Session, keys: Keys, minutes: int
) -> None:
    with pytest.raises(SlotTaken):
        take(session, signed_up(session, keys), first_slot(session) + timedelta(minutes=minutes))
    assert session.scalars(select(Booking)).all() == []


def test_pressing_the_button_twice_is_one_booking(session: Session, keys: Keys) -> None:
    reader, slot = signed_up(session, keys), first_slot(session)
    assert take(session, reader, slot).uid == take(session, reader, slot).uid
    assert len(session.scalars(select(Booking)).all()) == 1


def test_a_booking_calls_for_both_emails(session: Session, keys: Keys) -> None:
    booking = take(session, signed_up(session, keys), first_slot(session))
    assert booking.invitation_due_at == booking.notice_due_at == booking.booked_at == NOW


def test_a_cancelled_slot_is_free_again_and_can_be_booked(session: Session, keys: Keys) -> None:
    slot = first_slot(session)
    booking = take(session, signed_up(session, keys), slot)
    booking.cancelled_at = NOW
    session.flush()
    again = take(session, signed_up(session, keys, email="eve@x.com"), slot)
    assert again.uid != booking.uid


def test_upcoming_is_the_next_session_that_is_neither_over_nor_cancelled(
    session: Session, keys: Keys
) -> None:
    reader = signed_up(session, keys)
    slots = available(session, HOURS, NOW)
    second, first = (take(session, reader, slots[n].starts_at) for n in (4, 0))
    assert upcoming(session, reader, NOW) is first
    assert upcoming(session, reader, first.ends_at) is second
    second.cancelled_at = NOW
    session.flush()
    assert upcoming(session, reader, first.ends_at) is None


def test_what_is_over_takes_no_slot(session: Session, keys: Keys) -> None:
    booking = take(session, signed_up(session, keys), first_slot(session))
    assert bookings.taken_slots(session, booking.ends_at) == []
