"""When the owner is busy in calendars of her own, nobody can book her."""

import logging
import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from sqlalchemy import select

from app.bootstrap import House
from app.busy_calendars import calendar as examined
from app.findings import Mark
from app.overview import look
from course import bookings, busy, enrolments
from course.bookings import Booking
from course.busy import BusyCalendar, BusyTime
from course.database import Database
from course.diary import Wanted
from course.errors import SlotTaken
from course.slots import Slot
from emails.agenda_hosts import AgendaHost
from emails.calendar import session_uid
from emails.providers.memory import MemoryProvider
from scheduler.agendas import read_agendas
from tests.support.calendar_host import PATH, Answer, Host, calendar_host, event
from tests.support.houses import MONDAY, go_to, join, now, shipped_settings
from tests.support.radicale import OWNER, PASSWORD, radicale
from tests.support.snapshots import everything

# The first of three times on a Thursday, at nine in Berlin.
NINE = datetime.fromisoformat("2026-11-05T08:00:00Z")
HALF_PAST_NINE = ("DTSTART:20261105T083000Z", "DURATION:PT30M")
Houses = Callable[..., House]


@pytest.fixture
def host() -> Iterator[Host]:
    with calendar_host() as host:
        yield host


def with_busy(**section: str) -> dict[str, Any]:
    shipped = shipped_settings()
    owner = shipped.owner.model_dump() | {"timezone": "Europe/Berlin"}
    values = {"busy": section, "horizon_days": 14, "hours": {"thursday": ["09:00-12:00"]}}
    kinds = {slug: kind.model_dump() for slug, kind in shipped.booking.kinds.items()}
    return {"owner": owner, "booking": {"kinds": kinds, **values}}


def house_with(houses: Houses, database: Database, *addresses: str) -> House:
    section = with_busy(addresses="\n".join(addresses))
    return houses(database, provider=MemoryProvider(), **section)


@pytest.fixture
def house(sqlite: Database, houses: Houses, host: Host) -> House:
    return house_with(houses, sqlite, host.url)


@pytest.fixture
def house_on_each(database: Database, houses: Houses, host: Host) -> House:
    """On each kind of database, for what is asked of it in its own words."""
    return house_with(houses, database, host.url)


def read(house: House, at: datetime | None = None) -> int:
    if at is not None:
        go_to(house, at)
    return house.engine.read_agendas()


def free(house: House, moving: Booking | None = None) -> list[str]:
    """The times that can be had on the first Thursday, in UTC."""
    hours = house.diary.kinds["video"].hours
    with house.database.reading() as session:
        found = bookings.by_uid(session, moving.uid) if moving else None
        slots = bookings.available(session, hours, now(house), found)
    return [f"{slot.starts_at:%H:%M}" for slot in slots if slot.starts_at.date() == NINE.date()]


def book(house: House, at: datetime = NINE) -> Booking:
    reader = join(house)
    wanted = Wanted(house.diary.kinds["video"], at, "Ana", "Europe/Berlin")
    with house.database.transaction() as session:
        found = enrolments.by_id(session, reader, for_update=True)
        assert found is not None
        return bookings.book(session, house.diary, found, wanted, now(house))


def told(house: House, at: datetime | None = None) -> list[str]:
    with house.database.reading() as session:
        return look(session, house.provider.name, at or now(house)).attention


def agenda_host(house: House) -> AgendaHost:
    (found,) = house.agendas.hosts.values()
    return found


def test_a_busy_time_is_neither_offered_nor_booked(house_on_each: House, host: Host) -> None:
    house = house_on_each
    assert free(house) == ["08:00", "09:00", "10:00"]
    host.says(event(*HALF_PAST_NINE))
    assert [read(house), read(house)] == [1, 0]
    assert free(house) == ["09:00", "10:00"]
    with pytest.raises(SlotTaken):
        book(house)
    assert book(house, NINE + timedelta(hours=1)).starts_at.hour == 9


def test_what_ends_as_a_session_begins_is_no_hindrance_and_counts_for_no_maximum(
    sqlite: Database, houses: Houses, host: Host
) -> None:
    section = with_busy(addresses=host.url)
    section["booking"]["daily_maximum"] = 1
    house = houses(sqlite, provider=MemoryProvider(), **section)
    host.says(event("DTSTART:20261105T080000Z", "DTEND:20261105T090000Z"))
    read(house)
    assert free(house) == ["09:00", "10:00"]


def test_nothing_is_kept_but_when(
    house: House, host: Host, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="scheduler")
    host.says(event(*HALF_PAST_NINE, "LOCATION:Main Street", "ATTENDEE:mailto:x@y.example"))
    read(house)
    kept = str(everything(house.database))
    assert "2026, 11, 5, 8, 30" in kept
    assert not re.search("Dentist|Main Street|y.example|secret-path|elsewhere", kept)
    host.answers[PATH] = Answer(500)
    read(house, MONDAY + timedelta(hours=1))
    assert "secret-path" not in str(everything(house.database)) + caplog.text


def test_each_calendar_is_asked_every_ten_minutes_whoever_asks(house: House, host: Host) -> None:
    assert [read(house), read(house)] == [1, 0]
    assert read(house, MONDAY + timedelta(minutes=9)) == 0
    assert read(house, MONDAY + timedelta(minutes=10)) == 1
    assert len(host.asked) == 2


def test_what_was_known_last_holds_and_after_some_hours_the_owner_is_told(
    house: House, host: Host
) -> None:
    host.says(event(*HALF_PAST_NINE))
    read(house)
    host.answers[PATH] = Answer(503)
    for minutes in (10, 60, 179):
        read(house, MONDAY + timedelta(minutes=minutes))
    assert (free(house), told(house)) == (["09:00", "10:00"], [])
    read(house, MONDAY + timedelta(hours=3))
    (sentence,) = told(house)
    assert sentence.startswith("A calendar of yours hasn't been read since 2026-11-02 12:00 UTC: ")
    assert "HTTP 503. What it said then goes on holding. Look at [booking.busy]" in sentence
    assert free(house) == ["09:00", "10:00"]
    host.says()
    read(house, MONDAY + timedelta(hours=4))
    assert (free(house), told(house)) == (["08:00", "09:00", "10:00"], [])


def test_one_that_never_could_be_read_is_told_of_at_once(house: House, host: Host) -> None:
    assert told(house) == []
    host.answers[PATH] = Answer(404)
    read(house)
    (sentence,) = told(house)
    assert "hasn't been read yet: 127.0.0.1 knows no calendar at this address" in sentence
    (finding,) = examined(house, agenda_host(house))
    assert (finding.mark, "[booking.busy]" in finding.cure) == (Mark.WRONG, True)


def test_an_outage_of_one_calendar_leaves_the_other_its_word(
    sqlite: Database, houses: Houses, host: Host
) -> None:
    house = house_with(houses, sqlite, host.url, f"http://127.0.0.1:{host.port}/other")
    host.says(event(*HALF_PAST_NINE))
    assert read(house) == 2
    assert free(house) == ["09:00", "10:00"]
    assert len(told(house)) == 1


def test_a_calendar_that_is_taken_out_of_the_settings_blocks_nothing(
    house_on_each: House, houses: Houses, host: Host
) -> None:
    house = house_on_each
    host.says(event(*HALF_PAST_NINE))
    read(house)
    without = house_with(houses, house.database)
    read(without)
    assert free(without) == ["08:00", "09:00", "10:00"]
    with house.database.reading() as session:
        assert session.scalars(select(BusyCalendar)).all() == []


def test_one_that_is_taken_out_while_it_is_asked_does_not_come_back(house: House) -> None:
    with house.database.transaction() as session:
        busy.record(session, "gone", [Slot(NINE, NINE + timedelta(hours=1))], now(house))
    assert free(house) == ["08:00", "09:00", "10:00"]


def test_a_session_in_her_own_calendar_does_not_stand_in_its_own_way(
    house: House, host: Host
) -> None:
    booking = book(house)
    uid = session_uid(booking.uid, house.stationery.sender.domain)
    host.says(event("DTSTART:20261105T080000Z", "DTEND:20261105T085000Z", uid=uid))
    read(house)
    assert free(house) == ["09:00", "10:00"]
    assert free(house, booking) == ["08:00", "09:00", "10:00"]


def test_whole_days_are_the_owners_and_busy_times_far_ahead_are_known(
    house: House, host: Host
) -> None:
    host.says(
        event("DTSTART;VALUE=DATE:20261105"),
        event("DTSTART:20261125T080000Z", "DURATION:PT1H", uid="2"),
        event("DTSTART:20271125T080000Z", "DURATION:PT1H", uid="3"),
    )
    read(house)
    assert free(house) == []
    with house.database.reading() as session:
        starts = session.scalars(select(BusyTime.starts_at).order_by(BusyTime.starts_at)).all()
    assert [f"{at:%m-%d %H:%M}" for at in starts] == ["11-04 23:00", "11-25 08:00"]


def test_who_is_told_to_stop_asks_nobody_more(house: House, host: Host) -> None:
    stop = Event()
    stop.set()
    read_agendas(house.agendas, MONDAY, stop)
    assert host.asked == []


def test_busy_times_from_a_caldav_server(sqlite: Database, houses: Houses, tmp_path: Path) -> None:
    with radicale(tmp_path) as server:
        section = {"caldav_url": server.url, "caldav_username": OWNER}
        house = houses(
            sqlite, provider=MemoryProvider(), **with_busy(**section, caldav_password=PASSWORD)
        )
        weekly = ("DTSTART;TZID=Europe/Berlin:20261015T093000", "DURATION:PT30M")
        server.put("weekly", event(*weekly, "RRULE:FREQ=WEEKLY;COUNT=9"))
        server.put("once", event("DTSTART:20261105T100000Z", "DURATION:PT1H", uid="2"))
        server.put("long-over", event("DTSTART:20260105T100000Z", "DURATION:PT1H", uid="3"))
        read(house)
        assert free(house) == ["09:00"]
        (finding,) = examined(house, agenda_host(house))
        assert (finding.mark, finding.says[-6:]) == (Mark.OK, "ad: 5.")
        server.delete("weekly")
        read(house, MONDAY + timedelta(minutes=10))
        assert free(house) == ["08:00", "09:00"]
        wrong = houses(
            sqlite, provider=MemoryProvider(), **with_busy(**section, caldav_password="wrong")
        )
        (finding,) = examined(wrong, agenda_host(wrong))
        assert "refuses us; look whether the address and the password" in finding.says
