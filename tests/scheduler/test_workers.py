"""Whether a worker is alive: real processes, really killed."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import pytest
from sqlalchemy import text

from app.bootstrap import House
from course.database import Database
from emails.providers.memory import MemoryProvider
from scheduler.workers import FileLife, Life, PostgresLife, begin_life
from tests.support.houses import make_house

ROOT = Path(__file__).parent.parent.parent
LIVE = """
import sys, time
from course.database import Database
from scheduler.workers import begin_life
life = begin_life(Database(sys.argv[1]))
print(life.worker, flush=True)
time.sleep(60)
"""


Begin = Callable[[Database], Life]


@pytest.fixture
def begin() -> Iterator[Begin]:
    """`begin_life`, for lives that end with the test at the latest."""
    lives: list[Life] = []

    def begun(database: Database) -> Life:
        lives.append(begin_life(database))
        return lives[-1]

    yield begun
    for life in lives:
        life.end()


@contextmanager
def another_process(url: str) -> Iterator[tuple["subprocess.Popen[str]", str]]:
    """A worker in a process of its own, and its name."""
    command = [sys.executable, "-c", LIVE, url]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout is not None
        yield process, process.stdout.readline().strip()
        process.kill()


def test_a_living_process_is_not_lost_and_a_killed_one_is(
    begin: Begin, database: Database, database_url: str
) -> None:
    mine = begin(database)
    with another_process(database_url) as (process, worker):
        assert not is_lost(mine, worker)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        # A killed client's session ends when the server next looks at its socket.
        assert eventually(lambda: is_lost(mine, worker))


def is_lost(life: Life, worker: str) -> bool:
    return life.lost([worker]) == {worker}


def eventually(is_so: Callable[[], bool]) -> bool:
    """Whether it is so within ten seconds."""
    for _ in range(500):
        if is_so():
            return True
        time.sleep(0.02)
    return False


def test_a_stopped_process_is_not_lost(begin: Begin, database: Database, database_url: str) -> None:
    mine = begin(database)
    with another_process(database_url) as (process, worker):
        os.kill(process.pid, signal.SIGSTOP)
        assert not is_lost(mine, worker)


def test_a_worker_is_never_lost_to_itself(begin: Begin, database: Database) -> None:
    life = begin(database)
    assert not is_lost(life, life.worker)
    life.end()


def test_a_worker_that_ends_is_lost_at_once(begin: Begin, database: Database) -> None:
    mine, other = begin(database), begin(database)
    assert not is_lost(mine, other.worker)
    other.end()
    assert is_lost(mine, other.worker)


def test_asking_does_not_take_the_lock_away(begin: Begin, database: Database) -> None:
    mine, other, third = (begin(database) for _ in range(3))
    other.end()
    assert [is_lost(mine, other.worker), is_lost(third, other.worker)] == [True, True]
    assert not is_lost(third, mine.worker)


def test_of_many_exactly_those_are_lost_that_have_ended(begin: Begin, database: Database) -> None:
    mine, *others = (begin(database) for _ in range(5))
    ended = [other.worker for other in others[:2]]
    for other in others[:2]:
        other.end()
    everybody = [mine.worker, *(other.worker for other in others[2:]), *ended]
    assert [mine.lost(everybody), mine.lost(everybody), mine.lost([])] == [
        set(ended),
        set(ended),
        set(),
    ]


def test_ending_twice_is_harmless(begin: Begin, database: Database) -> None:
    life = begin(database)
    life.end()
    life.end()


def test_a_worker_may_end_in_another_thread_than_it_began(begin: Begin, sqlite: Database) -> None:
    mine, other = begin(sqlite), begin(sqlite)
    thread = Thread(target=other.end)
    thread.start()
    thread.join()
    assert isinstance(other, FileLife)
    assert is_lost(mine, other.worker)


def test_files_of_killed_processes_are_swept_up(
    begin: Begin, sqlite: Database, sqlite_url: str
) -> None:
    with another_process(sqlite_url) as (process, worker):
        process.kill()
        process.wait()
    life = begin(sqlite)
    assert sqlite.file is not None
    left = {file.name for file in Path(f"{sqlite.file}.workers").iterdir()}
    assert (worker in left, life.worker in left) == (False, True)
    life.end()


def test_a_database_in_memory_has_one_worker(begin: Begin) -> None:
    database = Database("sqlite://")
    life = begin(database)
    life.renew()
    assert (is_lost(life, life.worker), is_lost(life, "another")) == (False, True)
    life.end()
    database.engine.dispose()


def test_a_worker_whose_connection_broke_goes_on_under_a_new_name(
    begin: Begin, postgresql: Database
) -> None:
    life, other = begin(postgresql), begin(postgresql)
    assert isinstance(life, PostgresLife)
    before = life.worker
    break_all_connections(postgresql, spare=other)
    assert eventually(lambda: is_lost(other, before))
    life.renew()
    assert life.worker != before
    assert not is_lost(other, life.worker)
    life.end()
    other.end()


def test_a_worker_whose_connection_holds_keeps_its_name(begin: Begin, database: Database) -> None:
    life = begin(database)
    before = life.worker
    life.renew()
    assert life.worker == before
    life.end()


def break_all_connections(database: Database, *, spare: object) -> None:
    """What a restart of the server does to everybody, except to one of the workers."""
    assert isinstance(spare, PostgresLife)
    number = int.from_bytes(bytes.fromhex(spare.worker)[:8], "big")
    with database.reading() as session:
        session.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'"
                " AND pid <> pg_backend_pid() AND (classid::bigint << 32) + objid::bigint"
                " <> :spare AND database = (SELECT oid FROM pg_database"
                " WHERE datname = current_database())"
            ),
            {"spare": number - (1 << 64) if number >= 1 << 63 else number},
        )


@pytest.mark.parametrize("gone", ["ended", "living"])
def test_a_house_asks_through_its_own_life(database: Database, gone: str) -> None:
    mine: House = make_house(database, provider=MemoryProvider())
    other: House = make_house(database, provider=MemoryProvider())
    name = other.life.worker
    if gone == "ended":
        other.life.end()
    assert is_lost(mine.life, name) is (gone == "ended")
    mine.life.end()
    other.life.end()
