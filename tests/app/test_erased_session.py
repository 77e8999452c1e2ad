"""Who had a session ahead and was erased: the owner's calendar drops it, and tells of nobody."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from icalendar import Calendar
from sqlalchemy import select

from app.bootstrap import House
from app.erasure import erase
from course import bookings, enrolments
from course.bookings import Booking
from course.database import Database
from course.diary import Wanted
from emails.message import Message
from emails.providers.memory import MemoryProvider
from tests.support.houses import deliveries, join, now, tick

ANA, OWNER = "ana.quince@example.com", "owner@practice.example"


@pytest.fixture
def house(database: Database, houses: Callable[..., House]) -> House:
    house = houses(database, provider=MemoryProvider())
    join(house, ANA)
    book(house)
    tick(house)
    return house


def book(house: House) -> None:
    with house.database.transaction() as session:
        who, kind = enrolments.by_id(session, 1), house.diary.kinds["video"]
        assert who is not None
        slot = bookings.available(session, kind.hours, now(house))[20]
        wanted = Wanted(kind, slot.starts_at, "Quincelle", "Asia/Kolkata", "Of the heron.")
        bookings.book(session, house.diary, who, wanted, now(house))


def booking(house: House) -> Booking:
    with house.database.reading() as session:
        return session.scalars(select(Booking)).one()


def notices(house: House) -> list[Message]:
    assert isinstance(house.provider, MemoryProvider)
    return [message for message in house.provider.sent if message.to == OWNER]


def event(message: Message) -> dict[str, str]:
    [file] = message.attachments
    calendar = Calendar.from_ical(file.content)
    [found] = calendar.walk("VEVENT")
    facts = {name: str(found.get(name)) for name in ("UID", "SEQUENCE", "STATUS", "SUMMARY")}
    return facts | {"METHOD": str(calendar["METHOD"]), "AT": str(found.decoded("DTSTART"))}


def test_the_calendar_file_takes_the_very_session_out(house: House) -> None:
    before = event(notices(house)[-1])
    erase(house, ANA)
    tick(house)
    after = event(notices(house)[-1])
    assert (after["UID"], after["AT"]) == (before["UID"], before["AT"])
    assert int(after["SEQUENCE"]) == int(before["SEQUENCE"]) + 1
    assert (after["METHOD"], after["STATUS"]) == ("CANCEL", "CANCELLED")
    assert len(notices(house)) == 2


def test_it_says_when_and_nothing_of_her(house: House) -> None:
    erase(house, ANA)
    tick(house)
    notice = notices(house)[-1]
    everything = f"{notice.subject}{notice.text}{notice.html}{notice.headers}{notice.reply_to}"
    everything += notice.attachments[0].content.decode()
    for word in ("quince", "heron", "Kolkata", "ana."):
        assert word.lower() not in everything.lower()
    assert notice.subject.startswith("Cancelled: ")
    assert notice.reply_to == OWNER


def test_in_the_same_transaction_as_the_erasure_and_once(house: House) -> None:
    erase(house, ANA)
    assert [notice.state for notice in deliveries(house, "erasure-notice")] == ["planned"]
    assert erase(house, ANA) is None
    tick(house)
    assert [notice.state for notice in deliveries(house, "erasure-notice")] == ["accepted"]
    assert {delivery.kind for delivery in deliveries(house)} == {"erasure-notice"}


def test_a_session_that_is_over_or_cancelled_brings_none(house: House) -> None:
    with house.database.transaction() as session:
        who, kept = enrolments.by_id(session, 1), session.scalars(select(Booking)).one()
        assert who is not None
        bookings.cancel(session, house.diary, kept, who, now(house))
    book(house)
    tick(house, now(house) + timedelta(weeks=5))
    erase(house, ANA)
    assert deliveries(house, "erasure-notice") == []


def test_another_tool_tells_the_owner_itself(house: House) -> None:
    with house.database.transaction() as session:
        session.scalars(select(Booking)).one().tool = "calcom"
    erased = erase(house, ANA)
    assert erased is not None
    assert len(erased.sessions) == 1
    assert deliveries(house, "erasure-notice") == []


def test_its_time_can_be_booked_again_at_once(house: House) -> None:
    at = booking(house).starts_at
    erase(house, ANA)
    with house.database.reading() as session:
        hours = house.diary.kinds["video"].hours
        assert at in {slot.starts_at for slot in bookings.available(session, hours, now(house))}
