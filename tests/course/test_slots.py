"""The times that can be booked, on the owner's wall clock."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course.closures import Closures, Days, parse_days, public_holidays
from course.slots import OpeningHours, Slot, free_slots

steady = settings(derandomize=True, deadline=None, max_examples=200)

# Around the days on which the clock jumps, by an hour and by half of one.
CHANGES = [
    ("America/New_York", datetime(2026, 3, 8)),
    ("America/New_York", datetime(2026, 11, 1)),
    ("Europe/Berlin", datetime(2026, 3, 29)),
    ("Europe/Berlin", datetime(2026, 10, 25)),
    ("Australia/Lord_Howe", datetime(2026, 4, 5)),
    ("Australia/Lord_Howe", datetime(2026, 10, 4)),
    ("America/Santiago", datetime(2026, 9, 6)),
]  # fmt: skip


def minutes(low: int, high: int) -> st.SearchStrategy[timedelta]:
    return st.integers(low, high).map(lambda n: timedelta(minutes=n))


times = st.integers(0, 23 * 60).map(lambda n: time(n // 60, n % 60))
spans = st.tuples(times, times).filter(lambda span: span[0] < span[1])
weeks = st.dictionaries(st.integers(0, 6), st.lists(spans, max_size=3).map(tuple))
COUNTRIES = ["", "DE", "DE-BY", "US", "CL"]


def days_off(around: date) -> st.SearchStrategy[list[Days]]:
    days = st.integers(-5, 10).map(lambda n: around + timedelta(days=n))
    pairs = st.tuples(days, days).filter(lambda pair: pair[0] <= pair[1])
    return st.lists(pairs.map(lambda pair: Days(*pair)), max_size=2)


@st.composite
def openings(draw: st.DrawFn) -> tuple[OpeningHours, datetime]:
    zone, day = draw(st.sampled_from(CHANGES))
    hours = OpeningHours(
        zone=ZoneInfo(zone),
        weekly=draw(weeks),
        session=draw(minutes(5, 120)),
        rest=draw(minutes(0, 60)),
        lead=draw(minutes(0, 3000)),
        horizon=draw(minutes(0, 10 * 24 * 60)),
        daily_maximum=draw(st.integers(0, 3)),
        closed=Closures(tuple(draw(days_off(day.date()))), draw(st.sampled_from(COUNTRIES))),
    )
    now = day.replace(tzinfo=UTC) - timedelta(days=3) + draw(minutes(0, 5000))
    return hours, now


@steady
@given(openings())
def test_no_two_free_slots_overlap_or_leave_less_than_the_rest(
    opening: tuple[OpeningHours, datetime],
) -> None:
    hours, now = opening
    for one, other in pairwise(free_slots(hours, [], now)):
        assert other.starts_at - one.ends_at >= hours.rest


@steady
@given(openings())
def test_every_slot_lies_within_the_hours_on_the_owners_clock(
    opening: tuple[OpeningHours, datetime],
) -> None:
    hours, now = opening
    for slot in free_slots(hours, [], now):
        starts, ends = (at.astimezone(hours.zone) for at in (slot.starts_at, slot.ends_at))
        assert slot.ends_at - slot.starts_at == hours.session
        # An hour that comes twice, or not at all, is counted in real time.
        if starts.fold or ends.fold:
            continue
        assert any(
            (opens <= starts.time() and ends.time() <= closes)
            or _is_odd(starts.date(), closes, hours.zone)
            for opens, closes in hours.weekly[starts.weekday()]
        )


@steady
@given(openings())
def test_every_slot_is_after_the_lead_and_before_the_horizon(
    opening: tuple[OpeningHours, datetime],
) -> None:
    hours, now = opening
    slots = free_slots(hours, [], now)
    assert all(now + hours.lead <= slot.starts_at <= now + hours.horizon for slot in slots)
    assert slots == sorted(slots)


@steady
@given(openings(), st.data())
def test_what_is_taken_takes_its_rest_with_it_and_nothing_more(
    opening: tuple[OpeningHours, datetime], data: st.DataObject
) -> None:
    hours, now = opening
    hours = replace(hours, daily_maximum=0)
    free = free_slots(hours, [], now)
    if not free:
        return
    start = data.draw(st.sampled_from(free)).starts_at + data.draw(minutes(-90, 90))
    taken = Slot(start, start + hours.session)
    left = free_slots(hours, [taken], now)
    assert set(left) <= set(free)
    for slot in free:
        before = taken.starts_at - slot.ends_at >= hours.rest
        after = slot.starts_at - taken.ends_at >= hours.rest
        assert (slot in left) == (before or after)


@steady
@given(openings(), st.data())
def test_a_day_never_holds_more_than_its_maximum_and_no_day_off_holds_any(
    opening: tuple[OpeningHours, datetime], data: st.DataObject
) -> None:
    """However the sessions are taken one after the other."""
    hours, now = opening
    booked: list[Slot] = []
    while (free := free_slots(hours, booked, now)) and len(booked) < 8:
        booked.append(data.draw(st.sampled_from(free)))
    days = [hours.day_of(slot) for slot in booked]
    if hours.daily_maximum:
        assert all(days.count(day) <= hours.daily_maximum for day in days)
    assert not any(day in span for day in days for span in hours.closed.days)
    if hours.closed.country:
        assert not any(day in public_holidays(hours.closed.country, day.year) for day in days)


def test_holidays_are_those_of_the_country_and_its_part() -> None:
    """Epiphany is one in Bavaria, and not in all of Germany."""
    epiphany = date(2027, 1, 6)
    assert epiphany in Closures(country="DE-BY")
    assert epiphany not in Closures(country="DE")
    assert epiphany not in Closures()
    assert date(2026, 12, 25) in Closures(country="US")


@pytest.mark.parametrize(
    ("words", "first", "last"),
    [
        ("2026-12-24", date(2026, 12, 24), date(2026, 12, 24)),
        ("2026-12-24 to 2027-01-06", date(2026, 12, 24), date(2027, 1, 6)),
    ],
)
def test_days_off_are_read_as_they_are_written(words: str, first: date, last: date) -> None:
    days = parse_days(words)
    assert days == Days(first, last)
    assert first in days
    assert last in days
    assert first - timedelta(days=1) not in days
    assert last + timedelta(days=1) not in days


@pytest.mark.parametrize("words", ["soon", "2026-12-24 to", "2027-01-06 to 2026-12-24", ""])
def test_days_off_that_are_none_are_refused_with_the_cure(words: str) -> None:
    with pytest.raises(ValueError, match="write 2026-12-24"):
        parse_days(words)


def berlin(**changes: object) -> OpeningHours:
    facts = {
        "zone": ZoneInfo("Europe/Berlin"), "weekly": {0: ((time(9), time(12)),)},
        "session": timedelta(minutes=50), "rest": timedelta(minutes=10),
        "lead": timedelta(hours=24), "horizon": timedelta(days=28),
    }  # fmt: skip
    return OpeningHours(**(facts | changes))  # type: ignore[arg-type]


def walls(slots: list[Slot], zone: str = "Europe/Berlin") -> list[tuple[date, time]]:
    local = [slot.starts_at.astimezone(ZoneInfo(zone)) for slot in slots]
    return [(at.date(), at.time()) for at in local]


def test_a_morning_of_three_hours_holds_three_sessions_of_fifty_minutes() -> None:
    found = walls(free_slots(berlin(), [], datetime(2026, 11, 6, tzinfo=UTC)))
    assert found[:3] == [(date(2026, 11, 9), time(hour)) for hour in (9, 10, 11)]
    assert len(found) == 12


def test_the_hours_stay_when_the_clocks_change() -> None:
    found = walls(free_slots(berlin(), [], datetime(2026, 10, 17, tzinfo=UTC)))
    assert {at for _, at in found} == {time(9), time(10), time(11)}
    assert (date(2026, 10, 19), time(9)) in found
    assert (date(2026, 10, 26), time(9)) in found


@pytest.mark.parametrize(
    "spans",
    [
        ((time(9), time(12)), (time(11), time(14))),
        ((time(11), time(14)), (time(9), time(12))),
        ((time(9), time(12)), (time(12), time(14))),
    ],
)
def test_spans_that_meet_or_overlap_are_one_after_the_other(
    spans: tuple[tuple[time, time], ...],
) -> None:
    hours = berlin(weekly={0: spans}, horizon=timedelta(days=5))
    found = walls(free_slots(hours, [], datetime(2026, 11, 6, tzinfo=UTC)))
    assert [at.hour for _, at in found] == [9, 10, 11, 12, 13]


def test_without_hours_there_is_nothing_to_book() -> None:
    assert free_slots(berlin(weekly={}), [], datetime(2026, 11, 6, tzinfo=UTC)) == []


def _is_odd(day: date, at: time, zone: ZoneInfo) -> bool:
    """Whether this wall time doesn't exist, or comes twice."""
    offsets = {datetime.combine(day, at, zone).replace(fold=fold).utcoffset() for fold in (0, 1)}
    return len(offsets) > 1
