"""Mail about sessions, and what a session means for the letters."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from icalendar import Calendar, Event
from sqlalchemy import select

from app.bootstrap import House
from course import bookings, enrolments
from course.bookings import Booking
from course.catalogue import Catalogue
from course.database import Database
from course.diary import Wanted
from course.enrolments import State
from emails.message import Message
from emails.providers.memory import MemoryProvider
from scheduler.audit import audit
from scheduler.planning import plan_due
from tests.support.houses import (
    COURSE,
    TUESDAY,
    counts,
    deliveries,
    enrolment,
    go_to,
    join,
    now,
    pause,
    play,
    shipped_catalogue,
    tick,
)

A_WEEK = timedelta(days=7)
A_MINUTE = timedelta(minutes=1)
OWNER = "owner@practice.example"
ANA = "ana@example.com"


@pytest.fixture
def build(sqlite: Database, houses: Callable[..., House]) -> Callable[..., House]:
    """A house whose course does this after a booking, and whose owner confirms, or doesn't."""

    def make(after_booking: str = "go-on", *, instant: bool = True) -> House:
        course = replace(shipped_catalogue()[COURSE], after_booking=after_booking)  # type: ignore[arg-type]
        house = houses(sqlite, provider=MemoryProvider(), catalogue=Catalogue({COURSE: course}))
        # What is asked for once and kept.
        diary = replace(
            house.diary, instant=instant, reminders=(timedelta(days=1), timedelta(hours=1))
        )
        vars(house)["diary"] = diary
        return house

    return make


@pytest.fixture
def house(build: Callable[..., House]) -> House:
    return build()


def sent(house: House, to: str = ANA) -> list[Message]:
    assert isinstance(house.provider, MemoryProvider)
    return [message for message in house.provider.sent if message.to == to]


def event(message: Message) -> Event:
    (file,) = message.attachments
    (found,) = Calendar.from_ical(file.content).walk("VEVENT")
    assert isinstance(found, Event)
    assert f"method={Calendar.from_ical(file.content)['METHOD']}" in file.content_type
    return found


def told(house: House, to: str) -> list[tuple[str, int, str]]:
    events = [event(message) for message in sent(house, to) if message.attachments]
    return [(str(e["UID"]), int(str(e["SEQUENCE"])), str(e["STATUS"])) for e in events]


def wanted(house: House, at: datetime) -> Wanted:
    return Wanted(house.diary.kinds["video"], at, "Ana", "Europe/Berlin")


def book(house: House, reader: int, number: int = 20) -> datetime:
    with house.database.transaction() as session:
        who = enrolments.by_id(session, reader)
        assert who is not None
        slot = bookings.available(session, house.diary.kinds["video"].hours, now(house))[number]
        asked = wanted(house, slot.starts_at)
        return bookings.book(session, house.diary, who, asked, now(house)).starts_at


def change(house: House, reader: int, to: datetime | None = None) -> None:
    """Move the session there, or cancel it."""
    with house.database.transaction() as session:
        who = enrolments.by_id(session, reader)
        booking = session.scalars(select(Booking)).one()
        assert who is not None
        if to is None:
            bookings.cancel(session, house.diary, booking, who, now(house))
        else:
            bookings.move(session, house.diary, booking, wanted(house, to), now(house))


def free(house: House, number: int) -> datetime:
    with house.database.reading() as session:
        hours = house.diary.kinds["video"].hours
        return bookings.available(session, hours, now(house))[number].starts_at


def test_one_session_is_one_event_however_often_it_changes(house: House) -> None:
    reader = join(house)
    book(house, reader)
    tick(house)
    for step, to in enumerate((free(house, 5), None), 1):
        tick(house, now(house) + step * A_MINUTE)
        change(house, reader, to)
        tick(house)
    for side in (ANA, OWNER):
        uids, sequences, statuses = zip(*told(house, side), strict=True)
        assert len(set(uids)) == 1
        assert sequences == (0, 1, 2)
        assert statuses == ("CONFIRMED", "CONFIRMED", "CANCELLED")
    headings = ["We have a time", "We have a new time", "The session is cancelled"]
    for heading, message in zip(headings, sent(house), strict=True):
        assert f"\n{heading}\n=" in message.text


def test_what_has_changed_before_it_left_is_told_as_it_is_now_and_once(house: House) -> None:
    reader = join(house)
    book(house, reader)
    go_to(house, now(house) + A_MINUTE)
    change(house, reader)
    tick(house)
    assert [status for _, _, status in told(house, ANA)] == ["CANCELLED"]
    assert [status for _, _, status in told(house, OWNER)] == ["CANCELLED"]


def test_what_was_planned_before_a_change_is_withheld(house: House) -> None:
    reader = join(house)
    book(house, reader)
    plan_due(house.database, house.catalogue, now(house))
    go_to(house, now(house) + A_MINUTE)
    change(house, reader)
    tick(house)
    assert [status for _, _, status in told(house, ANA)] == ["CANCELLED"]
    assert counts(house)["withheld"] == 2


def test_reminders_come_a_day_and_an_hour_before_and_each_once(house: House) -> None:
    at = book(house, join(house), 8)
    play(house, at)
    due = [one.due_at for one in deliveries(house, "reminder")]
    assert due == [at - timedelta(days=1), at - timedelta(hours=1)]
    texts = [message for message in sent(house) if "We see each other soon" in message.text]
    assert len(texts) == 2
    assert not any(message.attachments for message in texts)


def test_no_reminder_comes_after_a_cancellation(house: House) -> None:
    reader = join(house)
    at = book(house, reader, 8)
    play(house, at - timedelta(hours=2))
    change(house, reader)
    play(house, at)
    assert len(deliveries(house, "reminder")) == 1


def test_a_reminder_on_its_way_stays_when_the_session_is_cancelled(house: House) -> None:
    reader = join(house)
    at = book(house, reader, 8)
    play(house, at - timedelta(days=1, minutes=1))
    go_to(house, at - timedelta(days=1))
    plan_due(house.database, house.catalogue, now(house))
    go_to(house, now(house) + A_MINUTE)
    change(house, reader)
    tick(house)
    (reminder,) = deliveries(house, "reminder")
    assert (reminder.state, reminder.reason) == ("withheld", "the session has changed since")


def test_reminders_go_by_the_new_time(house: House) -> None:
    reader = join(house)
    book(house, reader, 8)
    tick(house)
    go_to(house, now(house) + A_MINUTE)
    at = free(house, 14)
    change(house, reader, at)
    play(house, at)
    due = [one.due_at for one in deliveries(house, "reminder")]
    assert due == [at - timedelta(days=1), at - timedelta(hours=1)]


def test_a_wish_is_tentative_until_the_owner_confirms_it(build: Callable[..., House]) -> None:
    house = build(instant=False)
    at = book(house, join(house), 8)
    tick(house)
    assert "/session/" in sent(house, OWNER)[0].text
    go_to(house, now(house) + A_MINUTE)
    with house.database.transaction() as session:
        bookings.confirm(session.scalars(select(Booking)).one(), now(house))
    tick(house)
    for to in (ANA, OWNER):
        assert [(n, status) for _, n, status in told(house, to)] == [
            (0, "TENTATIVE"), (1, "CONFIRMED"),
        ]  # fmt: skip
    play(house, at)
    assert len(deliveries(house, "reminder")) == 2


def test_what_the_owner_never_confirmed_reminds_nobody(build: Callable[..., House]) -> None:
    house = build(instant=False)
    play(house, book(house, join(house), 8))
    assert {one.state for one in deliveries(house, "reminder")} == {"withheld"}


def letters(house: House) -> list[Message]:
    return [message for message in sent(house) if "letter " in message.text[:60]]


def test_letters_to_whoever_has_booked_say_when_and_sell_nothing(house: House) -> None:
    reader = join(house)
    tick(house, TUESDAY)
    local = book(house, reader).astimezone(ZoneInfo("Europe/Berlin"))
    when = f"See you on {local:%A}, {local.day} {local:%B %Y, %H:%M}, Berlin time"
    tick(house, TUESDAY + A_WEEK)
    go_to(house, now(house) + A_MINUTE)
    change(house, reader)
    tick(house, TUESDAY + 2 * A_WEEK)
    pitch = house.catalogue[COURSE].call_to_action.button
    first, second, third = letters(house)
    for body in (first.text, first.html, third.text, third.html):
        assert pitch in body
        assert "See you on" not in body
    for body in (second.text, second.html):
        assert pitch not in body
        assert when in " ".join(body.split())
        assert "/book/" in body


def test_after_the_session_a_course_that_goes_on_invites_again(house: House) -> None:
    reader = join(house)
    tick(house, TUESDAY)
    at = book(house, reader, 4)
    play(house, TUESDAY + 2 * A_WEEK)
    assert at < TUESDAY + A_WEEK
    pitch = house.catalogue[COURSE].call_to_action.button
    assert [pitch in message.text for message in letters(house)] == [True, True, True]


def test_letters_without_pitch_invite_to_nothing_after_a_booking(
    build: Callable[..., House],
) -> None:
    house = build("no-pitch")
    reader = join(house)
    tick(house, TUESDAY)
    book(house, reader, 4)
    play(house, TUESDAY + 2 * A_WEEK)
    pitch = house.catalogue[COURSE].call_to_action.text
    assert [pitch[:20] in message.text for message in letters(house)] == [True, False, False]
    assert not any("See you on" in message.text for message in letters(house))
    assert all("/unsubscribe/" in message.text for message in letters(house))


def test_letters_stop_at_a_booking_and_go_on_when_it_is_cancelled(
    build: Callable[..., House],
) -> None:
    house = build("stop")
    reader = join(house)
    tick(house, TUESDAY)
    book(house, reader, 30)
    play(house, TUESDAY + 2 * A_WEEK)
    assert len(letters(house)) == 1
    assert enrolment(house, reader).state == State.FINISHED
    change(house, reader)
    play(house, TUESDAY + 4 * A_WEEK)
    assert len(letters(house)) == 4
    assert enrolment(house, reader).state == State.ACTIVE
    assert enrolment(house, reader).finished_at is None


def test_a_letter_in_the_outbox_stops_as_well_and_comes_after_all(
    build: Callable[..., House],
) -> None:
    house = build("stop")
    reader = join(house)
    go_to(house, TUESDAY)
    plan_due(house.database, house.catalogue, now(house))
    book(house, reader, 30)
    tick(house)
    assert letters(house) == []
    go_to(house, now(house) + A_MINUTE)
    change(house, reader)
    play(house, TUESDAY + A_WEEK)
    assert len(letters(house)) == 1
    with house.database.snapshot() as session:
        assert list(audit(session, house.catalogue, now(house))) == []


def test_a_rest_outlasts_a_booking_that_is_cancelled(build: Callable[..., House]) -> None:
    house = build("stop")
    reader = join(house)
    until = TUESDAY + 3 * A_WEEK - timedelta(hours=8)
    pause(house, reader, until)
    book(house, reader, 8)
    go_to(house, now(house) + A_MINUTE)
    change(house, reader)
    assert enrolment(house, reader).state == State.PAUSED
    assert enrolment(house, reader).next_due_at == TUESDAY + 3 * A_WEEK
