"""Law 3, never after goodbye, and law 2, never dropped: who gets what, and who doesn't any more."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from threading import Thread
from typing import cast

import pytest

from app.bootstrap import House
from course.database import Database
from emails.compose import Composer
from emails.providers.memory import MemoryProvider
from emails.suppression import EVERYTHING, Reason, suppress
from scheduler.delivery import Postman, deliver_due
from scheduler.outbox import State
from scheduler.planning import plan_due
from tests.support.houses import (
    MONDAY,
    TUESDAY,
    confirm,
    counts,
    deliveries,
    enrolment,
    go_to,
    join,
    join_many,
    leave,
    now,
    pause,
    play,
    sign_up,
    tick,
)
from tests.support.providers import InterruptedComposer

Houses = Callable[..., House]
WEEK = timedelta(weeks=1)


def plan(house: House) -> None:
    go_to(house, TUESDAY)
    assert plan_due(house.database, house.catalogue, TUESDAY) > 0


def suppress_everything(house: House, reader: int) -> None:
    digest = enrolment(house, reader).subscriber.digest
    with house.database.transaction() as session:
        suppress(session, digest, EVERYTHING, Reason.HARD_BOUNCE, now(house))


def pause_a_fortnight(house: House, reader: int) -> None:
    pause(house, reader, now(house) + 2 * WEEK)


STOPS = [leave, suppress_everything, pause_a_fortnight]


@pytest.mark.parametrize("stop", STOPS)
def test_whoever_stops_after_planning_gets_nothing(
    database: Database, houses: Houses, stop: Callable[[House, int], None]
) -> None:
    provider = MemoryProvider()
    house = houses(database, provider=provider)
    ana = join(house, "ana@example.com")
    join(house, "ben@example.com")
    plan(house)
    stop(house, ana)
    tick(house)
    assert [mail.to for mail in provider.sent] == ["ben@example.com"]
    assert counts(house) == {"accepted": 1, "withheld": 1}


@pytest.mark.parametrize("stop", STOPS)
def test_whoever_stops_while_letters_are_composed_gets_nothing(
    database: Database, houses: Houses, stop: Callable[[House, int], None]
) -> None:
    provider = MemoryProvider()
    house = houses(database, provider=provider)
    ana = join(house, "ana@example.com")
    join(house, "ben@example.com")
    plan(house)
    composer = InterruptedComposer(house.composer, lambda: stop(house, ana))
    office = replace(house.office, composer=cast("Composer", composer))
    deliver_due(Postman(database, office, provider, house.life), TUESDAY)
    assert [mail.to for mail in provider.sent] == ["ben@example.com"]
    assert counts(house) == {"accepted": 1, "withheld": 1}


def test_a_withheld_letter_tells_why(database: Database, houses: Houses) -> None:
    house = houses(database, provider=MemoryProvider())
    for stop in STOPS:
        stop(house, join(house, f"{stop.__name__}@example.com"))
    readers = [join(house, f"{n}@example.com") for n in range(3)]
    plan(house)
    for stop, reader in zip(STOPS, readers, strict=True):
        stop(house, reader)
    tick(house)
    assert {d.attempts for d in deliveries(house)} == {0}
    why = {d.enrolment_id: d.reason for d in deliveries(house) if d.state == State.WITHHELD}
    assert [why[reader] for reader in readers] == [
        "the reader has left",
        "the address is suppressed",
        "the reader is paused",
    ]


def test_a_letter_withheld_by_a_pause_comes_after_it_and_none_is_lost(
    database: Database, houses: Houses
) -> None:
    provider = MemoryProvider()
    house = houses(database, provider=provider)
    reader = join(house)
    plan(house)
    pause(house, reader, TUESDAY + timedelta(days=20))
    play(house, TUESDAY + timedelta(days=20))
    assert provider.sent == []
    play(house, TUESDAY + 3 * WEEK)
    assert len(provider.sent) == 1
    play(house, TUESDAY + 12 * WEEK)
    assert len({mail.subject for mail in provider.sent}) == len(provider.sent) == 6


def test_whoever_leaves_and_comes_back_gets_the_withheld_letter_and_all_others(
    database: Database, houses: Houses
) -> None:
    provider = MemoryProvider()
    house = houses(database, provider=provider)
    reader = join(house)
    play(house, TUESDAY + 2 * WEEK)
    go_to(house, TUESDAY + 3 * WEEK)
    plan_due(database, house.catalogue, now(house))
    leave(house, reader)
    play(house, TUESDAY + 5 * WEEK)
    assert len(provider.sent) == 3
    assert sign_up(house) == reader
    confirm(house, reader)
    play(house, TUESDAY + 15 * WEEK)
    letters = [mail.subject for mail in provider.sent]
    assert len(set(letters)) == len(letters) == 6


def test_whoever_left_and_asks_anew_is_asked_to_confirm(database: Database, houses: Houses) -> None:
    provider = MemoryProvider()
    house = houses(database, provider=provider)
    reader = join(house)
    leave(house, reader)
    tick(house, MONDAY + timedelta(days=2))
    sign_up(house)
    tick(house)
    assert [delivery.kind for delivery in deliveries(house)] == ["confirmation"]
    assert len(provider.sent) == 1


def test_whoever_leaves_before_the_question_is_not_asked(
    database: Database, houses: Houses
) -> None:
    house = houses(database, provider=MemoryProvider())
    reader = sign_up(house)
    plan_due(database, house.catalogue, now(house))
    leave(house, reader)
    tick(house)
    assert [(d.state, d.reason) for d in deliveries(house)] == [("withheld", "the reader has left")]


def test_whoever_has_confirmed_is_not_asked_any_more(database: Database, houses: Houses) -> None:
    house = houses(database, provider=MemoryProvider())
    reader = sign_up(house)
    plan_due(database, house.catalogue, now(house))
    confirm(house, reader)
    tick(house)
    [delivery] = deliveries(house)
    assert delivery.reason == "the address is confirmed already"


def test_what_somebody_waits_for_at_a_screen_goes_first(database: Database, houses: Houses) -> None:
    provider = MemoryProvider(max_batch=5)
    house = houses(database, provider=provider)
    join_many(house, 12)
    plan(house)
    sign_up(house, "new@example.com")
    tick(house)
    assert provider.sent[0].to == "new@example.com"
    assert [len(batch) for _, batch in provider.calls] == [1, 5, 5, 2]


def test_no_call_holds_more_than_the_vendor_takes(database: Database, houses: Houses) -> None:
    provider = MemoryProvider(max_batch=4)
    house = houses(database, provider=provider)
    join_many(house, 10)
    tick(house, TUESDAY)
    assert [len(batch) for _, batch in provider.calls] == [4, 4, 2]
    assert len({key for key, _ in provider.calls}) == 3


@pytest.mark.parametrize("workers", [2, 3])
def test_workers_at_once_hand_over_each_letter_once(
    database: Database, database_url: str, houses: Houses, workers: int
) -> None:
    join_many(houses(database, provider=MemoryProvider()), 60)
    providers = [MemoryProvider(max_batch=5) for _ in range(workers)]
    teams: list[House] = [
        houses(Database(database_url), provider=provider, at=TUESDAY) for provider in providers
    ]
    threads = [Thread(target=team.engine.tick) for team in teams]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sent = [mail.to for provider in providers for mail in provider.sent]
    assert counts(teams[0]) == {"accepted": 60}
    assert len(sent) == len(set(sent)) == 60
    for team in teams:
        team.life.end()
        team.database.engine.dispose()
