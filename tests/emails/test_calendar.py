"""The calendar file: one instant for everybody, in lines every program can read."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from icalendar import Calendar, Event

from course.language import ENGLISH
from course.slots import Slot
from emails import calendar
from emails.appointments import TO_OWNER, TO_READER, Standing, calendar_feed, calendar_file
from emails.message import Address
from tests.emails.specimens import APPOINTMENT, NOW, STATIONERY, message

OWNER = STATIONERY.owner

steady = settings(derandomize=True, deadline=None, max_examples=100)
names = st.text(st.characters(exclude_categories=("C", "Zl", "Zp")), min_size=1, max_size=80)


def file(**changes: object) -> bytes:
    facts = {
        "uid": "f@practice.example",
        "slot": APPOINTMENT.slot,
        "title": "Session with Ana",
        "place": "1 Example Street",
        "organizer": Address("owner@practice.example", "Your practice"),
        "attendee": "ana@example.com",
        "attendee_name": "Ana",
        "stamped_at": NOW,
    }
    return calendar.invitation(**(facts | changes)).content  # type: ignore[arg-type]


def event(content: bytes) -> Event:
    (found,) = Calendar.from_ical(content).walk("VEVENT")
    assert isinstance(found, Event)
    return found


def unfolded(content: bytes) -> list[str]:
    return content.decode().replace("\r\n ", "").split("\r\n")


def test_times_are_in_utc_and_need_no_zone() -> None:
    lines = unfolded(file())
    assert "DTSTART:20261112T080000Z" in lines
    assert "DTEND:20261112T085000Z" in lines
    assert "DTSTAMP:20261102T120000Z" in lines
    assert not any("TZID" in line or "VTIMEZONE" in line for line in lines)


@steady
@given(st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.timezones()))
def test_every_instant_is_the_same_for_whoever_reads_it(at: datetime) -> None:
    starts_at = at.replace(microsecond=0).astimezone(UTC)
    slot = Slot(starts_at.astimezone(at.tzinfo), starts_at)
    content = file(slot=slot)
    assert event(content).start == starts_at
    assert f"DTSTART:{starts_at:%Y%m%dT%H%M%SZ}" in unfolded(content)


def test_it_asks_one_guest_in_the_owners_name() -> None:
    content = file()
    assert Calendar.from_ical(content)["METHOD"] == "REQUEST"
    found = event(content)
    assert found["UID"] == "f@practice.example"
    assert found["ORGANIZER"] == "mailto:owner@practice.example"
    assert found["ATTENDEE"] == "mailto:ana@example.com"
    assert found["ATTENDEE"].params["CN"] == "Ana"


@steady
@given(names, names)
def test_any_name_and_place_survive_and_no_line_is_too_long(name: str, place: str) -> None:
    content = file(attendee_name=name, place=place)
    found = event(content)
    assert found["LOCATION"] == place
    assert found["ATTENDEE"] == "mailto:ana@example.com"
    assert all(len(line) <= 75 for line in content.split(b"\r\n"))
    assert content.count(b"\n") == content.count(b"\r\n")
    assert content.endswith(b"END:VCALENDAR\r\n")


@pytest.mark.parametrize("name", ['Ana "An"', "Lima; Ana", "Ana:Lima", "Ana, Lima", "Zoë", "李雷"])
def test_signs_in_a_name_open_no_other_field(name: str) -> None:
    found = event(file(attendee_name=name))
    assert found["ATTENDEE"].params["CN"] == name
    assert set(found["ATTENDEE"].params) == {"CN", "ROLE", "PARTSTAT"}


def test_a_line_break_in_a_name_opens_no_other_line() -> None:
    found = unfolded(file(attendee_name="Ana\r\nATTENDEE:mailto:eve@x.example", place="a\r\nX:y"))
    assert not any(line.startswith(("ATTENDEE:", "X:")) for line in found)


def test_both_sides_get_the_same_session() -> None:
    files = [message(kind).attachments[0].content for kind in ("invitation", "booking-notice")]
    hers, the_owners = (event(content) for content in files)
    for name in ("UID", "SEQUENCE", "DTSTAMP", "DTSTART", "DTEND", "LOCATION"):
        assert hers[name] == the_owners[name]
    assert (hers["SUMMARY"], the_owners["SUMMARY"]) == (
        "Session with Your practice",
        "Session with Ana",
    )


@pytest.mark.parametrize("kind", TO_READER.values())
def test_readers_are_asked_from_where_their_letters_come_and_see_no_other_address(
    kind: str,
) -> None:
    (attached,) = message(kind).attachments
    organizer = event(attached.content)["ORGANIZER"]
    assert (organizer, organizer.params["CN"]) == ("mailto:letters@practice.example", OWNER.name)
    assert OWNER.email.encode() not in attached.content


@pytest.mark.parametrize("kind", TO_OWNER.values())
def test_the_owner_is_the_organiser_in_her_own_copy(kind: str) -> None:
    (attached,) = message(kind).attachments
    assert event(attached.content)["ORGANIZER"] == f"mailto:{OWNER.email}"
    assert "ATTENDEE" not in event(attached.content)


def test_an_owner_who_books_to_try_it_is_her_own_organiser() -> None:
    found = calendar_file(APPOINTMENT, STATIONERY, ENGLISH, OWNER.email).content
    assert Calendar.from_ical(found)["METHOD"] == "PUBLISH"
    assert event(found)["ORGANIZER"] == f"mailto:{OWNER.email}"


def test_a_feed_tells_each_session_as_its_invitation_does() -> None:
    asked = replace(APPOINTMENT, uid="e" * 32, standing=Standing.ASKED, kind="By phone")
    content = calendar_feed([APPOINTMENT, asked], STATIONERY)
    first, second = Calendar.from_ical(content).walk("VEVENT")
    invited = event(calendar_file(APPOINTMENT, STATIONERY, ENGLISH, "ana@example.com").content)
    for name in ("UID", "SEQUENCE", "DTSTAMP", "DTSTART", "DTEND", "LOCATION", "STATUS"):
        assert first[name] == invited[name]
    assert (first["SUMMARY"], second["SUMMARY"]) == (
        "Session with Ana",
        "Session with Ana (By phone)",
    )
    assert second["STATUS"] == "TENTATIVE"
    lines = unfolded(content)
    assert {"METHOD:PUBLISH", "REFRESH-INTERVAL;VALUE=DURATION:PT15M"} <= set(lines)
    assert not any(line.startswith(("ATTENDEE", "ORGANIZER")) for line in lines)


@pytest.mark.parametrize("nobody_else", [None, "owner@practice.example"])
def test_an_organiser_is_not_asked_to_her_own_meeting(nobody_else: str | None) -> None:
    content = file(attendee=nobody_else)
    assert Calendar.from_ical(content)["METHOD"] == "PUBLISH"
    assert "ATTENDEE" not in event(content)


@pytest.mark.parametrize("attendee", [None, "ana@example.com"])
def test_a_cancellation_takes_back_either_copy(attendee: str | None) -> None:
    content = file(attendee=attendee, status=calendar.Status.CANCELLED, sequence=1)
    assert Calendar.from_ical(content)["METHOD"] == "CANCEL"
    assert (event(content)["STATUS"], event(content)["SEQUENCE"]) == ("CANCELLED", 1)


def test_the_same_facts_make_the_same_file() -> None:
    assert file() == file()


def test_the_email_names_the_zone_beside_the_time() -> None:
    assert "Thursday, 12 November 2026, 08:00" in message("invitation").text
    assert "Lisbon time (09:00 Berlin time)" in message("invitation").text
    assert "Thursday, 12 November 2026, 09:00" in message("booking-notice").text
    assert "Berlin time (08:00 Lisbon time)" in message("booking-notice").text


def test_one_zone_is_named_once() -> None:
    same = replace(APPOINTMENT, reader_zone="Europe/Berlin")
    assert "(" not in message("invitation", appointment=same).text.partition("Berlin time")[2][:3]
