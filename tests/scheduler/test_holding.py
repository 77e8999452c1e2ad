"""Held: the outbox fills and nothing leaves until the owner says go."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from app.bootstrap import House
from app.installation import make_mark, mark_file, move_in, read_mark
from course.database import Database
from emails.providers.base import Unknown
from emails.providers.memory import MemoryProvider
from scheduler import holding, waiting
from tests.support.houses import TUESDAY, counts, join, join_many, sign_up, tick
from tests.support.providers import DAY, Interrupted, Scripted

Houses = Callable[..., House]
OURS, THEIRS = "a" * 32, "b" * 32


@pytest.fixture
def marked(database: Database, houses: Houses) -> House:
    """A house at work on a database that is its own."""
    house = replace(houses(database, provider=MemoryProvider()), mark=OURS)
    with database.transaction() as session:
        holding.claim_for(session, OURS)
    return house


def reason_for(database: Database, mark: str | None) -> str | None:
    with database.reading() as session:
        return holding.why_held(session, mark)


def hold(house: House) -> None:
    with house.database.transaction() as session:
        holding.hold(session, OURS, "I want to look.", TUESDAY)


def release(house: House, mark: str = OURS) -> None:
    with house.database.transaction() as session:
        holding.release(session, mark)


def ended(house: House) -> None:
    house.life.end()


def test_a_database_that_is_nobodys_holds_nobody(database: Database, houses: Houses) -> None:
    house = houses(database, provider=MemoryProvider())
    join(house)
    assert [reason_for(database, mark) for mark in (None, "", OURS)] == [None] * 3
    tick(house, TUESDAY)
    assert counts(house) == {"accepted": 1}


def test_a_hold_lets_planning_go_on_and_nothing_leave(marked: House) -> None:
    join(marked)
    sign_up(marked, "new@example.com")
    hold(marked)
    tick(marked, TUESDAY)
    assert counts(marked) == {"planned": 2}
    release(marked)
    tick(marked)
    assert counts(marked) == {"accepted": 2}
    ended(marked)


def test_a_hold_says_since_when_and_why(marked: House) -> None:
    hold(marked)
    assert reason_for(marked.database, OURS) == "Held since 2026-11-03 07:00 UTC: I want to look."


def test_whoever_has_another_mark_sends_nothing_and_the_owner_goes_on(marked: House) -> None:
    other = replace(marked, mark=THEIRS, provider=MemoryProvider())
    join(marked)
    tick(other, TUESDAY)
    assert counts(marked) == {"planned": 1}
    assert "another installation" in (reason_for(marked.database, THEIRS) or "")
    tick(marked)
    assert counts(marked) == {"accepted": 1}
    ended(other)
    ended(marked)


def test_a_missing_mark_is_another_mark(marked: House) -> None:
    assert reason_for(marked.database, "") is not None


def test_releasing_makes_it_ours_and_nobody_elses(marked: House) -> None:
    release(marked, THEIRS)
    assert reason_for(marked.database, THEIRS) is None
    assert reason_for(marked.database, OURS) is not None


def test_a_call_without_an_answer_is_not_repeated_from_a_copy(
    database: Database, houses: Houses
) -> None:
    provider = Scripted(dedupe_window=DAY, answers=[Unknown("no answer")])
    house = replace(houses(database, provider=provider), mark=OURS)
    join(house)
    tick(house, TUESDAY)
    hold(house)
    tick(house, TUESDAY + timedelta(hours=2))
    assert len(provider.calls) == 1
    with database.reading() as session:
        assert waiting.look(session, TUESDAY).under_way == 1
    release(house)
    tick(house)
    assert counts(house) == {"accepted": 1}
    ended(house)


def test_a_hold_between_two_calls_stops_the_second(database: Database, houses: Houses) -> None:
    house = replace(houses(database, provider=Interrupted(max_batch=2)), mark=OURS)
    assert isinstance(house.provider, Interrupted)
    house.provider.during = lambda: hold(house)
    join_many(house, 5)
    tick(house, TUESDAY)
    assert counts(house) == {"accepted": 2, "planned": 3}
    ended(house)


def test_what_would_leave_is_counted_by_kind_and_reader(marked: House) -> None:
    hold(marked)
    join_many(marked, 3)
    sign_up(marked, "new@example.com")
    tick(marked, TUESDAY)
    with marked.database.reading() as session:
        found = waiting.look(session, TUESDAY)
        before = waiting.look(session, TUESDAY - timedelta(days=7))
    assert (found.by_kind, found.readers) == ({"confirmation": 1, "lesson": 3}, 4)
    assert found.oldest_due_at == TUESDAY - timedelta(hours=19)
    assert (before.total, before.readers, before.oldest_due_at) == (0, 0, None)
    ended(marked)


def test_the_mark_is_made_once_for_its_owner_only(tmp_path: Path) -> None:
    keys = tmp_path / "new" / "keys"
    assert read_mark(keys) == ""
    mark = make_mark(keys)
    assert (len(mark), make_mark(keys), read_mark(keys)) == (32, mark, mark)
    assert mark_file(keys) == tmp_path / "new" / "keys.installation"
    assert mark_file(keys).stat().st_mode & 0o777 == 0o600


def test_moving_in_twice_or_as_two_processes_is_one_mark(
    database: Database, tmp_path: Path
) -> None:
    keys = tmp_path / "keys"
    marks = {move_in(database, keys) for _ in range(3)}
    assert len(marks) == 1
    assert reason_for(database, marks.pop()) is None


def test_a_new_database_beside_an_old_mark_is_not_held(database: Database, tmp_path: Path) -> None:
    mark = make_mark(tmp_path / "keys")
    assert move_in(database, tmp_path / "keys") == mark
    assert reason_for(database, mark) is None


def test_an_empty_database_is_never_held_for_a_newcomer(database: Database, tmp_path: Path) -> None:
    first = move_in(database, tmp_path / "here" / "keys")
    second = move_in(database, tmp_path / "there" / "keys")
    assert first == second


def test_a_database_with_readers_is_held_for_a_newcomer(marked: House, tmp_path: Path) -> None:
    join(marked)
    mark = move_in(marked.database, tmp_path / "keys")
    assert mark not in {OURS, ""}
    assert reason_for(marked.database, mark) is not None
