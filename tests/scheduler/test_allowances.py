"""Limits per provider, shared by all workers, never exceeded, and never a dead end."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from threading import Thread
from time import monotonic
from typing import Any

import pytest

from app.bootstrap import House
from course.database import Database
from emails.message import Message
from emails.providers.base import Outcome, TryLater
from emails.providers.memory import MemoryProvider
from emails.providers.resend import ResendProvider
from scheduler import allowances
from scheduler.allowances import Allowance
from tests.support.houses import (
    TUESDAY,
    counts,
    go_to,
    join_many,
    now,
    play,
    shipped_settings,
    sign_up,
    tick,
)
from tests.support.providers import Scripted

Houses = Callable[..., House]
DAY = timedelta(days=1)
MIDNIGHT = datetime(2026, 11, 4, tzinfo=UTC)
TOO_FAST = TryLater("429 rate_limit_exceeded", timedelta(seconds=20), too_fast=True)


def limited(**limits: Any) -> dict[str, Any]:
    """The settings of a house whose provider goes by the name of a real one."""
    shipped = shipped_settings().emails.model_dump()
    return {"emails": {**shipped, "provider": "postmark", **limits}}


@dataclass
class Timed(MemoryProvider):
    """Notes when each call begins."""

    began: list[float] = field(default_factory=list)

    def send(self, batch: Sequence[Message], key: str) -> list[Outcome]:
        self.began.append(monotonic())
        return super().send(batch, key)


def told(house: House) -> list[str]:
    with house.database.reading() as session:
        return allowances.told(session, house.provider.name, house.terms.limits, now(house))


def row(house: House) -> Allowance:
    with house.database.reading() as session:
        return session.get_one(Allowance, house.provider.name)


def test_a_day_takes_no_more_than_it_may_and_the_next_goes_on(
    database: Database, houses: Houses
) -> None:
    provider = MemoryProvider(name="postmark", max_batch=4)
    house = houses(database, provider=provider, **limited(per_day=10))
    join_many(house, 20)
    tick(house, TUESDAY)
    assert counts(house) == {"accepted": 9, "planned": 11}
    tick(house, MIDNIGHT - timedelta(seconds=1))
    assert len(provider.sent) == 9
    tick(house, MIDNIGHT)
    assert len(provider.sent) == 18
    tick(house, MIDNIGHT + DAY)
    assert counts(house) == {"accepted": 20}


def test_status_says_until_when_letters_wait(database: Database, houses: Houses) -> None:
    provider = MemoryProvider(name="postmark")
    house = houses(database, provider=provider, **limited(per_day=10))
    join_many(house, 10)
    assert told(house) == []
    tick(house, TUESDAY)
    [sentence] = told(house)
    assert "10 emails" in sentence
    assert "Wednesday 04 November, 00:00 UTC" in sentence
    go_to(house, MIDNIGHT)
    assert told(house) == []


def test_a_confirmation_may_use_what_letters_have_left(database: Database, houses: Houses) -> None:
    provider = MemoryProvider(name="postmark")
    house = houses(database, provider=provider, **limited(per_day=10))
    join_many(house, 20)
    tick(house, TUESDAY)
    for name in ("one", "two"):
        sign_up(house, f"{name}@example.com")
    tick(house)
    assert len(provider.sent) == 10
    assert provider.sent[-1].to == "one@example.com"
    tick(house, MIDNIGHT)
    assert provider.sent[10].to == "two@example.com"


def test_a_virtual_clock_goes_from_day_to_day(database: Database, houses: Houses) -> None:
    provider = MemoryProvider(name="postmark")
    house = houses(database, provider=provider, **limited(per_day=10))
    join_many(house, 20)
    play(house, TUESDAY + 3 * DAY)
    assert counts(house) == {"accepted": 20}


def test_a_new_domain_begins_with_fifty(database: Database, houses: Houses) -> None:
    provider = MemoryProvider(name="postmark")
    house = houses(database, provider=provider, **limited(warm_up_from="2026-11-03"))
    join_many(house, 60)
    tick(house, TUESDAY)
    assert len(provider.sent) == 45
    tick(house, TUESDAY + DAY)
    assert len(provider.sent) == 60


def test_what_was_not_taken_is_not_used(database: Database, houses: Houses) -> None:
    provider = Scripted(name="postmark", answers=[TryLater("busy")] * 3)
    house = houses(database, provider=provider, **limited(per_day=10))
    join_many(house, 9)
    play(house, TUESDAY + timedelta(hours=12))
    assert counts(house) == {"accepted": 9}
    assert row(house).used == 9


def test_letters_that_cannot_be_composed_are_not_used(
    sqlite: Database, houses: Houses, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = houses(sqlite, provider=MemoryProvider(name="postmark"), **limited(per_day=10))
    join_many(house, 5)
    monkeypatch.setattr(type(house.composer), "lesson", broken)
    tick(house, TUESDAY)
    assert counts(house) == {"waiting": 5}
    assert row(house).used == 0


def broken(*_: object) -> None:
    raise ValueError


def test_a_clock_moved_far_ahead_and_back_is_no_dead_end(sqlite: Database, houses: Houses) -> None:
    house = houses(sqlite, provider=MemoryProvider(name="postmark"), **limited(per_day=10))
    join_many(house, 10)
    tick(house, TUESDAY + 365 * DAY)
    assert row(house).used == 9
    go_to(house, TUESDAY)
    sign_up(house, "one@example.com")
    sign_up(house, "two@example.com")
    tick(house)
    assert (row(house).day, row(house).used) == (TUESDAY.date(), 2)


def test_without_limits_nothing_is_counted(database: Database, houses: Houses) -> None:
    house = houses(database, provider=MemoryProvider(name="postmark"), **limited())
    join_many(house, 3)
    tick(house, TUESDAY)
    with database.reading() as session:
        assert session.get(Allowance, "postmark") is None


def test_a_rehearsal_or_another_provider_has_no_limits(sqlite: Database, houses: Houses) -> None:
    assert not houses(sqlite, provider=MemoryProvider(), **limited(per_day=1)).terms.limits.any


def test_resend_is_called_as_often_as_its_pages_say(sqlite: Database, houses: Houses) -> None:
    named = limited() | {"emails": {**limited()["emails"], "provider": "resend"}}
    resend = MemoryProvider(name="resend", calls_per_second=ResendProvider.calls_per_second)
    house = houses(sqlite, provider=resend, **named)
    assert house.terms.limits.per_second == 5
    named["emails"]["per_second"] = 0
    house = houses(sqlite, provider=resend, **named)
    assert not house.terms.limits.any


def test_one_complaint_makes_the_whole_provider_wait(database: Database, houses: Houses) -> None:
    provider = Scripted(name="postmark", max_batch=2, answers=[TOO_FAST])
    house = houses(database, provider=provider, **limited(per_second=100))
    join_many(house, 6)
    tick(house, TUESDAY)
    assert len(provider.calls) == 1
    assert counts(house) == {"waiting": 2, "planned": 4}
    assert "asked us to slow down" in told(house)[0]
    tick(house, TUESDAY + timedelta(seconds=19))
    assert len(provider.calls) == 1
    play(house, TUESDAY + timedelta(seconds=21))
    assert counts(house) == {"accepted": 6}


def test_a_complaint_halves_the_rate_for_an_hour(database: Database, houses: Houses) -> None:
    provider = Scripted(name="postmark", answers=[TOO_FAST])
    house = houses(database, provider=provider, **limited(per_second=100))
    join_many(house, 1)
    tick(house, TUESDAY)
    learnt = row(house)
    assert (learnt.halvings, learnt.slow_until) == (1, TUESDAY + timedelta(hours=1))
    assert learnt.wait_until == TUESDAY + timedelta(seconds=20)


def test_complaints_about_calls_already_under_way_are_one_complaint(
    database: Database, houses: Houses
) -> None:
    house = houses(database, provider=MemoryProvider(name="postmark"), **limited())
    for after, expected in ((0, 1), (5, 1), (30, 2), (3700, 1)):
        at = TUESDAY + timedelta(seconds=after)
        with database.transaction() as session:
            allowances.learn(session, "postmark", [TOO_FAST], [TOO_FAST], at)
        assert row(house).halvings == expected


def test_a_provider_that_names_no_rate_is_slowed_down_too(
    database: Database, houses: Houses
) -> None:
    provider = Timed(name="postmark", max_batch=1)
    house = houses(database, provider=provider, **limited())
    join_many(house, 3)
    with database.transaction() as session:
        before = TUESDAY - timedelta(minutes=1)
        allowances.learn(session, "postmark", [TOO_FAST], [TOO_FAST], before)
    tick(house, TUESDAY)
    assert len(provider.sent) == 3
    # Two waits of a fifth of a second, less what composing lets them bunch.
    assert provider.began[-1] - provider.began[0] >= 0.15


def teams(url: str, houses: Houses, number: int, **limits: Any) -> list[House]:
    return [
        houses(
            Database(url),
            provider=Timed(name="postmark", max_batch=3),
            at=TUESDAY,
            **limited(**limits),
        )
        for _ in range(number)
    ]


def race(racing: list[House]) -> list[Timed]:
    threads = [Thread(target=team.engine.tick) for team in racing]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for team in racing:
        team.life.end()
        team.database.engine.dispose()
    providers = [team.provider for team in racing]
    return [provider for provider in providers if isinstance(provider, Timed)]


@pytest.mark.parametrize("workers", [2, 4])
def test_workers_at_once_never_exceed_a_day(
    database: Database, database_url: str, houses: Houses, workers: int
) -> None:
    join_many(houses(database, provider=MemoryProvider()), 60)
    providers = race(teams(database_url, houses, workers, per_day=40))
    assert sum(len(provider.sent) for provider in providers) == 36


def test_workers_at_once_never_exceed_a_second(
    database: Database, database_url: str, houses: Houses
) -> None:
    join_many(houses(database, provider=MemoryProvider()), 24)
    began = monotonic()
    providers = race(teams(database_url, houses, 2, per_second=10))
    calls = sorted(call for provider in providers for call in provider.began)
    assert sum(len(provider.sent) for provider in providers) == 24
    assert len(calls) == 8
    assert calls[-1] - began >= 0.69
