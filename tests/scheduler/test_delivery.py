"""Laws 4 and 6: no network inside a transaction, and one result for each message."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import datetime, timedelta
from typing import Any

import psycopg
import pytest
from sqlalchemy import text

from app.bootstrap import House
from course.database import Database
from emails.providers.base import Accepted, AccountPaused, Rejected, TryLater
from emails.providers.memory import MemoryProvider, accept
from scheduler.pauses import pause_of
from tests.support.houses import (
    TUESDAY,
    counts,
    deliveries,
    enrolment,
    join,
    join_many,
    sign_up,
    tick,
)
from tests.support.providers import Interrupted, Scripted, to

Houses = Callable[..., House]
SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)


def write_impatiently(url: str) -> None:
    """Change every row a call is about, without waiting for whoever might hold it."""
    with closing(_hurried(url)) as connection:
        for table in ("batches", "deliveries", "enrolments"):
            connection.execute(f"UPDATE {table} SET id = id")
        connection.commit()


def _hurried(url: str) -> Any:
    if url.startswith("sqlite"):
        return sqlite3.connect(url.removeprefix("sqlite:///"), timeout=0.2)
    return psycopg.connect(url, options="-c lock_timeout=200")


def test_no_transaction_is_open_while_the_provider_is_called(
    database: Database, database_url: str, houses: Houses
) -> None:
    calls = []

    def check() -> None:
        write_impatiently(database_url)
        calls.append("free")

    house = houses(database, provider=Interrupted(during=check))
    sign_up(house, "new@example.com")
    join_many(house, 2)
    tick(house)
    tick(house, TUESDAY)
    assert calls == ["free", "free"]


def test_that_check_would_notice_an_open_transaction(database: Database, database_url: str) -> None:
    with database.transaction() as session:
        session.execute(text("INSERT INTO provider_pauses (provider, silent) VALUES ('x', 0)"))
        session.execute(text("LOCK TABLE batches" if database.is_postgresql else "SELECT 1"))
        with pytest.raises((sqlite3.OperationalError, psycopg.OperationalError)):
            write_impatiently(database_url)


def test_every_message_of_a_call_has_its_own_outcome(database: Database, houses: Houses) -> None:
    verdict = to(
        {"reader1@example.com": Rejected("no such box"), "reader2@example.com": TryLater("busy")},
        accept,
    )
    house = houses(database, provider=MemoryProvider(verdict=verdict))
    join_many(house, 4)
    tick(house, TUESDAY)
    assert [(d.state, d.reason) for d in deliveries(house)] == [
        ("accepted", None),
        ("failed", "no such box"),
        ("waiting", "busy"),
        ("accepted", None),
    ]
    assert counts(house) == {"accepted": 2, "failed": 1, "waiting": 1}


def test_an_accepted_letter_remembers_the_vendors_id(database: Database, houses: Houses) -> None:
    house = houses(database, provider=MemoryProvider(verdict=lambda _: Accepted("re-1")))
    join(house)
    tick(house, TUESDAY)
    [letter] = deliveries(house)
    assert (letter.provider, letter.provider_id, letter.settled_at) == ("memory", "re-1", TUESDAY)


def test_only_a_letter_that_went_out_moves_the_course_on(
    database: Database, houses: Houses
) -> None:
    verdict = to(
        {"reader1@example.com": Rejected("no"), "reader2@example.com": TryLater("busy")}, accept
    )
    house = houses(database, provider=MemoryProvider(verdict=verdict))
    readers = join_many(house, 3)
    tick(house, TUESDAY)
    due = [enrolment(house, reader).next_due_at for reader in readers]
    assert due == [TUESDAY + timedelta(weeks=1), None, None]


def next_try(house: House) -> datetime:
    [letter] = deliveries(house)
    assert letter.ready_at is not None
    return letter.ready_at


def test_a_letter_waits_as_long_as_the_vendor_says(database: Database, houses: Houses) -> None:
    provider = Scripted(answers=[TryLater("429", 90 * SECOND)])
    house = houses(database, provider=provider)
    join(house)
    tick(house, TUESDAY)
    tick(house, TUESDAY + 89 * SECOND)
    assert counts(house) == {"waiting": 1}
    tick(house, TUESDAY + 90 * SECOND)
    assert counts(house) == {"accepted": 1}
    assert len(provider.calls) == 2


def test_a_wait_of_nothing_does_not_ask_for_ever(database: Database, houses: Houses) -> None:
    provider = MemoryProvider(verdict=lambda _: TryLater("429", timedelta(0)))
    house = houses(database, provider=provider)
    join(house)
    tick(house, TUESDAY)
    assert len(provider.calls) == 1


def test_refusals_in_a_row_wait_longer_and_longer_until_two_days_are_an_answer(
    sqlite: Database, houses: Houses
) -> None:
    house = houses(sqlite, provider=MemoryProvider(verdict=lambda _: TryLater("busy")))
    join(house)
    at, waits = TUESDAY, []
    tick(house, at)
    while counts(house) == {"waiting": 1}:
        waits.append(next_try(house) - at)
        at = next_try(house)
        tick(house, at)
    assert MINUTE <= waits[0] <= 2 * MINUTE
    assert max(waits) <= 6 * HOUR
    assert 48 * HOUR < at - TUESDAY <= 54 * HOUR
    assert [(d.state, d.reason) for d in deliveries(house)] == [("failed", "busy")]


def test_a_letter_kept_long_by_an_outage_is_not_given_up_at_the_first_refusal(
    sqlite: Database, houses: Houses
) -> None:
    provider = Scripted(answers=[TryLater("busy"), TryLater("busy")])
    house = houses(sqlite, provider=provider)
    join(house)
    tick(house, TUESDAY)
    tick(house, TUESDAY + timedelta(days=4))
    assert counts(house) == {"waiting": 1}
    tick(house, TUESDAY + timedelta(days=5))
    assert counts(house) == {"accepted": 1}


def test_a_paused_account_stops_everything_and_costs_no_attempt(
    database: Database, houses: Houses
) -> None:
    provider = Scripted(max_batch=2, answers=[AccountPaused("quota", HOUR)])
    house = houses(database, provider=provider)
    join_many(house, 5)
    tick(house, TUESDAY)
    assert len(provider.calls) == 1
    assert counts(house) == {"waiting": 2, "planned": 3}
    assert {letter.attempts for letter in deliveries(house)} == {0}
    tick(house, TUESDAY + HOUR - SECOND)
    assert len(provider.calls) == 1
    tick(house, TUESDAY + HOUR)
    assert counts(house) == {"accepted": 5}


def test_a_pause_names_its_reason_while_it_lasts(database: Database, houses: Houses) -> None:
    house = houses(database, provider=Scripted(answers=[AccountPaused("quota", HOUR)]))
    join(house)
    tick(house, TUESDAY)
    with database.reading() as session:
        found = pause_of(session, "memory", TUESDAY)
        assert found is not None
        assert found.reason == "quota"
        assert pause_of(session, "memory", TUESDAY + HOUR) is None


def test_a_second_pause_replaces_the_first(database: Database, houses: Houses) -> None:
    answers = [AccountPaused("quota", HOUR), AccountPaused("key", 2 * HOUR)]
    house = houses(database, provider=Scripted(answers=[*answers]))
    join(house)
    tick(house, TUESDAY)
    tick(house, TUESDAY + HOUR)
    with database.reading() as session:
        found = pause_of(session, "memory", TUESDAY + 2 * HOUR)
    assert found is not None
    assert found.reason == "key"
