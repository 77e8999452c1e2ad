"""Whether a worker is still alive, told by a lock that dies with its process.

A lease alone would make everybody wait until it has run out after each crash. A worker therefore
holds a lock for as long as it lives: a file's on SQLite, an advisory one on PostgreSQL. Whoever
finds that lock free knows that its holder is gone.
"""

from pathlib import Path
from typing import Protocol
from uuid import uuid4

from filelock import FileLock, Timeout
from sqlalchemy import Engine, text

from course.database import Database


DOOR = "door"


class Life(Protocol):
    """One worker's own life, and its view of the others'."""

    @property
    def worker(self) -> str: ...

    def is_lost(self, worker: str) -> bool:
        """True only when that worker's process has certainly ended."""
        ...

    def end(self) -> None: ...


def begin_life(database: Database) -> Life:
    if database.is_postgresql:
        return PostgresLife(database.engine)
    if database.file is not None:
        return FileLife(database.file.with_name(f"{database.file.name}.workers"))
    return LonelyLife()


class LonelyLife:
    """For a database in memory, which nobody else can see."""

    def __init__(self) -> None:
        self.worker = uuid4().hex

    def is_lost(self, worker: str) -> bool:
        return worker != self.worker

    def end(self) -> None:
        pass


class FileLife:
    """A locked file beside the database; the kernel lets go of it when the process ends."""

    def __init__(self, folder: Path) -> None:
        self.worker = uuid4().hex
        self._folder = folder
        self._lock = FileLock(folder / self.worker)
        folder.mkdir(parents=True, exist_ok=True)
        # One at the door at a time, so that nobody sweeps up a file about to be locked.
        with FileLock(folder / DOOR):
            self._sweep()
            self._lock.acquire(timeout=0)

    def is_lost(self, worker: str) -> bool:
        if worker == self.worker:
            return False
        lock = FileLock(self._folder / worker)
        try:
            with lock.acquire(timeout=0):
                return True
        except Timeout:
            return False

    def end(self) -> None:
        self._lock.release()
        (self._folder / self.worker).unlink(missing_ok=True)

    def _sweep(self) -> None:
        """Remove what processes that were killed left behind."""
        for file in self._folder.iterdir():
            if file.name != DOOR and self.is_lost(file.name):
                file.unlink(missing_ok=True)


class PostgresLife:
    """A session-level advisory lock on a connection of its own.

    The connection ends with the process, and PostgreSQL lets go of the lock.
    """

    def __init__(self, engine: Engine) -> None:
        self.worker = uuid4().hex
        self._engine = engine.execution_options(isolation_level="AUTOCOMMIT")
        self._connection = self._engine.connect()
        self._connection.execute(text("SELECT pg_advisory_lock(:n)"), {"n": _number(self.worker)})

    def is_lost(self, worker: str) -> bool:
        if worker == self.worker:
            return False
        with self._engine.connect() as connection:
            number = {"n": _number(worker)}
            free = connection.execute(text("SELECT pg_try_advisory_lock(:n)"), number).scalar_one()
            if free:
                connection.execute(text("SELECT pg_advisory_unlock(:n)"), number)
            return bool(free)

    def end(self) -> None:
        self._connection.invalidate()
        self._connection.close()


def _number(worker: str) -> int:
    """The worker's name as a signed 64-bit number, which is what advisory locks are called."""
    return int.from_bytes(bytes.fromhex(worker)[:8], "big", signed=True)
