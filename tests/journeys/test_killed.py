"""Kill -9 at every step of delivery, in real processes, against real vendors' servers."""

import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from course.database import Database
from emails.providers.memory import MemoryProvider
from tests.players import postmark, resend
from tests.players.vendor import Player
from tests.support.driver import Order
from tests.support.houses import (
    SECRET,
    TUESDAY,
    counts,
    deliveries,
    enrolment,
    join_many,
    make_house,
)
from tests.support.postgres import Cluster
from tests.support.processes import Driver, End

READERS = 30
# Two calls to the vendor, so that a kill between two of them is among the steps.
MAX_BATCH = 15
# The server needs a moment to notice that a killed worker is gone; the product ticks every second.
TICKS = 20


@dataclass(frozen=True)
class Stage:
    """A database with readers whose letter is due, to be copied for each kill."""

    copy: Callable[[], str]
    drop: Callable[[str], None]


@pytest.fixture(scope="module")
def driver() -> Iterator[Driver]:
    with Driver() as driver:
        yield driver


@pytest.fixture(scope="module")
def key_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("keys") / "keys"
    file.write_text(SECRET)
    return file


@pytest.fixture
def stage(database_url: str, tmp_path: Path, request: pytest.FixtureRequest) -> Stage:
    database = Database(database_url)
    house = make_house(database, provider=MemoryProvider())
    join_many(house, READERS)
    database.engine.dispose()
    if database.is_postgresql:
        cluster: Cluster = request.getfixturevalue("cluster")
        return Stage(lambda: cluster.copy_database(database_url), cluster.drop_database)
    return _of_files(database.file or tmp_path, tmp_path)


def _of_files(original: Path, folder: Path) -> Stage:
    copy = folder / "copy" / original.name

    def make_copy() -> str:
        copy.parent.mkdir()
        shutil.copy(original, copy)
        return f"sqlite:///{copy}"

    return Stage(make_copy, lambda _: shutil.rmtree(copy.parent))


@dataclass(frozen=True)
class Aftermath:
    """Where everything stands after a kill and all the ticks it took to recover."""

    step: str
    taken: Counter[str]
    states: dict[str, int]
    unaccepted: set[str]
    due_again: set[object]


def live_through(url: str, driver: Driver, order: Order, player: Player) -> tuple[End, Aftermath]:
    player.journal.entries.clear()
    end = driver.run(replace(order, database_url=url))
    database = Database(url)
    house = make_house(database, provider=MemoryProvider())
    for _ in range(TICKS):
        assert driver.run(replace(order, database_url=url, kill_at=0)).code == 0
        if not {"planned", "claimed"} & set(counts(house)):
            break
    letters = deliveries(house, "lesson")
    aftermath = Aftermath(
        step=end.step,
        taken=Counter(entry["to"] for entry in player.journal.entries),
        states=counts(house),
        unaccepted={
            enrolment(house, letter.enrolment_id or 0).subscriber.email
            for letter in letters
            if letter.state != "accepted"
        },
        due_again={enrolment(house, letter.enrolment_id or 0).next_due_at for letter in letters},
    )
    database.engine.dispose()
    return end, aftermath


def at_every_step(
    stage: Stage, driver: Driver, order: Order, player: Player, stride: int
) -> Iterator[Aftermath]:
    kill_at, killed = 1, True
    while killed:
        url = stage.copy()
        end, aftermath = live_through(url, driver, replace(order, kill_at=kill_at), player)
        stage.drop(url)
        assert end.killed or end.code == 0
        yield aftermath
        kill_at, killed = kill_at + stride, end.killed


def stride_of(database_url: str, on_sqlite: int = 1) -> int:
    """Every step on SQLite; every fourth on PostgreSQL, where each costs more time."""
    return 4 if database_url.startswith("postgresql") else on_sqlite


def test_with_resend_everybody_gets_the_letter_exactly_once(
    stage: Stage, driver: Driver, key_file: Path, database_url: str
) -> None:
    with resend.make_resend() as player:
        order = Order(
            "", "resend", player.url, resend.API_KEY, str(key_file), TUESDAY.isoformat(), MAX_BATCH
        )
        steps = []
        for after in at_every_step(stage, driver, order, player, stride_of(database_url)):
            assert set(after.taken.values()) == {1}, after.step
            assert len(after.taken) == READERS, after.step
            assert after.states == {"accepted": READERS}, after.step
            assert len(after.due_again - {None}) == len(after.due_again) == 1, after.step
            steps.append(after.step)
    assert_all_steps_seen(steps, stride_of(database_url))


def test_with_postmark_nobody_gets_it_twice_and_whoever_is_in_doubt_is_told(
    stage: Stage, driver: Driver, key_file: Path, database_url: str
) -> None:
    with postmark.make_postmark() as player:
        order = Order(
            "",
            "postmark",
            player.url,
            postmark.TOKEN,
            str(key_file),
            TUESDAY.isoformat(),
            MAX_BATCH,
        )
        steps, doubts = [], []
        for after in at_every_step(stage, driver, order, player, stride_of(database_url)):
            assert set(after.taken.values()) == {1}, after.step
            assert set(after.states) <= {"accepted", "unknown"}, after.step
            assert sum(after.states.values()) == READERS, after.step
            missing = {f"reader{n}@example.com" for n in range(READERS)} - set(after.taken)
            assert missing <= after.unaccepted, after.step
            assert after.states.get("unknown", 0) == len(after.unaccepted) <= MAX_BATCH, after.step
            assert None not in after.due_again, after.step
            steps.append(after.step)
            doubts.append(after.states.get("unknown", 0))
    assert max(doubts) == MAX_BATCH
    assert_all_steps_seen(steps, stride_of(database_url))


# Before and after: the commit of planning, and seven things of each of two batches.
STEPS = 2 + 2 * 14


def assert_all_steps_seen(steps: list[str], stride: int) -> None:
    """The journey is worth nothing if it passed a step by."""
    *killed, last = steps
    assert last == ""
    assert len(killed) * stride > STEPS - stride
    if stride == 1:
        for name in ("claiming", "composing", "the call", "settling", "a commit"):
            assert killed.count(f"before {name}") >= 2
            assert killed.count(f"after {name}") >= 2
