"""When to try again, by tables."""

from datetime import UTC, datetime, timedelta

import pytest

from scheduler.retry import gives_up, next_ask, next_try

NOW = datetime(2026, 11, 3, 7, tzinfo=UTC)
SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)


@pytest.mark.parametrize(
    ("attempts", "chance", "wait"),
    [
        (0, 0.0, MINUTE / 2),
        (0, 1.0, MINUTE),
        (1, 0.0, MINUTE),
        (1, 1.0, 2 * MINUTE),
        (3, 0.5, 6 * MINUTE),
        (8, 1.0, 256 * MINUTE),
        (9, 1.0, 6 * HOUR),
        (9, 0.0, 3 * HOUR),
        (5000, 1.0, 6 * HOUR),
    ],
)
def test_waits_double_and_half_of_each_is_chance(
    attempts: int, chance: float, wait: timedelta
) -> None:
    assert next_try(NOW, attempts, None, chance) == NOW + wait


@pytest.mark.parametrize(
    ("wanted", "wait"),
    [
        (timedelta(0), SECOND),
        (SECOND, SECOND),
        (90 * SECOND, 90 * SECOND),
        (6 * HOUR, 6 * HOUR),
        (timedelta(days=300), 6 * HOUR),
    ],
)
def test_the_vendors_own_wait_goes_before_ours_within_reason(
    wanted: timedelta, wait: timedelta
) -> None:
    assert next_try(NOW, 9, wanted, 1.0) == NOW + wait


@pytest.mark.parametrize(
    ("age", "attempts", "over"),
    [
        (47 * HOUR, 100, False),
        (48 * HOUR, 100, False),
        (49 * HOUR, 8, True),
        (49 * HOUR, 7, False),
        (900 * HOUR, 1, False),
    ],
)
def test_only_two_days_of_refusals_are_an_answer(
    age: timedelta, attempts: int, over: object
) -> None:
    assert gives_up(NOW - age, NOW, attempts) is over


@pytest.mark.parametrize(
    ("attempts", "wanted", "wait"),
    [
        (0, None, 30 * SECOND),
        (1, None, MINUTE),
        (3, None, 4 * MINUTE),
        (7, None, HOUR),
        (5000, None, HOUR),
        (1, 10 * MINUTE, 10 * MINUTE),
        (3, MINUTE, 4 * MINUTE),
        (3, timedelta(days=9), 6 * HOUR),
    ],
)
def test_an_unanswered_call_is_asked_about_less_and_less_often(
    attempts: int, wanted: timedelta | None, wait: timedelta
) -> None:
    assert next_ask(NOW, attempts, wanted) == NOW + wait
