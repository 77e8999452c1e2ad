"""Somebody is erased while a worker is busy with her letter: nothing crashes, nobody loses."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from app.bootstrap import House
from app.erasure import Erased, erase
from course.database import Database
from emails.message import Message
from emails.providers.base import Outcome, Unknown
from emails.providers.hooks import EventKind
from emails.providers.memory import accept
from scheduler.audit import audit
from scheduler.outbox import Batch, BatchState
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
