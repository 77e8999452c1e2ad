"""Law 5, unknown is a state: what becomes of a call whose answer never came."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from app.bootstrap import House
from course.database import Database
from emails.providers.base import Accepted, AccountPaused, Outcome, Rejected, TryLater, Unknown
from emails.providers.memory import MemoryProvider, accept
from scheduler.clock import lease_now
from scheduler.freezing import freeze
from scheduler.outbox import Batch
from tests.support.houses import (
    TUESDAY,
    confirm,
    counts,
    deliveries,
    enrolment,
    join,
    join_many,
    leave,
    pause,
    play,
    sign_up,
    tick,
)
from tests.support.providers import DAY, Interrupted, Scripted, to

Houses = Callable[..., House]
LATER = TUESDAY + timedelta(hours=2)
WEEK = timedelta(weeks=1)
LOST = Unknown("no answer (ReadTimeout)")


def keyed(*answers: Outcome) -> Scripted:
    """A provider that recognises a repeat for a day, and answers so at first."""
    return Scripted(dedupe_window=DAY, answers=[*answers])


def test_with_a_key_the_call_is_repeated_under_it_to_the_byte_and_settles(
    database: Database, houses: Houses
) -> None:
    provider = keyed(LOST)
    house = houses(database, provider=provider)
    readers = join_many(house, 3)
    tick(house, TUESDAY)
    assert counts(house) == {"unknown": 3}
    tick(house, LATER)
    assert counts(house) == {"accepted": 3}
    [(first_key, first), (second_key, second)] = provider.calls
    assert (first_key, freeze(first)) == (second_key, freeze(second))
    assert {enrolment(house, r).next_due_at for r in readers} == {TUESDAY + WEEK}


def test_the_repeat_comes_after_a_while_and_then_less_often(
    database: Database, houses: Houses
) -> None:
    provider = keyed(LOST, LOST, LOST)
    house = houses(database, provider=provider)
    join(house)
    tick(house, TUESDAY)
    tick(house, TUESDAY + timedelta(seconds=59))
    assert len(provider.calls) == 1
    moments = play(house, LATER)
    assert [moment - TUESDAY for moment in moments] == [timedelta(minutes=m) for m in (1, 3, 7)]
    assert counts(house) == {"accepted": 1}


def test_words_changed_meanwhile_do_not_change_the_repeat(sqlite: Database, houses: Houses) -> None:
    provider = keyed(LOST)
    house = houses(sqlite, provider=provider)
    join(house)
    tick(house, TUESDAY)
    changed = {**house.settings.owner.model_dump(), "postal_address": "Another street"}
    house.life.end()
    moved = houses(sqlite, provider=provider, at=LATER, owner=changed)
    tick(moved)
    assert freeze(provider.calls[0][1]) == freeze(provider.calls[1][1])


def test_without_a_key_it_stays_unknown_is_counted_and_never_sent_again(
    database: Database, houses: Houses
) -> None:
    provider = Scripted(answers=[LOST])
    house = houses(database, provider=provider)
    readers = join_many(house, 2)
    tick(house, TUESDAY)
    play(house, TUESDAY + WEEK - timedelta(hours=1))
    assert counts(house) == {"unknown": 2}
    assert len(provider.calls) == 1
    assert [letter.reason for letter in deliveries(house)] == [LOST.reason] * 2
    assert {enrolment(house, r).next_due_at for r in readers} == {TUESDAY + WEEK}


def test_the_course_goes_on_after_an_unknown_letter(database: Database, houses: Houses) -> None:
    provider = Scripted(answers=[LOST])
    house = houses(database, provider=provider)
    join(house)
    play(house, TUESDAY + 10 * WEEK)
    assert counts(house) == {"accepted": 5, "unknown": 1}
    assert len({mail.subject for mail in provider.sent}) == 5


TURNED_AWAY = [
    TryLater("429", timedelta(seconds=5)),
    TryLater("couldn't be reached"),
    AccountPaused("invalid_api_key", timedelta(minutes=15)),
    Unknown("HTTP 502"),
]


@pytest.mark.parametrize("answer", TURNED_AWAY, ids=repr)
def test_a_repeat_that_is_turned_away_says_nothing_about_the_first_call(
    database: Database, houses: Houses, answer: Outcome
) -> None:
    """Else the letter would go under a new key, which the vendor can't recognise."""
    provider = keyed(LOST, answer)
    house = houses(database, provider=provider)
    join_many(house, 2)
    play(house, TUESDAY + timedelta(hours=3))
    assert counts(house) == {"accepted": 2}
    assert len({key for key, _ in provider.calls}) == 1
    assert len(provider.calls) == 3


@pytest.mark.parametrize("answer", TURNED_AWAY, ids=repr)
def test_turned_away_until_the_window_is_over_it_stays_unknown(
    sqlite: Database, houses: Houses, answer: Outcome
) -> None:
    provider = keyed(LOST, answer)
    house = houses(sqlite, provider=provider)
    join(house)
    tick(house, TUESDAY)
    close_window(sqlite)
    play(house, TUESDAY + timedelta(days=2))
    assert counts(house) == {"unknown": 1}
    assert len(provider.calls) == 1


def close_window(database: Database) -> None:
    with database.transaction() as session:
        past = lease_now(session) - DAY - timedelta(seconds=1)
        session.execute(update(Batch).values(first_called_at=past))


def test_when_the_window_closes_it_goes_to_the_owner(database: Database, houses: Houses) -> None:
    provider = keyed(LOST)
    house = houses(database, provider=provider)
    reader = join(house)
    tick(house, TUESDAY)
    close_window(database)
    tick(house, LATER)
    assert len(provider.calls) == 1
    [letter] = deliveries(house)
    assert (letter.state, letter.settled_at) == ("unknown", LATER)
    assert "can't be asked any more" in (letter.reason or "")
    assert enrolment(house, reader).next_due_at == TUESDAY + WEEK
    assert open_batches(database) == []


def open_batches(database: Database) -> list[Batch]:
    with database.reading() as session:
        return list(session.scalars(select(Batch).where(Batch.state != "settled")))


def test_what_is_known_of_a_call_is_recorded_at_once(database: Database, houses: Houses) -> None:
    verdict = to({"reader1@example.com": LOST, "reader2@example.com": Rejected("no")}, accept)
    provider = MemoryProvider(dedupe_window=DAY, verdict=verdict)
    house = houses(database, provider=provider)
    readers = join_many(house, 3)
    tick(house, TUESDAY)
    assert [d.state for d in deliveries(house)] == ["accepted", "unknown", "failed"]
    assert enrolment(house, readers[0]).next_due_at == TUESDAY + WEEK
    provider.verdict = accept
    tick(house, LATER)
    assert [(d.state, d.settled_at) for d in deliveries(house)] == [
        ("accepted", TUESDAY),
        ("accepted", LATER),
        ("failed", TUESDAY),
    ]
    assert [len(batch) for _, batch in provider.calls] == [3, 3]


def test_beside_an_unknown_one_nothing_goes_out_under_another_key(
    database: Database, houses: Houses
) -> None:
    verdict = to({"reader0@example.com": LOST}, lambda _: TryLater("its turn didn't come"))
    provider = MemoryProvider(dedupe_window=DAY, verdict=verdict)
    house = houses(database, provider=provider)
    join_many(house, 2)
    tick(house, TUESDAY)
    provider.verdict = accept
    play(house, LATER)
    assert counts(house) == {"accepted": 2}
    assert len({key for key, _ in provider.calls}) == 1


@pytest.mark.parametrize("stop", [leave, lambda h, r: pause(h, r, TUESDAY + 4 * WEEK)])
def test_a_reader_who_stops_meanwhile_stops_the_repeat(
    database: Database, houses: Houses, stop: Callable[[House, int], None]
) -> None:
    provider = keyed(LOST)
    house = houses(database, provider=provider)
    readers = join_many(house, 3)
    tick(house, TUESDAY)
    stop(house, readers[1])
    tick(house, LATER)
    assert len(provider.calls) == 1
    assert counts(house) == {"unknown": 3}
    assert enrolment(house, readers[0]).next_due_at == TUESDAY + WEEK


def test_a_reader_who_confirms_meanwhile_does_not_stop_the_repeat(
    database: Database, houses: Houses
) -> None:
    provider = keyed(LOST)
    house = houses(database, provider=provider)
    quick, _ = sign_up(house, "quick@example.com"), sign_up(house, "slow@example.com")
    tick(house)
    confirm(house, quick)
    tick(house, TUESDAY - timedelta(hours=1))
    assert counts(house) == {"accepted": 2}


def test_another_provider_cannot_be_asked(database: Database, houses: Houses) -> None:
    first = houses(database, provider=keyed(LOST))
    join(first)
    tick(first, TUESDAY)
    first.life.end()
    other = MemoryProvider(name="other", dedupe_window=DAY)
    tick(houses(database, provider=other, at=LATER))
    assert other.calls == []
    assert counts(first) == {"unknown": 1}


def test_an_answer_to_nothing_asked_changes_no_accepted_letter(
    database: Database, houses: Houses
) -> None:
    house = houses(database, provider=keyed(LOST, Accepted("re-1")))
    join(house)
    play(house, LATER)
    play(house, LATER + timedelta(hours=3))
    assert [letter.provider_id for letter in deliveries(house)] == ["re-1"]


class Died(BaseException):
    """The process ends here."""


def die() -> None:
    raise Died


@pytest.mark.parametrize("window", [timedelta(0), DAY])
def test_after_a_clock_was_set_back_a_call_is_not_repeated(
    database: Database, database_url: str, houses: Houses, window: timedelta
) -> None:
    """How long ago it was made, nobody can tell; without keys even no time at all is too long."""
    house = houses(database, provider=Interrupted(during=die, dedupe_window=window))
    join(house)
    with pytest.raises(Died):
        tick(house, TUESDAY)
    with database.transaction() as session:
        later = lease_now(session) + timedelta(minutes=2)
        session.execute(update(Batch).values(first_called_at=later))
    house.life.end()
    provider = MemoryProvider(dedupe_window=window)
    successor = houses(Database(database_url), provider=provider, at=TUESDAY)
    tick(successor)
    successor.database.engine.dispose()
    assert provider.calls == []
    assert counts(house) == {"unknown": 1}
