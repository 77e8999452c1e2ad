"""When somebody is busy, as her calendar says it: zones, repeats, exceptions, whole days."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from course.slots import Slot
from emails.agenda import busy_times
from emails.calendar import is_session, session_uid
from emails.errors import CalendarClosed
from tests.support.calendar_host import calendar, event

BERLIN = ZoneInfo("Europe/Berlin")
WINDOW = Slot(datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC))
HOUR = "DURATION:PT1H"
AT_NINE = ("DTSTART;TZID=Europe/Berlin:20261112T090000", HOUR)
# A zone of the host's own making, an hour and a half ahead.
OWN_ZONE = (
    "BEGIN:VTIMEZONE\r\nTZID:Elsewhere\r\nBEGIN:STANDARD\r\nDTSTART:19700101T000000\r\n"
    "TZOFFSETFROM:+0130\r\nTZOFFSETTO:+0130\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n"
)


def busy(*events: str, zone: ZoneInfo = BERLIN) -> list[Slot]:
    return busy_times([calendar(*events)], WINDOW, zone, lambda uid: uid.startswith("ours"))


def starts(*events: str) -> list[str]:
    return [f"{span.starts_at:%m-%d %H:%M}" for span in sorted(busy(*events))]


@pytest.mark.parametrize(
    ("lines", "at"),
    [
        (("DTSTART:20261112T080000Z", "DTEND:20261112T090000Z"), "11-12 08:00"),
        (AT_NINE, "11-12 08:00"),
        (("DTSTART;TZID=America/New_York:20261112T030000", HOUR), "11-12 08:00"),
        # Outlook's name for Berlin's zone.
        (("DTSTART;TZID=W. Europe Standard Time:20261112T090000", HOUR), "11-12 08:00"),
        (("DTSTART;TZID=Elsewhere:20261112T093000", HOUR), "11-12 08:00"),
        # Without a zone it is the owner's own clock.
        (("DTSTART:20261112T090000", HOUR), "11-12 08:00"),
    ],
)
def test_a_time_is_one_instant_in_whatever_zone_it_is_written(
    lines: tuple[str, ...], at: str
) -> None:
    (span,) = busy(OWN_ZONE, event(*lines))
    assert f"{span.starts_at:%m-%d %H:%M}" == at
    assert span.ends_at - span.starts_at == timedelta(hours=1)


def test_a_repeated_hour_keeps_its_place_on_the_clock_when_the_clock_jumps() -> None:
    weekly = event("DTSTART;TZID=Europe/Berlin:20261014T090000", HOUR, "RRULE:FREQ=WEEKLY;COUNT=4")
    assert starts(weekly) == ["10-14 07:00", "10-21 07:00", "10-28 08:00", "11-04 08:00"]


def test_one_time_of_many_may_be_left_out_moved_called_off_or_free() -> None:
    weekly = event(
        "DTSTART;TZID=Europe/Berlin:20261104T090000",
        HOUR,
        "RRULE:FREQ=DAILY;COUNT=5",
        "EXDATE;TZID=Europe/Berlin:20261105T090000",
    )
    changes = {
        6: ("DTSTART;TZID=Europe/Berlin:20261106T150000", HOUR),
        7: ("DTSTART;TZID=Europe/Berlin:20261107T090000", HOUR, "STATUS:CANCELLED"),
        8: ("DTSTART;TZID=Europe/Berlin:20261108T090000", HOUR, "TRANSP:TRANSPARENT"),
    }
    changed = [
        event(f"RECURRENCE-ID;TZID=Europe/Berlin:2026110{day}T090000", *lines)
        for day, lines in changes.items()
    ]
    assert starts(weekly, *changed) == ["11-04 08:00", "11-06 14:00"]


@pytest.mark.parametrize("line", ["TRANSP:TRANSPARENT", "STATUS:CANCELLED"])
def test_what_is_free_or_cancelled_blocks_nothing(line: str) -> None:
    assert busy(event(*AT_NINE, line)) == []
    assert len(busy(event(*AT_NINE, "TRANSP:OPAQUE", "STATUS:TENTATIVE"))) == 1


@pytest.mark.parametrize(
    ("day", "zone", "hours"),
    [
        ("20261112", "Europe/Berlin", 24),
        ("20261025", "Europe/Berlin", 25),
        ("20261112", "Pacific/Auckland", 24),
    ],
)
def test_a_whole_day_is_the_owners_own_from_midnight_to_midnight(
    day: str, zone: str, hours: int
) -> None:
    (span,) = busy(event(f"DTSTART;VALUE=DATE:{day}"), zone=ZoneInfo(zone))
    assert f"{span.starts_at.astimezone(ZoneInfo(zone)):%Y%m%d %H:%M}" == f"{day} 00:00"
    assert span.ends_at - span.starts_at == timedelta(hours=hours)


def test_many_days_in_a_row_are_busy_from_the_first_to_the_last() -> None:
    (span,) = busy(event("DTSTART;VALUE=DATE:20261109", "DTEND;VALUE=DATE:20261114"))
    assert span.ends_at - span.starts_at == timedelta(days=5)


def test_what_lies_outside_the_window_or_lasts_no_time_isn_t_told() -> None:
    over, far = "DTSTART:20250101T090000Z", "DTSTART:20280101T090000Z"
    assert busy(event(over, HOUR), event(far, HOUR), event("DTSTART:20261112T090000Z")) == []


def test_our_own_sessions_are_passed_over_and_nobody_elses() -> None:
    assert starts(event(*AT_NINE, uid="ours@practice.example")) == []
    assert is_session(session_uid("f" * 32, "practice.example"), "practice.example")
    for uid in ("f" * 32, f"{'f' * 32}@elsewhere.example", "040000008200E0@practice.example"):
        assert not is_session(uid, "practice.example")


def test_a_calendar_shared_without_its_contents_says_when_all_the_same() -> None:
    told = (
        "BEGIN:VFREEBUSY\r\nUID:3\r\nDTSTAMP:20260101T000000Z\r\n"
        "FREEBUSY:20261112T080000Z/20261112T090000Z,20261113T080000Z/PT1H\r\n"
        "FREEBUSY;FBTYPE=FREE:20261114T080000Z/20261114T090000Z\r\nEND:VFREEBUSY\r\n"
    )
    assert starts(told) == ["11-12 08:00", "11-13 08:00"]


@pytest.mark.parametrize(
    "lines",
    [
        ("DTSTART:20261112T100000Z", HOUR, "RRULE:FREQ=SECONDLY"),
        ("DTSTART:20261112T100000Z", HOUR, "RRULE:FREQ=NEVER"),
        ("DTSTART:nonsense", HOUR),
        (HOUR,),
    ],
)
def test_one_event_that_makes_no_sense_leaves_the_others_theirs(lines: tuple[str, ...]) -> None:
    assert starts(event(*lines), event(*AT_NINE, uid="2")) == ["11-12 08:00"]


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"<html>Please log in</html>",
        calendar(event(*AT_NINE))[:-20],
        b"BEGIN:VCARD\r\nEND:VCARD",
    ],
)
def test_what_is_no_whole_calendar_never_passes_for_an_empty_one(text: bytes) -> None:
    with pytest.raises(CalendarClosed):
        busy_times([text], WINDOW, BERLIN, lambda _: False)
