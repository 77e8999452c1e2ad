"""Whether a worker is still alive, told by a lock that dies with its process.

A lease alone would make everybody wait until it has run out after each crash. A worker therefore
holds a lock for as long as it lives: a file's on SQLite, an advisory one on PostgreSQL. Whoever
finds that lock free knows that its holder is gone.
"""

from collections.abc import Collection
from contextlib import suppress
from pathlib import Path
from typing import Protocol
from uuid import uuid4

from filelock import FileLock, Timeout
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from course.database import Database

DOOR = "door"
TAKE_THE_FREE = text(
    "SELECT n FROM unnest(CAST(:numbers AS BIGINT[])) AS n WHERE pg_try_advisory_lock(n)"
)
LET_GO = text("SELECT pg_advisory_unlock(n) FROM unnest(CAST(:numbers AS BIGINT[])) AS n")


class Life(Protocol):
    """One worker's own life, and its view of the others'."""

    @property
    def worker(self) -> str: ...

    def renew(self) -> None:
        """Hold the lock still; where it was lost, under a new name."""
        ...

    def lost(self, workers: Collection[str]) -> set[str]:
        """Those of these whose processes have certainly ended."""
        ...

    def end(self) -> None: ...


def begin_life(database: Database) -> Life:
    if database.is_postgresql:
        return PostgresLife(database.engine)
    if database.file is not None:
        return FileLife(database.file.with_name(f"{database.file.name}.workers"))
    return LonelyLife()


def anybody_alive(database: Database) -> bool:
    """Whether a process is at work on this SQLite file. PostgreSQL isn't asked."""
    if database.file is None:
        return False
    life = begin_life(database)
    try:
        return isinstance(life, FileLife) and life.has_company()
    finally:
        life.end()


class LonelyLife:
    """For a database in memory, which nobody else can see."""

    def __init__(self) -> None:
        self.worker = uuid4().hex

    def renew(self) -> None:
        pass

    def lost(self, workers: Collection[str]) -> set[str]:
        return set(workers) - {self.worker}

    def end(self) -> None:
        pass


class FileLife:
    """A locked file beside the database; the kernel lets go of it when the process ends."""

    def __init__(self, folder: Path) -> None:
        self.worker = uuid4().hex
        self._folder = folder
        # Not bound to the thread that takes it: a worker is a process, and may end in another one.
        self._lock = FileLock(folder / self.worker, thread_local=False)
        folder.mkdir(parents=True, exist_ok=True)
        # One at the door at a time, so that nobody sweeps up a file about to be locked.
        with FileLock(folder / DOOR):
            self._sweep()
            self._lock.acquire(timeout=0)

    def renew(self) -> None:
        pass  # The kernel doesn't lose a lock while the process lives.

    def lost(self, workers: Collection[str]) -> set[str]:
        return {worker for worker in workers if worker != self.worker and self._is_free(worker)}

    def has_company(self) -> bool:
        with FileLock(self._folder / DOOR):
            self._sweep()
            names = {file.name for file in self._folder.iterdir()}
        return bool(names - {DOOR, self.worker})

    def end(self) -> None:
        self._lock.release()
        (self._folder / self.worker).unlink(missing_ok=True)

    def _sweep(self) -> None:
        """Remove what processes that were killed left behind."""
        for file in self._folder.iterdir():
            if file.name not in {DOOR, self.worker} and self._is_free(file.name):
                file.unlink(missing_ok=True)

    def _is_free(self, worker: str) -> bool:
        try:
            with FileLock(self._folder / worker).acquire(timeout=0):
                return True
        except Timeout:
            return False


class PostgresLife:
    """A session-level advisory lock on a connection of its own.

    The connection ends with the process, and PostgreSQL lets go of the lock. It ends with the
    server too: without `renew` a living worker would seem dead ever after.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine.execution_options(isolation_level="AUTOCOMMIT")
        self.worker, self._connection = self._begin()

    def renew(self) -> None:
        if not self._holds():
            self.end()
            self.worker, self._connection = self._begin()

    def lost(self, workers: Collection[str]) -> set[str]:
        numbers = {_number(worker): worker for worker in set(workers) - {self.worker}}
        if not numbers:
            return set()
        with self._engine.connect() as connection:
            free = connection.scalars(TAKE_THE_FREE, {"numbers": list(numbers)}).all()
            if free:
                connection.execute(LET_GO, {"numbers": free})
        return {numbers[number] for number in free}

    def end(self) -> None:
        if self._connection.closed:
            return
        # Let go of by word first: a connection that just closes keeps its lock for a moment.
        if not self._connection.invalidated:
            with suppress(DBAPIError):
                number = {"n": _number(self.worker)}
                self._connection.execute(text("SELECT pg_advisory_unlock(:n)"), number)
        self._connection.invalidate()
        self._connection.close()

    def _holds(self) -> bool:
        # Closed by us where the server was still away when we last wanted to begin anew.
        if self._connection.closed:
            return False
        try:
            # Asked, not looked at: what lies between may have let go of it without a word.
            self._connection.execute(text("SELECT 1"))
        except DBAPIError:
            return False
        return True

    def _begin(self) -> tuple[str, Connection]:
        worker, connection = uuid4().hex, self._engine.connect()
        connection.execute(text("SELECT pg_advisory_lock(:n)"), {"n": _number(worker)})
        return worker, connection


def _number(worker: str) -> int:
    """The worker's name as a signed 64-bit number, which is what advisory locks are called."""
    return int.from_bytes(bytes.fromhex(worker)[:8], "big", signed=True)
