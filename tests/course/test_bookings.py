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
from course.catalogue import Catalogue
from course.database import Database
from course.diary import Diary, Wanted
from course.enrolments import Enrolment
from course.errors import KeyMissing, SlotTaken
from course.keys import Keys, new_secret, parse_keys
from course.slots import Kind, OpeningHours, Slot
from course.vault import Vault
from tests.course.specimens import NOW, signed_up

HOURS = OpeningHours(
    zone=ZoneInfo("Europe/Berlin"),
    weekly={3: ((time(9), time(12)),)},
    session=timedelta(minutes=50),
    rest=timedelta(minutes=10),
    lead=timedelta(hours=24),
    horizon=timedelta(days=28),
)
KIND = Kind("video", "By video", "By video.", HOURS)
DIARY = Diary(
    kinds={"video": KIND},
    catalogue=Catalogue({}),
    vault=Vault(parse_keys(new_secret())),
    reminders=(timedelta(hours=24), timedelta(hours=1)),
)
RACERS = 12


def take(
    session: Session, enrolment: Enrolment, at: datetime, hours: OpeningHours = HOURS
) -> Booking:
    diary = replace(DIARY, kinds={"video": replace(KIND, hours=hours)})
    wanted = Wanted(diary.kinds["video"], at, "Ana", "Europe/Lisbon")
    return book(session, diary, enrolment, wanted, NOW)


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


def test_what_was_over_a_day_ago_takes_no_slot(session: Session, keys: Keys) -> None:
    booking = take(session, signed_up(session, keys), first_slot(session))
    assert bookings.taken_slots(session, booking.ends_at) == [booking.slot]
    assert bookings.taken_slots(session, booking.ends_at + timedelta(days=1)) == []


def wanted(at: datetime, note: str = "") -> Wanted:
    return Wanted(KIND, at, "Ana", "Europe/Lisbon", note)


def test_a_moved_session_keeps_its_name_and_frees_its_time(session: Session, keys: Keys) -> None:
    first, second = (slot.starts_at for slot in available(session, HOURS, NOW)[:2])
    booking = take(session, signed_up(session, keys), first)
    uid = booking.uid
    bookings.move(session, DIARY, booking, wanted(second), NOW + timedelta(hours=1))
    assert (booking.uid, booking.starts_at, booking.sequence) == (uid, second, 1)
    assert booking.ends_at - booking.starts_at == HOURS.session
    assert take(session, signed_up(session, keys, email="eve@x.com"), first).uid != uid


def test_a_session_can_move_into_what_only_it_has_kept_busy(session: Session, keys: Keys) -> None:
    booking = take(session, signed_up(session, keys), first_slot(session))
    later = replace(KIND, hours=replace(HOURS, weekly={3: ((time(9, 30), time(12)),)}))
    at = booking.starts_at + timedelta(minutes=30)
    bookings.move(session, DIARY, booking, replace(wanted(at), kind=later), NOW)
    assert booking.starts_at == at


def test_a_session_stays_where_it_is_when_the_new_time_is_gone(
    session: Session, keys: Keys
) -> None:
    first, second = (slot.starts_at for slot in available(session, HOURS, NOW)[:2])
    booking = take(session, signed_up(session, keys), first)
    take(session, signed_up(session, keys, email="eve@x.com"), second)
    with pytest.raises(SlotTaken):
        bookings.move(session, DIARY, booking, wanted(second), NOW)
    assert (booking.starts_at, booking.sequence) == (first, 0)


def test_a_cancelled_session_is_told_once_and_reminds_nobody(session: Session, keys: Keys) -> None:
    reader = signed_up(session, keys)
    booking = take(session, reader, first_slot(session))
    assert reminders(booking) == [booking.starts_at - before for before in DIARY.reminders]
    at = NOW + timedelta(hours=1)
    assert bookings.cancel(session, DIARY, booking, reader, at)
    assert (booking.invitation_due_at, booking.notice_due_at, booking.sequence) == (at, at, 1)
    assert reminders(booking) == [None, None]
    assert not bookings.cancel(session, DIARY, booking, reader, at + timedelta(hours=1))
    assert not bookings.confirm(booking, at)
    assert booking.sequence == 1


def reminders(booking: Booking) -> list[datetime | None]:
    return [booking.reminder_due_at, booking.second_reminder_due_at]


def test_a_reminder_whose_moment_is_over_is_none(session: Session, keys: Keys) -> None:
    short = replace(DIARY, reminders=(timedelta(days=14), timedelta(0)))
    booking = book(session, short, signed_up(session, keys), wanted(first_slot(session)), NOW)
    assert reminders(booking) == [None, None]


def test_where_the_owner_confirms_a_time_is_kept_until_she_has(
    session: Session, keys: Keys
) -> None:
    asking = replace(DIARY, instant=False)
    slot = first_slot(session)
    booking = book(session, asking, signed_up(session, keys), wanted(slot), NOW)
    asked = booking.confirmed_at
    assert asked is None
    assert slot not in [free.starts_at for free in available(session, HOURS, NOW)]
    at = NOW + timedelta(minutes=5)
    assert bookings.confirm(booking, at)
    assert (booking.confirmed_at, booking.invitation_due_at, booking.sequence) == (at, at, 1)
    assert not bookings.confirm(booking, at)


def test_two_changes_at_one_moment_are_two(session: Session, keys: Keys) -> None:
    reader = signed_up(session, keys)
    booking = take(session, reader, first_slot(session))
    bookings.cancel(session, DIARY, booking, reader, NOW)
    assert booking.invitation_due_at != booking.booked_at


def test_a_note_is_sealed_and_opens_for_its_session_alone(session: Session, keys: Keys) -> None:
    first, second = (slot.starts_at for slot in available(session, HOURS, NOW)[:2])
    noted = book(session, DIARY, signed_up(session, keys), wanted(first, "Ring twice."), NOW)
    other = take(session, signed_up(session, keys, email="eve@x.com"), second)
    assert noted.note is not None
    assert b"Ring" not in noted.note
    assert noted.opened_note(DIARY.vault) == "Ring twice."
    assert other.opened_note(DIARY.vault) == ""
    other.note = noted.note
    with pytest.raises(KeyMissing):
        other.opened_note(DIARY.vault)


def test_kinds_of_different_length_never_overlap(session: Session, keys: Keys) -> None:
    phone = Kind("phone", "By phone", "", replace(HOURS, session=timedelta(minutes=25)))
    slots = available(session, phone.hours, NOW)
    reader = signed_up(session, keys)
    short = book(session, DIARY, reader, replace(wanted(slots[1].starts_at), kind=phone), NOW)
    left = available(session, HOURS, NOW)
    assert not any(slot.touches(short.slot, HOURS.rest) for slot in left)
    assert Slot(slots[0].starts_at, slots[0].starts_at + HOURS.session) not in left
