"""`backup` and `restore` as their user types them, on SQLite; `tests/journeys` has PostgreSQL."""

import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import func, select, update

from app import schema
from app.errors import CommandError
from app.main import commands
from course.database import Database
from course.keys import new_secret
from course.subscribers import Subscriber
from emails.providers.memory import MemoryProvider
from scheduler.holding import why_held
from scheduler.workers import begin_life
from tests.support.houses import SHIPPED_SETTINGS, join, make_house


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """An installation with two readers; its commands find it by the environment."""
    (tmp_path / "keys").write_text(f"{new_secret()}\n")
    database = opened(tmp_path)
    schema.migrate(database)
    house = make_house(database, provider=MemoryProvider(), secret=(tmp_path / "keys").read_text())
    for reader in ("ana@example.com", "bo@example.com"):
        join(house, reader)
    yield database
    database.engine.dispose()


def opened(folder: Path) -> Database:
    return Database(f"sqlite:///{folder / 'lettercourse.sqlite3'}")


def typed(folder: Path, *words: str | Path, **more: str) -> Result:
    environment = {
        "LETTERCOURSE_SETTINGS": str(SHIPPED_SETTINGS),
        "LETTERCOURSE_DATABASE__URL": f"sqlite:///{folder / 'lettercourse.sqlite3'}",
        "LETTERCOURSE_SECURITY__KEY_STORE": str(folder / "keys"),
    }
    return CliRunner(env=environment | more).invoke(commands, [str(word) for word in words])


def readers(database: Database) -> int:
    with database.reading() as session:
        return session.scalar(select(func.count()).select_from(Subscriber)) or 0


@pytest.fixture
def backup(database: Database, tmp_path: Path) -> Path:
    assert readers(database) == 2
    file = tmp_path / "elsewhere" / "backup"
    assert typed(tmp_path, "backup", file).exit_code == 0
    return file


def test_a_backup_is_one_whole_file_for_its_owner_only(backup: Path) -> None:
    assert [file.name for file in backup.parent.iterdir()] == ["backup"]
    assert backup.stat().st_mode & 0o777 == 0o600
    with sqlite3.connect(backup) as connection:
        assert connection.execute("SELECT count(*) FROM subscribers").fetchone() == (2,)
    connection.close()


def test_it_is_as_of_one_moment_while_others_write(database: Database, tmp_path: Path) -> None:
    file = tmp_path / "backup"
    with database.transaction() as session:
        session.execute(update(Subscriber).values(name="Somebody"))
        assert typed(tmp_path, "backup", file).exit_code == 0
    with sqlite3.connect(file) as connection:
        assert connection.execute("SELECT DISTINCT name FROM subscribers").fetchall() == [("Ana",)]
    connection.close()


def test_no_backup_takes_another_ones_place(backup: Path, tmp_path: Path) -> None:
    before = backup.read_bytes()
    assert isinstance(typed(tmp_path, "backup", backup).exception, CommandError)
    assert backup.read_bytes() == before


def test_a_restored_one_is_held_and_what_was_there_is_moved_aside(
    database: Database, backup: Path, tmp_path: Path
) -> None:
    house = make_house(database, provider=MemoryProvider())
    join(house, "cleo@example.com")
    done = typed(tmp_path, "restore", backup, "--replace")
    assert done.exit_code == 0
    restored = opened(tmp_path)
    assert readers(restored) == 2
    with restored.reading() as session:
        assert "restored from a backup" in (why_held(session, None) or "")
    restored.engine.dispose()
    [aside] = tmp_path.glob("lettercourse.sqlite3.before-*")
    assert str(aside) in done.output
    before = Database(f"sqlite:///{aside}")
    assert readers(before) == 3
    before.engine.dispose()


def new_machine(tmp_path: Path) -> Path:
    """Its folder, with a copy of the keys in it."""
    there = tmp_path / "there"
    there.mkdir()
    shutil.copy(tmp_path / "keys", there)
    return there


def test_on_a_new_machine_with_its_keys(backup: Path, tmp_path: Path) -> None:
    there = new_machine(tmp_path)
    assert typed(there, "restore", backup).exit_code == 0
    restored = opened(there)
    assert readers(restored) == 2
    restored.engine.dispose()


def refused(result: Result, words: str) -> bool:
    return isinstance(result.exception, CommandError) and words in str(result.exception)


def test_it_refuses_in_a_sentence_and_touches_nothing(
    database: Database, backup: Path, tmp_path: Path
) -> None:
    there = tmp_path / "there"
    there.mkdir()
    assert refused(typed(tmp_path, "restore", backup), "lettercourse restore --replace")
    assert refused(typed(there, "restore", backup), "Put your copy of the key file")
    (there / "keys").write_text(f"{new_secret()}\n")
    assert refused(typed(there, "restore", backup), "another key file")
    backup.write_bytes(backup.read_bytes()[:-3000])
    assert refused(typed(tmp_path, "restore", backup, "--replace"), "isn't a whole backup")
    assert readers(database) == 2
    assert left_over(there) == []
    assert not (there / "lettercourse.sqlite3").exists()


def left_over(folder: Path) -> list[Path]:
    return [*folder.glob("*.restoring*"), *folder.glob("*.before*")]


def test_while_a_worker_lives_nothing_is_restored(
    database: Database, backup: Path, tmp_path: Path
) -> None:
    life = begin_life(database)
    assert refused(typed(tmp_path, "restore", backup, "--replace"), "is running")
    life.end()
    assert typed(tmp_path, "restore", backup, "--replace").exit_code == 0


@pytest.mark.parametrize("name", ["lettercourse.sqlite3", "lettercourse.sqlite3.restoring"])
def test_a_log_left_by_a_crash_isnt_read_into_what_is_restored(
    database: Database, backup: Path, tmp_path: Path, name: str
) -> None:
    log = tmp_path / "lettercourse.sqlite3-wal"
    join(make_house(database, provider=MemoryProvider()), "cleo@example.com")
    left = log.read_bytes()
    database.engine.dispose()
    for file in tmp_path.glob("lettercourse.sqlite3*"):
        if file.is_file():
            file.unlink()
    log.with_name(f"{name}-wal").write_bytes(left)
    assert typed(tmp_path, "restore", backup).exit_code == 0
    restored = opened(tmp_path)
    assert readers(restored) == 2
    with restored.reading() as session:
        assert "restored from a backup" in (why_held(session, None) or "")
    restored.engine.dispose()


def test_a_log_without_its_database_is_moved_aside(backup: Path, tmp_path: Path) -> None:
    there = new_machine(tmp_path)
    (there / "lettercourse.sqlite3-wal").write_bytes(b"the latest changes")
    done = typed(there, "restore", backup)
    [aside] = there.glob("lettercourse.sqlite3.before-*-wal")
    assert aside.read_bytes() == b"the latest changes"
    assert f"It is {aside} now" in done.output


def test_a_database_that_somebody_reads_stays_where_it_is(
    database: Database, backup: Path, tmp_path: Path
) -> None:
    house = make_house(database, provider=MemoryProvider())
    with database.snapshot() as session:
        session.scalars(select(Subscriber)).all()
        join(house, "cleo@example.com")
        assert refused(typed(tmp_path, "restore", backup, "--replace"), "Another program is")
        assert left_over(tmp_path) == []
        assert readers(database) == 3
    assert typed(tmp_path, "restore", backup, "--replace").exit_code == 0


def test_a_damaged_database_is_moved_aside_as_it_is(backup: Path, tmp_path: Path) -> None:
    there = new_machine(tmp_path)
    (there / "lettercourse.sqlite3").write_bytes(b"damaged" * 1000)
    assert typed(there, "restore", backup, "--replace").exit_code == 0
    [aside] = there.glob("lettercourse.sqlite3.before-*")
    assert aside.read_bytes() == b"damaged" * 1000


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("UPDATE alembic_version SET version_num = '9999'", "newer version of Lettercourse"),
        ("DROP TABLE alembic_version", "isn't a whole backup"),
    ],
)
def test_a_backup_it_doesnt_know_is_refused(
    database: Database, backup: Path, tmp_path: Path, change: str, words: str
) -> None:
    with sqlite3.connect(backup) as connection:
        connection.execute(change)
    connection.close()
    assert refused(typed(tmp_path, "restore", backup, "--replace"), words)
    assert readers(database) == 2
    assert left_over(tmp_path) == []
