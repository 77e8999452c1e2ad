"""A throw-away PostgreSQL for a session: a real server, gone at the end, durable only if asked."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from itertools import count
from pathlib import Path
from uuid import uuid4

import psycopg

from app.schema import METADATA
from course.database import open_engine

BINARIES = "usr/lib/postgresql/*/bin"
READY_WITHIN_SECONDS = 30
QUICK = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=80")
DURABLE = ("max_connections=80",)
VERSION_WITH_STRATEGIES = 150_000
TEMPLATE = "template_lettercourse"
HANG_UP = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
USED = "SELECT '{name}' WHERE EXISTS (SELECT FROM {name})"
# Empty perhaps, but their next row wouldn't be the first.
COUNTED = """
    SELECT tables.relname FROM pg_sequences
    JOIN pg_depend ON pg_depend.objid = quote_ident(sequencename)::regclass AND deptype = 'a'
    JOIN pg_class AS tables ON tables.oid = refobjid
    WHERE last_value IS NOT NULL
"""


class CannotRun(Exception):
    """A server can't be run here; the text says why."""


class Cluster:
    """One server on a Unix socket of its own. PostgreSQL refuses root, so root lends it a user."""

    def __init__(self, *, durable: bool = False) -> None:
        self._settings = DURABLE if durable else QUICK
        self._bin = find_binaries()
        self._folder = Path(tempfile.mkdtemp(prefix="lc-pg-"))
        self._data = self._folder / "data"
        self._user = "postgres" if os.geteuid() == 0 else None
        self._numbers = count()
        self._has_template = False
        self._empty: list[str] = []
        try:
            self._make_data()
            self._process = self._start()
        except (OSError, subprocess.SubprocessError) as error:
            shutil.rmtree(self._folder, ignore_errors=True)
            raise CannotRun(f"its server doesn't start: {error}") from error

    def url(self, database: str) -> str:
        return f"postgresql://postgres@/{database}?host={self._folder}"

    def create_database(self) -> str:
        """A fresh database with all tables; returns its URL."""
        if not self._has_template:
            self._make_template()
            self._has_template = True
        return self.copy_database(self.url(TEMPLATE))

    def lend_database(self) -> str:
        """The same, though perhaps another test's, emptied: that is ten times as quick."""
        return self._empty.pop() if self._empty else self.create_database()

    def take_back(self, url: str) -> None:
        if self._emptied(url):
            self._empty.append(url)
        else:
            self.drop_database(url)

    def copy_database(self, url: str) -> str:
        """A copy of a database nobody is connected to; returns its URL."""
        name = f"test_{next(self._numbers)}_{uuid4().hex[:6]}"
        with self._connect() as connection:
            newer = connection.info.server_version >= VERSION_WITH_STRATEGIES
            strategy = "STRATEGY file_copy" if newer else ""
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {_name(url)} {strategy}".encode())
        return self.url(name)

    def files_of(self, name: str) -> Path:
        """The folder that holds a database's tables, without the server's log."""
        query = "SELECT oid FROM pg_database WHERE datname = %s"
        with self._connect() as connection:
            found = connection.execute(query, [name]).fetchone()
        assert found is not None
        return self._data / "base" / str(found[0])

    def drop_database(self, url: str) -> None:
        self.run(f"DROP DATABASE {_name(url)} (FORCE)")

    def run(self, statement: str) -> None:
        with self._connect() as connection:
            connection.execute(statement.encode())

    def restart(self, *, down_seconds: float = 0, crash: bool = False) -> None:
        """Break every connection and come back; a crash recovers from its log first."""
        self._end(signal.SIGQUIT if crash else signal.SIGINT)
        time.sleep(down_seconds)
        self._process = self._start()

    def stop(self) -> None:
        self._end(signal.SIGINT)
        shutil.rmtree(self._folder, ignore_errors=True)

    def _end(self, how: signal.Signals) -> None:
        self._process.send_signal(how)
        self._process.wait(timeout=READY_WITHIN_SECONDS)

    def _make_data(self) -> None:
        if self._user:
            shutil.chown(self._folder, self._user, self._user)
        how = ("-D", self._data, "-U", "postgres", "-A", "trust", "--no-sync", "-E", "UTF8")
        self._call("initdb", *how)

    def _start(self) -> "subprocess.Popen[bytes]":
        settings = [part for setting in self._settings for part in ("-c", setting)]
        process = subprocess.Popen(
            [self._bin / "postgres", "-D", self._data, "-k", self._folder, "-h", "", *settings],
            user=self._user,
            group=self._user,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self._wait_until_ready(process)
        return process

    def _call(self, program: str, *arguments: str | Path) -> None:
        subprocess.run(
            [self._bin / program, *arguments],
            user=self._user,
            group=self._user,
            check=True,
            capture_output=True,
            cwd=self._folder,
        )

    def _wait_until_ready(self, process: "subprocess.Popen[bytes]") -> None:
        give_up = time.monotonic() + READY_WITHIN_SECONDS
        while True:
            try:
                self._connect().close()
            except psycopg.OperationalError as error:
                if process.poll() is not None or time.monotonic() > give_up:
                    process.kill()
                    raise CannotRun(f"its server doesn't answer: {error}") from error
                time.sleep(0.05)
            else:
                return

    def _emptied(self, url: str) -> bool:
        """False for one that no longer has just our tables."""
        ours = METADATA.tables.keys()
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(HANG_UP)
            if {name for (name,) in connection.execute(TABLES)} != ours:
                return False
            used = " UNION ALL ".join(USED.format(name=name) for name in sorted(ours))
            names = [str(name) for (name,) in connection.execute(used.encode())]
            names += [str(name) for (name,) in connection.execute(COUNTED)]
            if names:
                every = ", ".join(dict.fromkeys(names))
                connection.execute(f"TRUNCATE {every} RESTART IDENTITY CASCADE".encode())
        return True

    def _make_template(self) -> None:
        self.run(f"CREATE DATABASE {TEMPLATE}")
        engine = open_engine(self.url(TEMPLATE))
        METADATA.create_all(engine)
        engine.dispose()

    def _connect(self) -> "psycopg.Connection[tuple[object, ...]]":
        return psycopg.connect(
            host=str(self._folder), user="postgres", dbname="postgres", autocommit=True
        )


def find_binaries() -> Path:
    """The newest PostgreSQL's programs. Raises CannotRun when there is none."""
    folders = sorted(Path("/").glob(BINARIES), key=_version)
    on_path = shutil.which("initdb")
    if folders:
        return folders[-1]
    if on_path:
        return Path(on_path).resolve().parent
    raise CannotRun("its programs (initdb, postgres) aren't installed")


def _version(folder: Path) -> float:
    return float(folder.parent.name)


def _name(url: str) -> str:
    return url.removeprefix("postgresql://postgres@/").partition("?")[0]
