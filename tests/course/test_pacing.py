"""A letter comes at its weekday and hour on the reader's own clock, whatever that clock does."""

import zoneinfo
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course.lessons import WEEKDAYS, Timing
from course.pacing import (
    Pace,
    Postpone,
    Send,
    decide,
    first_due,
    instant,
    kind_hour,
    next_due,
    next_slot,
    resumed_due,
)
from tests.course.specimens import NOW, make_lesson, make_pace, make_rules

steady = settings(derandomize=True, deadline=None, max_examples=300)

ZONES = sorted(zoneinfo.available_timezones())
YEARS_OF_TWO = (datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 12, 31, tzinfo=UTC))
zones = st.sampled_from(ZONES).map(ZoneInfo)
instants = st.datetimes(
    datetime(2026, 1, 1),
    datetime(2027, 12, 31),
    timezones=st.just(UTC),
)
weekdays = st.sampled_from(WEEKDAYS)
hours = st.integers(0, 23)
rules = st.builds(
    make_rules,
    weekday=weekdays,
    hour=hours,
    minimum_gap_days=st.integers(1, 21),
    late_after_hours=st.integers(1, 168),
    catch_up=st.sampled_from(["at once", "next morning", "next slot"]),
    first_letter=st.sampled_from(["at once", "next slot"]),
)
paces = st.builds(Pace, rules, zones)
LESSON = make_lesson()


def exists(day: date, at: time, zone: ZoneInfo) -> bool:
    wall = datetime.combine(day, at)
    back = wall.replace(tzinfo=zone).astimezone(UTC).astimezone(zone)
    return back.replace(tzinfo=None) == wall


def assert_keeps_wall_time(slot: datetime, pace: Pace) -> None:
    """At the pace's weekday and hour, or in a gap of the clock and then later by that gap."""
    at, weekday = pace.time_of(Timing()), pace.weekday_of(Timing())
    local = slot.astimezone(pace.zone)
    if (local.weekday(), local.time()) == (weekday, at):
        assert local.fold == 0
        return
    day = next(
        d for d in (local.date(), local.date() - timedelta(days=1)) if d.weekday() == weekday
    )
    assert not exists(day, at, pace.zone)
    before, after = (
        datetime.combine(day, at, pace.zone).replace(fold=fold).utcoffset() for fold in (0, 1)
    )
    assert before is not None
    assert after is not None
    gap = after - before
    assert local.replace(tzinfo=None) == datetime.combine(day, at) + gap


@pytest.mark.parametrize("zone", ZONES)
def test_in_every_zone_a_slot_keeps_its_wall_time_through_two_years(zone: str) -> None:
    pace = make_pace(zone, weekday="sunday", hour=2)
    now, end = YEARS_OF_TWO
    while now < end:
        slot = next_slot(pace, Timing(), now)
        assert_keeps_wall_time(slot, pace)
        assert now <= slot < now + timedelta(days=8)
        now = slot + timedelta(minutes=1)


@steady
@given(paces, instants)
def test_a_slot_keeps_its_wall_time_and_is_never_early_nor_a_week_late(
    pace: Pace, now: datetime
) -> None:
    slot = next_slot(pace, Timing(), now)
    assert slot.tzinfo is UTC
    assert now <= slot < now + timedelta(days=8)
    assert_keeps_wall_time(slot, pace)


@pytest.mark.parametrize(
    ("zone", "before_change", "hours_later"),
    [
        ("America/New_York", datetime(2026, 3, 3, 8), 167),
        ("America/New_York", datetime(2026, 10, 27, 8), 169),
        ("Europe/Berlin", datetime(2026, 3, 24, 8), 167),
        ("Europe/Berlin", datetime(2026, 10, 20, 8), 169),
        ("Australia/Lord_Howe", datetime(2026, 9, 29, 8), 167.5),
        ("Australia/Lord_Howe", datetime(2026, 3, 31, 8), 168.5),
        ("Australia/Sydney", datetime(2026, 9, 29, 8), 167),
        ("Australia/Sydney", datetime(2026, 3, 31, 8), 169),
        ("America/Santiago", datetime(2026, 9, 1, 8), 167),
        ("America/Santiago", datetime(2026, 3, 31, 8), 169),
    ],
)
def test_a_week_later_is_the_same_hour_across_a_change_of_clocks(
    zone: str, before_change: datetime, hours_later: float
) -> None:
    pace = make_pace(zone)
    sent = before_change.replace(tzinfo=pace.zone).astimezone(UTC)
    due = next_due(pace, LESSON, sent)
    assert due.astimezone(pace.zone).time() == time(8)
    assert due - sent == timedelta(hours=hours_later)


def test_an_hour_that_comes_twice_means_the_first() -> None:
    assert instant(date(2026, 11, 1), time(1), ZoneInfo("America/New_York")) == datetime(
        2026, 11, 1, 5, tzinfo=UTC
    )


@pytest.mark.parametrize(
    ("zone", "day", "at", "wall"),
    [
        ("America/New_York", date(2026, 3, 8), time(2, 30), time(3, 30)),
        ("Europe/Berlin", date(2026, 3, 29), time(2), time(3)),
        ("Australia/Lord_Howe", date(2026, 10, 4), time(2), time(2, 30)),
        ("America/Santiago", date(2026, 9, 6), time(0), time(1)),
    ],
)
def test_an_hour_that_is_skipped_comes_later_by_the_gap(
    zone: str, day: date, at: time, wall: time
) -> None:
    assert instant(day, at, ZoneInfo(zone)).astimezone(ZoneInfo(zone)).time() == wall


@steady
@given(paces, instants, st.lists(st.integers(0, 40 * 24 * 60), max_size=12))
def test_the_minimum_gap_holds_however_late_letters_go_out(
    pace: Pace, start: datetime, lateness: list[int]
) -> None:
    sent = start
    for minutes in lateness:
        due = next_due(pace, LESSON, sent)
        going = due + timedelta(minutes=minutes)
        days = going.astimezone(pace.zone).date() - sent.astimezone(pace.zone).date()
        assert days.days >= pace.rules.minimum_gap_days
        assert_keeps_wall_time(due, pace)
        sent = going


@steady
@given(paces, instants, st.integers(0, 60))
def test_a_lessons_own_longer_wait_is_kept(pace: Pace, sent: datetime, wait: int) -> None:
    due = next_due(pace, make_lesson(timing=Timing(wait_days=wait)), sent)
    days = (due.astimezone(pace.zone).date() - sent.astimezone(pace.zone).date()).days
    needed = max(wait, pace.rules.minimum_gap_days)
    assert needed <= days <= needed + 7


@pytest.mark.parametrize(
    ("own", "timing", "expected"),
    [
        ((None, None), Timing(), (1, 8)),
        ((None, None), Timing(weekday="friday", hour=18), (4, 18)),
        (("sunday", 0), Timing(weekday="friday", hour=18), (6, 0)),
        ((None, 0), Timing(weekday="friday"), (4, 0)),
    ],
)
def test_the_readers_wish_goes_before_the_lessons_and_that_before_the_courses(
    own: tuple[str | None, int | None], timing: Timing, expected: tuple[int, int]
) -> None:
    pace = Pace(make_rules(), ZoneInfo("Europe/Lisbon"), *own)
    local = next_slot(pace, timing, NOW).astimezone(pace.zone)
    assert (local.weekday(), local.hour) == expected


@steady
@given(paces, instants, instants)
def test_after_a_pause_a_letter_is_neither_before_its_end_nor_inside_the_gap(
    pace: Pace, sent: datetime, pause_ends: datetime
) -> None:
    due = resumed_due(pace, LESSON, sent, pause_ends)
    assert due >= pause_ends
    assert due >= next_due(pace, LESSON, sent)
    assert_keeps_wall_time(due, pace)


@steady
@given(paces, instants)
def test_after_a_pause_before_the_first_letter_it_comes_at_the_next_slot(
    pace: Pace, pause_ends: datetime
) -> None:
    assert resumed_due(pace, LESSON, None, pause_ends) == next_slot(pace, Timing(), pause_ends)


def test_the_first_letter_comes_at_once_or_at_the_next_slot_as_the_course_says() -> None:
    at_once = make_pace("Europe/Berlin", first_letter="at once")
    waiting = make_pace("Europe/Berlin", first_letter="next slot")
    assert first_due(at_once, LESSON, NOW) == NOW
    assert first_due(waiting, LESSON, NOW) == datetime(2026, 11, 3, 7, tzinfo=UTC)


@pytest.mark.parametrize(
    ("catch_up", "now", "decision"),
    [
        ("at once", datetime(2026, 11, 5, 21), Send()),
        ("next slot", datetime(2026, 11, 3, 13, 0), Send()),
        (
            "next slot",
            datetime(2026, 11, 3, 13, 1),
            Postpone(datetime(2026, 11, 10, 7, tzinfo=UTC)),
        ),
        ("next slot", datetime(2026, 11, 10, 7), Send()),
        ("next morning", datetime(2026, 11, 3, 12), Send()),
        ("next morning", datetime(2026, 11, 4, 2), Postpone(datetime(2026, 11, 4, 7, tzinfo=UTC))),
        ("next morning", datetime(2026, 11, 4, 7), Send()),
        ("next morning", datetime(2026, 11, 4, 8), Postpone(datetime(2026, 11, 5, 7, tzinfo=UTC))),
    ],
)
def test_a_letter_that_is_too_late_waits_as_the_course_says(
    catch_up: str, now: datetime, decision: Send | Postpone
) -> None:
    pace = make_pace("Europe/Berlin", catch_up=catch_up, late_after_hours=6)
    due = datetime(2026, 11, 3, 7, tzinfo=UTC)
    assert decide(pace, Timing(), due, now.replace(tzinfo=UTC)) == decision


@steady
@given(paces, instants, st.integers(-48, 2000))
def test_a_postponed_letter_is_later_than_now_and_goes_when_it_is_due_again(
    pace: Pace, due: datetime, hours_late: int
) -> None:
    now = due + timedelta(hours=hours_late)
    decision = decide(pace, Timing(), due, now)
    if isinstance(decision, Postpone):
        assert now < decision.until < now + timedelta(days=8)
        assert decide(pace, Timing(), decision.until, decision.until) == Send()
        assert decide(pace, Timing(), due, decision.until) == Send()


def test_a_letter_in_time_is_sent_whatever_the_course_says() -> None:
    for catch_up in ("at once", "next morning", "next slot"):
        pace = make_pace("Asia/Kathmandu", catch_up=catch_up)
        assert decide(pace, Timing(), NOW, NOW + timedelta(hours=6)) == Send()


BERLIN = ZoneInfo("Europe/Berlin")


def at_berlin(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=BERLIN).astimezone(UTC)


@pytest.mark.parametrize(
    ("due", "now", "until"),
    [
        (at_berlin(3, 8), at_berlin(3, 20, 59), None),
        (at_berlin(3, 8), at_berlin(3, 23), at_berlin(4, 7)),
        (at_berlin(3, 8), at_berlin(4, 3), at_berlin(4, 7)),
        (at_berlin(3, 8), at_berlin(4, 7), None),
        # Meant so: she confirmed at night, or chose that hour.
        (at_berlin(3, 23), at_berlin(3, 23, 5), None),
        (at_berlin(3, 23), at_berlin(5, 2), None),
        # A moment after the hour that she chose, though the kind hours have just ended.
        (at_berlin(3, 21), at_berlin(3, 21, 1), None),
        (at_berlin(3, 21), at_berlin(3, 22), at_berlin(4, 7)),
    ],
)
def test_a_late_letter_waits_for_a_kind_hour(
    due: datetime, now: datetime, until: datetime | None
) -> None:
    pace = Pace(make_rules(send_between="07:00-21:00"), BERLIN)
    assert kind_hour(pace, due, now) == (Postpone(until) if until else Send())
    assert kind_hour(Pace(make_rules(), BERLIN), due, now) == Send()


@steady
@given(due=instants, now=instants, zone=zones)
def test_it_never_waits_longer_than_a_night(due: datetime, now: datetime, zone: ZoneInfo) -> None:
    pace = Pace(make_rules(send_between="07:00-21:00"), zone)
    verdict = kind_hour(pace, due, now)
    if isinstance(verdict, Postpone):
        assert now < verdict.until <= now + timedelta(hours=26)
        assert kind_hour(pace, due, verdict.until) == Send()


@pytest.mark.parametrize("words", ["7-21", "21:00-07:00", "07:00", "early-late"])
def test_hours_that_are_none_are_refused_with_the_cure(words: str) -> None:
    with pytest.raises(ValueError, match="hours"):
        make_rules(send_between=words)
