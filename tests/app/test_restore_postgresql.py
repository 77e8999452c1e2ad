"""`restore` into PostgreSQL, by the real command: what is there is held, or nothing is there."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import inspect, text

from app.backup import back_up
from course.database import Database
from course.keys import new_secret
from scheduler.holding import why_held
from tests.support.postgres import Cluster
from tests.support.processes import KILLED
from tests.support.served import installation, run

# Lets it be where it is only asked for the backup's revision.
KILLS_ITS_CALLER = """#!/bin/sh
{program} "$@"
case "$*" in *alembic_version*) ;; *) kill -9 $PPID ;; esac
"""


@dataclass(frozen=True)
class Place:
    """An installation with two confirmations to send, and a database still empty."""

    folder: Path
    original: str
    empty: str

    @property
    def backup(self) -> Path:
        return self.folder / "backup"

    def back_up(self) -> None:
        with opened(self.original) as database:
            back_up(database, self.original, self.backup)

    def restore(self, **more: str) -> tuple[int, str]:
        done = run(installation(self.folder, self.empty, **more), "restore", str(self.backup))
        return done.returncode, done.stderr

    def tables(self) -> list[str]:
        with opened(self.empty) as database:
            return inspect(database.engine).get_table_names()

    def held(self) -> str:
        with opened(self.empty) as database, database.reading() as session:
            return why_held(session, None) or ""

    def ticked(self) -> str:
        return run(installation(self.folder, self.empty), "tick").stdout


@contextmanager
def opened(url: str) -> Iterator[Database]:
    database = Database(url)
    yield database
    database.engine.dispose()


@pytest.fixture
def place(cluster: Cluster, tmp_path: Path) -> Iterator[Place]:
    original, empty = (cluster.copy_database(cluster.url("template0")) for _ in range(2))
    readers = tmp_path / "readers.csv"
    readers.write_text("email,name,timezone\nana@example.com,,\nbo@example.com,,\n")
    for words in (("migrate",), ("readers", "import", str(readers), "--course", "six-letters")):
        assert run(installation(tmp_path, original), *words).returncode == 0
    yield Place(tmp_path, original, empty)
    for url in (original, empty):
        cluster.drop_database(url)


def test_in_its_own_installation_too_it_starts_held(place: Place) -> None:
    place.back_up()
    assert place.restore()[0] == 0
    assert "restored from a backup" in place.held()
    assert "2 planned, 0 calls made" in place.ticked()


def test_a_newer_versions_backup_is_refused_before_it_is_loaded(place: Place) -> None:
    with opened(place.original) as database, database.transaction() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    place.back_up()
    code, said = place.restore()
    assert code == 1
    assert "newer version of Lettercourse" in said
    assert place.tables() == []


def test_another_databases_dump_is_refused(place: Place) -> None:
    with opened(place.empty) as database:
        back_up(database, place.empty, place.backup)
    assert "isn't a whole backup" in place.restore()[1]
    assert place.tables() == []


@pytest.mark.parametrize(("program", "is_there"), [("pg_restore", False), ("psql", True)])
def test_killed_on_the_way_it_is_held_or_nothing_is_there(
    place: Place, program: str, is_there: bool
) -> None:
    place.back_up()
    wrapper = place.folder / "programs" / program
    wrapper.parent.mkdir()
    wrapper.write_text(KILLS_ITS_CALLER.format(program=shutil.which(program)))
    wrapper.chmod(0o755)
    assert place.restore(PATH=f"{wrapper.parent}:{os.environ['PATH']}")[0] == KILLED
    assert bool(place.tables()) is is_there
    if is_there:
        assert "restored from a backup" in place.held()


def test_a_backup_that_breaks_off_leaves_nothing(place: Place) -> None:
    place.back_up()
    place.backup.write_bytes(place.backup.read_bytes()[:-100])
    code, said = place.restore()
    assert code == 1
    assert "pg_restore says" in said
    assert place.tables() == []


def test_another_key_file_leaves_nothing_and_the_right_one_may_follow(place: Place) -> None:
    place.back_up()
    code, said = place.restore(LETTERCOURSE_SECURITY__KEYS=new_secret())
    assert code == 1
    assert "another key file" in said
    assert place.tables() == []
    assert place.restore()[0] == 0
