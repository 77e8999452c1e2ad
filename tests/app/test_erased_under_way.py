"""Somebody is erased while a worker is busy with her letter: nothing crashes, nobody loses."""

import contextlib
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import OperationalError

from app.bootstrap import House
from app.erasure import Erased, erase
from course.database import Database
from emails.message import Message
from emails.providers.base import Outcome, Unknown
from emails.providers.hooks import EventKind
from emails.providers.mailbox import MailboxProvider
from emails.providers.memory import accept
from scheduler.audit import audit
from scheduler.clock import FixedClock
from scheduler.outbox import Batch, BatchState, Delivery
from tests.support.houses import TUESDAY, counts, deliveries, enrolment, join, now, play, tick
from tests.support.lives import hear
from tests.support.providers import DAY, Interrupted, InterruptedComposer, Scripted

Houses = Callable[..., House]
ANA, BO = "ana@example.com", "bo@example.com"
WEEK = timedelta(weeks=1)
LOST = Unknown("no answer (ReadTimeout)")


def payloads(house: House) -> list[bytes | None]:
    with house.database.reading() as session:
        return list(session.scalars(select(Batch.payload)))


def all_well(house: House) -> bool:
    with house.database.snapshot() as session:
        return not list(audit(session, house.catalogue, now(house)))


def lost(_: Message) -> Outcome:
    return LOST


@pytest.mark.parametrize(("verdict", "fate"), [(accept, "accepted"), (lost, "unknown")])
def test_erased_during_the_call_her_neighbour_s_outcome_is_recorded(
    database: Database, houses: Houses, verdict: Callable[[Message], Outcome], fate: str
) -> None:
    """The call at hand is the last that carries her letter, also where it could be repeated."""
    provider = Interrupted(dedupe_window=DAY, verdict=verdict)
    house = houses(database, provider=provider)
    join(house, ANA)
    neighbour = join(house, BO)
    erased: list[Erased | None] = []

    def once() -> None:
        provider.during = lambda: None
        erased.append(erase(house, ANA))
        assert payloads(house) == [None]

    provider.during = once
    tick(house, TUESDAY)
    assert erased[0] is not None
    assert erased[0].under_way == 1
    assert counts(house) == {fate: 1}
    assert enrolment(house, neighbour).next_due_at == TUESDAY + WEEK
    play(house, TUESDAY + WEEK)
    assert [message.to for _, batch in provider.calls[1:] for message in batch] == [BO]
    assert all_well(house)


def test_erased_while_her_call_is_asked_about_it_is_never_asked_again(
    database: Database, houses: Houses
) -> None:
    provider = Scripted(dedupe_window=DAY, answers=[LOST])
    house = houses(database, provider=provider)
    join(house, ANA)
    neighbour = join(house, BO)
    tick(house, TUESDAY)
    assert payloads(house) != [None]
    erase(house, ANA)
    assert payloads(house) == [None]
    tick(house, TUESDAY + timedelta(hours=2))
    assert len(provider.calls) == 1
    assert counts(house) == {"unknown": 1}
    assert enrolment(house, neighbour).next_due_at is not None
    assert all_well(house)


def test_alone_in_a_call_that_is_asked_about_nothing_is_left_of_it(
    database: Database, houses: Houses
) -> None:
    provider = Scripted(dedupe_window=DAY, answers=[LOST])
    house = houses(database, provider=provider)
    join(house, ANA)
    tick(house, TUESDAY)
    erase(house, ANA)
    tick(house, TUESDAY + timedelta(hours=2))
    assert len(provider.calls) == 1
    with house.database.reading() as session:
        assert session.scalars(select(Batch.state)).all() == [BatchState.SETTLED]


@pytest.mark.parametrize("others", [[], [BO]])
def test_erased_while_her_letter_is_composed_it_never_leaves(
    database: Database, houses: Houses, others: list[str]
) -> None:
    provider = Scripted()
    house = houses(database, provider=provider)
    join(house, ANA)
    for other in others:
        join(house, other)

    def gone() -> None:
        erase(house, ANA)

    composer: Any = InterruptedComposer(house.composer, gone)
    house.__dict__["composer"] = composer
    tick(house, TUESDAY)
    assert [message.to for message in provider.sent] == others
    assert len(deliveries(house)) == len(others)
    assert all_well(house)


def test_a_receipt_for_her_that_comes_while_she_goes_finds_nobody(
    database: Database, houses: Houses
) -> None:
    house = houses(database, provider=Scripted(answers=[LOST]))
    join(house, ANA)
    tick(house, TUESDAY)
    [letter] = deliveries(house)
    erase(house, ANA)
    assert hear(house, letter, EventKind.DELIVERED)
    assert hear(house, letter, EventKind.HARD_BOUNCE)
    assert counts(house) == {}


def await_a_waiter(database: Database) -> None:
    """Until some transaction waits for another's lock."""
    for _ in range(200):
        with database.reading() as session:
            if session.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted")):
                return
        time.sleep(0.01)
    raise AssertionError


def test_a_worker_that_stands_in_the_way_of_an_erasure_only_delays_it(
    postgresql: Database, houses: Houses
) -> None:
    house = houses(postgresql, provider=MailboxProvider(postgresql, FixedClock(TUESDAY).now))
    reader = join(house, ANA)
    tick(house, TUESDAY)
    letters = select(Delivery.id).where(Delivery.enrolment_id == reader)
    batch = select(Batch.id).with_for_update()
    with postgresql.transaction() as session:
        session.execute(update(Batch).values(state=BatchState.CALLING))
    with ThreadPoolExecutor(1) as other:
        # Each waits for the other in the end, until PostgreSQL ends the one that has waited longer:
        # the erasure, unless this machine is so busy that a second passes in between.
        with contextlib.suppress(OperationalError), postgresql.transaction() as worker:
            worker.execute(letters.with_for_update())
            erasing = other.submit(erase, house, ANA)
            await_a_waiter(postgresql)
            worker.execute(batch)
            assert not erasing.done()
        assert erasing.result(timeout=10) is not None
    assert not counts(house)
