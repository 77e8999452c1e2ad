"""The database: in memory, made anew for each run, with a step before and after each transaction.

A step outside a transaction is where another process may do something, or where ours may die; the
step before a commit is where it may die with everything undone.
"""

import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from sqlalchemy.orm import Session

from app.schema import METADATA
from course.database import Database

# Called with a point's name, and whether a transaction is open there.
Step = Callable[[str, bool], None]


def no_step(name: str, inside: bool) -> None:
    del name, inside


class Memory(Database):
    """One engine for all runs of a process, so that statements are compiled once."""

    def __init__(self) -> None:
        super().__init__("sqlite://")
        METADATA.create_all(self.engine)
        self.step: Step = no_step
        self.open = 0
        self._template = sqlite3.connect(":memory:")
        self._raw().backup(self._template)

    def start_anew(self) -> None:
        self.step, self.open = no_step, 0
        self._template.backup(self._raw())

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        where = _caller(sys._getframe(2))  # noqa: SLF001  names the point in a trace
        self.step(f"{where}: before", False)
        with super().transaction() as session:
            self.open += 1
            try:
                yield session
                self.step(f"{where}: commit", True)
            finally:
                self.open -= 1
        self.step(f"{where}: after", False)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        where = _caller(sys._getframe(2))  # noqa: SLF001
        with super().reading() as session:
            self.open += 1
            try:
                yield session
            finally:
                self.open -= 1
        self.step(f"{where}: read", False)

    def _raw(self) -> sqlite3.Connection:
        with self.engine.connect() as connection:
            raw: Any = connection.connection.driver_connection
            connection.rollback()
        assert isinstance(raw, sqlite3.Connection)
        return raw


def _caller(frame: FrameType | None) -> str:
    while frame is not None and "contextlib" in frame.f_code.co_filename:
        frame = frame.f_back
    return frame.f_code.co_name if frame else "?"
