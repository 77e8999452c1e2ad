"""Limits: counted once for all workers, and never exceeded within any span."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from app.schema import METADATA
from course import tallies
from course.database import Database
from course.tallies import Limit, Tally

NOW = datetime(2026, 11, 2, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(hours=24)
MAILBOX = (Limit(1, DAY), Limit(3, timedelta(days=30)))


def count_in(database: Database, at: datetime, **numbers: int) -> bool:
    limits = {key: [Limit(number, HOUR)] for key, number in numbers.items()}
    with database.transaction() as session:
        return tallies.count_in(session, limits, at)


def test_what_is_over_the_limit_within_an_hour_is_not_counted(database: Database) -> None:
    assert [count_in(database, NOW, a=2) for _ in range(4)] == [True, True, False, False]
    assert not count_in(database, NOW + HOUR - timedelta(seconds=1), a=2)
    assert count_in(database, NOW + HOUR, a=2)


def test_where_one_limit_is_full_none_of_them_is_used_up(sqlite: Database) -> None:
    assert count_in(sqlite, NOW, narrow=1, wide=2)
    assert not count_in(sqlite, NOW, narrow=1, wide=2)
    assert count_in(sqlite, NOW, wide=2)
    assert not count_in(sqlite, NOW, wide=2)


def test_workers_at_the_same_moment_share_one_limit(postgresql: Database) -> None:
    with ThreadPoolExecutor(8) as hands:
        let_in = list(hands.map(lambda _: count_in(postgresql, NOW, a=5, b=9), range(40)))
    assert sum(let_in) == 5


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 60 * 24 * 8), st.booleans()), min_size=2, max_size=25).map(
        lambda steps: sorted(steps, key=lambda step: step[0])
    )
)
def test_no_span_of_a_day_or_month_ever_holds_too_many(steps: list[tuple[int, bool]]) -> None:
    database = Database("sqlite://")
    METADATA.create_all(database.engine)
    booked = []
    for minutes, is_news in steps:
        now = NOW + timedelta(minutes=minutes)
        with database.transaction() as session:
            patience = DAY if is_news else timedelta()
            at = tallies.book(session, "key", MAILBOX, now, patience)
        if at is not None:
            assert now <= at <= now + patience
            booked.append(at)
    assert booked == sorted(booked)
    assert booked[0] == NOW + timedelta(minutes=steps[0][0])
    for limit in MAILBOX:
        later = booked[limit.number :]
        assert all(b - a >= limit.within for a, b in zip(booked, later, strict=False))
    database.engine.dispose()


def test_what_no_limit_counts_any_more_is_forgotten(sqlite: Database) -> None:
    count_in(sqlite, NOW, old=1)
    count_in(sqlite, NOW + HOUR, new=1)
    with sqlite.transaction() as session:
        assert tallies.forget(session, NOW + HOUR + timedelta(seconds=1), 10) == 1
        assert session.scalars(select(Tally.key)).all() == ["new"]
