"""A copy of the database while everything goes on, and back again.

A copy is complete or doesn't exist: it gets its name at the end. It is for its owner's eyes only,
and the keys aren't in it.
"""

import os
import re
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from subprocess import DEVNULL, PIPE, Popen
from typing import Any

from sqlalchemy.engine import make_url
from sqlalchemy.exc import DatabaseError, OperationalError

from app.errors import CommandError
from course.database import Database

FOR_ITS_OWNER = 0o600
NOT_A_BACKUP = "isn't a whole backup of Lettercourse; take another one."
IN_USE = "Another program is reading {file}. Close that program first, then restore."
# What SQLite would read together with a database of that name, whichever one it belongs to.
LOGS = ("-wal", "-shm", "-journal")
OF_NOBODY = ("--no-owner", "--no-privileges")
REVISION = re.compile(r"^COPY \S*alembic_version .*\n(.+)\n\\\.$", re.MULTILINE)


def back_up(database: Database, url: str, file: Path) -> None:
    """Raises CommandError where there is a file already: no backup takes another one's place."""
    if file.exists():
        raise CommandError(f"{file} is there already; name another file, or remove it first.")
    with _draft_of(file) as draft:
        if database.is_postgresql:
            where, environment = _reach(url)
            how = (*OF_NOBODY, "--format=custom", f"--file={draft}")
            _run("pg_dump", where, *how, env=environment)
        else:
            _copy_sqlite(database, draft)


def put_in_place(file: Path, target: Path) -> None:
    """A backup of SQLite as the database file, nothing of it changed yet."""
    with _draft_of(target) as draft:
        shutil.copyfile(file, draft)
        refuse_damaged(draft, file)


def move_aside(database: Database, target: Path) -> Path | None:
    """The database, its log emptied into it; where it is gone, the log that it left."""
    if target.exists():
        _empty_log_if_sound(database)
    database.engine.dispose()
    _drop_empty_log(target)
    aside = target.with_name(f"{target.name}.before-{datetime.now(UTC):%Y%m%d-%H%M%S}")
    there = [suffix for suffix in ("", *LOGS) if _beside(target, suffix).exists()]
    for suffix in there:
        _beside(target, suffix).rename(_beside(aside, suffix))
    return _beside(aside, there[0]) if there else None


def empty_log(database: Database) -> None:
    """Raises CommandError where somebody reads, so that what is newest stays in the log."""
    if not database.leave_no_trace():
        raise CommandError(IN_USE.format(file=database.file))


def remove_with_logs(file: Path) -> None:
    for suffix in ("", *LOGS):
        _beside(file, suffix).unlink(missing_ok=True)


def revision_in(file: Path) -> str | None:
    """Of the tables in a backup of PostgreSQL; nothing where they aren't ours."""
    rows = ("--data-only", "--table=alembic_version")
    found = REVISION.search(_run("pg_restore", *rows, "--file=-", str(file)))
    return found[1] if found else None


def load_into(url: str, file: Path, and_then: str) -> None:
    """A backup of PostgreSQL into an empty database, and one statement more: all of it or nothing.

    Nobody sees the one without the other. Our own word commits them, and is never said where the
    backup breaks off or this process is killed.
    """
    where, environment = _reach(url)
    how = ("--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--command=BEGIN", "--file=-")
    with _started("psql", where, *how, env=environment, stdin=PIPE, stdout=DEVNULL) as psql:
        script = _started("pg_restore", *OF_NOBODY, "--file=-", str(file), stdout=psql.stdin)
        _, broken_off = script.communicate()
        # The script empties the path by which tables are found.
        ending = f"RESET search_path;\n{and_then};\nCOMMIT;\n"
        _, refused = psql.communicate("" if script.returncode else ending)
    # First of psql: where it gave up, the other one only tells that nobody listens.
    _refuse_failed("psql", psql.returncode, refused)
    _refuse_failed("pg_restore", script.returncode, broken_off)


def refuse_damaged(copy: Path, named: Path) -> None:
    """Raises CommandError for what isn't a SQLite database, or isn't whole."""
    try:
        with closing(sqlite3.connect(copy)) as connection:
            whole = _asked(connection, "integrity_check") == "ok"
            pages, size = (int(_asked(connection, one)) for one in ("page_count", "page_size"))
    except sqlite3.DatabaseError:
        whole = False
    # A piece cut off the last page goes unnoticed by the check itself.
    if not whole or pages * size != copy.stat().st_size:
        raise CommandError(f"{named} {NOT_A_BACKUP}")


def _empty_log_if_sound(database: Database) -> None:
    """A damaged database, which may be why it is replaced, is moved as it is."""
    try:
        empty_log(database)
    except OperationalError:
        raise
    except DatabaseError:
        pass


def _drop_empty_log(target: Path) -> None:
    """It stays where somebody else has the database open, and would only be one file more."""
    log = _beside(target, "-wal")
    if log.exists() and log.stat().st_size == 0:
        log.unlink()
        _beside(target, "-shm").unlink(missing_ok=True)


def _beside(file: Path, suffix: str) -> Path:
    return file.with_name(f"{file.name}{suffix}")


def _asked(connection: sqlite3.Connection, pragma: str) -> str:
    return str(connection.execute(f"PRAGMA {pragma}").fetchone()[0])


@contextmanager
def _draft_of(file: Path) -> Iterator[Path]:
    """A file for its owner only, named as wanted once it is whole and on the disk."""
    draft = file.with_name(f"{file.name}.partial")
    draft.unlink(missing_ok=True)
    try:
        draft.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft.touch(FOR_ITS_OWNER)
        yield draft
        with draft.open("rb") as written:
            os.fsync(written.fileno())
        draft.rename(file)
    except OSError as error:
        raise CommandError(f"{file} can't be written: {error.strerror}.") from error
    finally:
        with suppress(OSError):
            draft.unlink(missing_ok=True)


def _copy_sqlite(database: Database, draft: Path) -> None:
    """As of one moment; writers go on. What was deleted isn't in it."""
    with database.engine.connect() as connection:
        # Past the engine, which would begin a transaction, where this can't be done.
        raw = connection.connection.driver_connection
        assert isinstance(raw, sqlite3.Connection)
        raw.execute("VACUUM INTO ?", (str(draft),))
    refuse_damaged(draft, draft)


def _reach(url: str) -> tuple[str, dict[str, str]]:
    """For a program's arguments and its environment, by which a password goes: nobody sees that."""
    parsed = make_url(url)
    where = parsed.set(drivername="postgresql", password=None)
    password = {"PGPASSWORD": str(parsed.password)} if parsed.password else {}
    return f"--dbname={where.render_as_string()}", os.environ | password


def _run(program: str, *arguments: str, env: dict[str, str] | None = None) -> str:
    process = _started(program, *arguments, env=env, stdout=PIPE)
    said, trouble = process.communicate()
    _refuse_failed(program, process.returncode, trouble)
    return said


def _started(program: str, *arguments: str, **how: Any) -> "Popen[str]":
    """One of PostgreSQL's own."""
    try:
        return Popen([program, *arguments], stderr=PIPE, text=True, **how)  # noqa: S603  no shell
    except FileNotFoundError as error:
        raise CommandError(
            f"{program} isn't here; it comes with PostgreSQL (on Debian: postgresql-client)."
        ) from error


def _refuse_failed(program: str, code: int, trouble: str) -> None:
    if code != 0:
        raise CommandError(f"{program} says: {trouble.strip()}")
