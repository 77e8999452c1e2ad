"""A copy of the database while everything goes on, and back again.

A copy is complete or doesn't exist: it gets its name at the end. It is for its owner's eyes only,
and the keys aren't in it.
"""

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from sqlalchemy.engine import make_url

from app.errors import CommandError
from course.database import Database

FOR_ITS_OWNER = 0o600
NOT_A_BACKUP = "isn't a whole backup of Lettercourse; take another one."


def back_up(database: Database, url: str, file: Path) -> None:
    """Raises CommandError where there is a file already: no backup takes another one's place."""
    if file.exists():
        raise CommandError(f"{file} is there already; name another file, or remove it first.")
    with _draft_of(file) as draft:
        if database.is_postgresql:
            _run("pg_dump", url, "--format=custom", f"--file={draft}")
        else:
            _copy_sqlite(database, draft)


def put_in_place(file: Path, target: Path) -> None:
    """A backup of SQLite as the database file, nothing of it changed yet."""
    with _draft_of(target) as draft:
        shutil.copyfile(file, draft)
        refuse_damaged(draft, file)


def load_into(url: str, file: Path) -> None:
    """A backup of PostgreSQL into an empty database: all of it or nothing."""
    _run("pg_restore", url, "--single-transaction", "--exit-on-error", str(file))


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


def _run(program: str, url: str, *arguments: str) -> None:
    """One of PostgreSQL's own programs; a password goes by the environment, not by the command."""
    parsed = make_url(url)
    where = parsed.set(drivername="postgresql", password=None)
    command = [program, f"--dbname={where.render_as_string()}", "--no-owner", "--no-privileges"]
    environment = os.environ | ({"PGPASSWORD": str(parsed.password)} if parsed.password else {})
    try:
        done = subprocess.run(  # noqa: S603  a program of PostgreSQL's, and no shell
            [*command, *arguments], env=environment, capture_output=True, text=True, check=False
        )
    except FileNotFoundError as error:
        raise CommandError(
            f"{program} isn't here; it comes with PostgreSQL (on Debian: postgresql-client)."
        ) from error
    if done.returncode != 0:
        raise CommandError(f"{program} says: {done.stderr.strip()}")
