"""How much may go out, by example."""

from datetime import UTC, date, datetime, timedelta

import pytest

from scheduler.limits import NO_LIMITS, Limits, day_limit, left, next_day, rate
from scheduler.outbox import Lane

FIRST = date(2026, 12, 1)


@pytest.mark.parametrize(
    ("days", "limit"),
    [(-5, 50), (0, 50), (2, 50), (3, 100), (5, 100), (6, 200), (27, 25_600), (29, 25_600)],
)
def test_a_new_domain_doubles_every_three_days(days: int, limit: int) -> None:
    assert day_limit(Limits(warm_up_from=FIRST), FIRST + timedelta(days=days)) == limit


@pytest.mark.parametrize("days", [30, 365, 36_500])
def test_a_domain_that_has_reached_fifty_thousand_is_no_stranger(days: int) -> None:
    day = FIRST + timedelta(days=days)
    assert day_limit(Limits(warm_up_from=FIRST), day) is None
    assert day_limit(Limits(warm_up_from=FIRST, per_day=300), day) == 300


@pytest.mark.parametrize(("days", "limit"), [(0, 50), (6, 200), (9, 300), (12, 300)])
def test_the_lower_of_the_two_limits_a_day(days: int, limit: int) -> None:
    limits = Limits(per_day=300, warm_up_from=FIRST)
    assert day_limit(limits, FIRST + timedelta(days=days)) == limit


def test_without_settings_there_is_no_limit() -> None:
    assert day_limit(NO_LIMITS, FIRST) is None
    assert left(None, 1_000_000, Lane.LESSONS) is None
    assert rate(NO_LIMITS, 0) == 0
    assert not NO_LIMITS.any


@pytest.mark.parametrize(
    ("used", "now", "lessons"),
    [(0, 100, 90), (50, 50, 40), (89, 11, 1), (90, 10, 0), (95, 5, 0), (100, 0, 0), (120, 0, 0)],
)
def test_letters_leave_a_tenth_of_the_day(used: int, now: int, lessons: int) -> None:
    assert (left(100, used, Lane.NOW), left(100, used, Lane.LESSONS)) == (now, lessons)


def test_a_very_small_day_still_has_room_for_a_letter() -> None:
    assert left(1, 0, Lane.LESSONS) == 1


@pytest.mark.parametrize(
    ("per_second", "halvings", "expected"),
    [(5, 0, 5), (5, 1, 2.5), (5, 2, 1.25), (0, 1, 5), (0, 2, 2.5), (5, 50, 0.1)],
)
def test_each_complaint_halves_the_rate(per_second: float, halvings: int, expected: float) -> None:
    assert rate(Limits(per_second=per_second), halvings) == expected


def test_the_day_ends_at_midnight_in_utc() -> None:
    assert next_day(date(2026, 12, 31)) == datetime(2027, 1, 1, tzinfo=UTC)
