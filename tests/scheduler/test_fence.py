"""Two workers and one batch: whoever froze meanwhile may record nothing."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from app.bootstrap import House
from course.database import Database
from emails.providers.base import Outcome, Rejected, TryLater
from emails.providers.memory import MemoryProvider, Verdict, accept
from scheduler import claims
from scheduler.claims import Hold, LostHold
from scheduler.clock import lease_now
from scheduler.doors import Door
from scheduler.outbox import Batch, BatchState
from scheduler.planning import plan_due
from scheduler.retry import LEASE
from tests.support.houses import TUESDAY, counts, deliveries, go_to, join_many, tick
from tests.support.providers import DAY, Interrupted

Houses = Callable[..., House]


def let_the_lease_run_out(database: Database) -> None:
    with database.transaction() as session:
        past = lease_now(session) - timedelta(seconds=1)
        session.execute(update(Batch).where(Batch.state != "settled").values(lease_until=past))


@pytest.fixture
def other(database_url: str, houses: Houses) -> House:
    """A second worker, as another process would be."""
    house: House = houses(
        Database(database_url), provider=MemoryProvider(dedupe_window=DAY), at=TUESDAY
    )
    return house


def frozen_while(
    database: Database, other: House, verdict: Verdict, window: timedelta
) -> Interrupted:
    def overtaken() -> None:
        let_the_lease_run_out(database)
        other.engine.tick()

    return Interrupted(during=overtaken, verdict=verdict, dedupe_window=window)


@pytest.mark.parametrize("late", [Rejected("late"), TryLater("late")], ids=repr)
def test_a_frozen_worker_does_not_overwrite_what_its_successor_found_out(
    database: Database, houses: Houses, other: House, late: Outcome
) -> None:
    house = houses(database, provider=frozen_while(database, other, lambda _: late, DAY))
    join_many(house, 3)
    tick(house, TUESDAY)
    other.database.engine.dispose()
    assert counts(house) == {"accepted": 3}
    assert {letter.reason for letter in deliveries(house)} == {None}


def test_a_frozen_worker_and_its_successor_call_under_the_same_key(
    database: Database, houses: Houses, other: House
) -> None:
    house = houses(database, provider=frozen_while(database, other, accept, DAY))
    join_many(house, 3)
    tick(house, TUESDAY)
    other.database.engine.dispose()
    assert isinstance(house.provider, MemoryProvider)
    assert isinstance(other.provider, MemoryProvider)
    assert house.provider.calls == other.provider.calls


def test_without_a_key_a_successor_does_not_call_again(
    database: Database, houses: Houses, other: House
) -> None:
    assert isinstance(other.provider, MemoryProvider)
    other.provider.dedupe_window = timedelta(0)
    house = houses(database, provider=frozen_while(database, other, accept, timedelta(0)))
    join_many(house, 3)
    tick(house, TUESDAY)
    other.database.engine.dispose()
    assert other.provider.calls == []
    assert counts(house) == {"unknown": 3}


def test_a_worker_may_record_nothing_once_its_batch_is_in_other_hands(
    database: Database, houses: Houses, other: House
) -> None:
    """Not even while the successor is still calling, nor where both are the same process."""
    house = houses(database, provider=MemoryProvider())
    hold = claim_all(house)
    with database.transaction() as session:
        assert claims.check(session, hold, house.life, BatchState.CLAIMED)
        batch = session.get_one(Batch, hold.batch_id)
        second = claims.take_over(session, batch, other.life)
    with database.transaction() as session:
        third = claims.take_over(session, session.get_one(Batch, hold.batch_id), other.life)
    with database.transaction() as session:
        for old, life in ((hold, house.life), (second, other.life)):
            with pytest.raises(LostHold):
                claims.check(session, old, life, BatchState.CALLING)
        assert claims.check(session, third, other.life, BatchState.CALLING)
    other.database.engine.dispose()


def claim_all(house: House) -> Hold:
    join_many(house, 3)
    go_to(house, TUESDAY)
    plan_due(house.database, house.catalogue, TUESDAY)
    with house.database.transaction() as session:
        hold = claims.claim(session, Door(house.provider), house.life, TUESDAY)
    assert hold is not None
    return hold


def test_nobody_takes_over_from_a_worker_that_lives_and_is_in_time(
    database: Database, houses: Houses, other: House
) -> None:
    house = houses(database, provider=Interrupted(during=lambda: tick(other), dedupe_window=DAY))
    join_many(house, 3)
    tick(house, TUESDAY)
    other.database.engine.dispose()
    assert isinstance(other.provider, MemoryProvider)
    assert other.provider.calls == []
    assert counts(house) == {"accepted": 3}


def test_what_was_claimed_and_never_called_is_given_back_untried(
    database: Database, houses: Houses, other: House
) -> None:
    house = houses(database, provider=MemoryProvider())
    claim_all(house)
    assert counts(house) == {"claimed": 3}
    house.life.end()
    tick(other)
    other.database.engine.dispose()
    assert counts(house) == {"accepted": 3}
    assert {letter.attempts for letter in deliveries(house)} == {1}


def test_a_lease_lasts_longer_than_any_call(database: Database, houses: Houses) -> None:
    leases = []

    def look() -> None:
        with database.reading() as session:
            [until] = session.scalars(select(Batch.lease_until)).all()
            leases.append(until - lease_now(session))

    house = houses(database, provider=Interrupted(during=look))
    join_many(house, 1)
    tick(house, TUESDAY)
    longest = timedelta(seconds=120)  # The longest timeout settings allow.
    assert longest < leases[0] <= LEASE
