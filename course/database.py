"""The one place that knows how the database is opened: SQLite on one machine, PostgreSQL for many.

Every instant is stored in UTC and comes back aware. Sessions are short: a transaction decides
something and ends; no network is called inside one.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from select import POLLIN, poll
from typing import Any, TypeVar

from psycopg.errors import DeadlockDetected
from sqlalchemy import (
    URL,
    BigInteger,
    Connection,
    DateTime,
    Dialect,
    Engine,
    Index,
    Integer,
    MetaData,
    String,
    TypeDecorator,
    create_engine,
    event,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, DisconnectionError, InterfaceError, OperationalError
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.pool import StaticPool

from course.turns import Turns

# How long a writer waits for another one, and the emptying of the log for a reader.
PATIENCE_SECONDS = 30
LOG_PATIENCE_MS = 2000
# Together as long.
ATTEMPTS, PAUSE_SECONDS = 15, 2

Insert = sqlite.Insert | postgresql.Insert
T = TypeVar("T")

# Its own trouble, whatever it was asked for: a lock, a full disk, a line that was cut.
DATABASE_TROUBLE = (OperationalError, InterfaceError)

Id = BigInteger().with_variant(Integer, "sqlite")


class UtcDateTime(TypeDecorator[datetime]):
    """An instant: aware going in, UTC in the database, aware in UTC coming out."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value} has no time zone; instants are stored in UTC.")
        instant = value.astimezone(UTC)
        return instant.replace(tzinfo=None) if dialect.name == "sqlite" else instant

    def result_processor(
        self, dialect: Dialect, coltype: object
    ) -> Callable[[Any], datetime | None]:
        """In one step, because a batch of letters brings a thousand instants."""
        del coltype
        return _from_text if dialect.name == "sqlite" else _in_utc


class Told(TypeDecorator[str]):
    """What somebody else said, in no need to be whole: cut to length, fit for any database.

    A NUL, which PostgreSQL refuses, and half a letter, which no text may hold, would else keep all
    that is written with it from being written.
    """

    impl = String
    cache_ok = True

    def __init__(self, most: int) -> None:
        super().__init__(most)
        self.most = most

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        del dialect
        if value is None:
            return None
        return value.encode(errors="replace").decode().replace("\0", "")[: self.most]


def _from_text(stored: str | None) -> datetime | None:
    return None if stored is None else datetime.fromisoformat(stored).replace(tzinfo=UTC)


def _in_utc(stored: datetime | None) -> datetime | None:
    return None if stored is None else stored.astimezone(UTC)


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {datetime: UtcDateTime()}  # noqa: RUF012  SQLAlchemy's own spelling


def index_where_set(model: type[Base], column: str) -> Index:
    """An index of the few rows where `column` holds something, so that asking for them is cheap."""
    attribute = getattr(model, column)
    return Index(
        f"ix_{model.__tablename__}_{column}",
        attribute,
        sqlite_where=attribute.is_not(None),
        postgresql_where=attribute.is_not(None),
    )


def is_postgresql(session: Session) -> bool:
    return session.get_bind().dialect.name == "postgresql"


def is_deadlock(error: DBAPIError) -> bool:
    """Whether PostgreSQL ended this transaction for another's sake: begun anew, it may do."""
    return isinstance(error.orig, DeadlockDetected)


def insert_into(session: Session, model: type[Base]) -> Insert:
    """An insert that can say what becomes of a row that is there already."""
    if is_postgresql(session):
        return postgresql.insert(model)
    return sqlite.insert(model)


class Database:
    """An engine and the ways to use it: `transaction` to decide, `reading` to look, and `snapshot`.

    What is read in one `reading` may be from several moments on PostgreSQL, and costs it no
    transaction; a `snapshot` is of one, and may be read piece by piece.
    """

    def __init__(self, url: str) -> None:
        self.engine = open_engine(url)
        looking = self.engine.execution_options(lettercourse_reading=True)
        self.reader = self._isolated(looking, "AUTOCOMMIT")
        self._snapshots = self._isolated(looking, "REPEATABLE READ")
        self._turns = Turns(PATIENCE_SECONDS)

    @property
    def is_postgresql(self) -> bool:
        return self.engine.dialect.name == "postgresql"

    @property
    def file(self) -> Path | None:
        """The SQLite file, or nothing for PostgreSQL and for memory."""
        if self.is_postgresql or self.engine.url.database in {None, "", ":memory:"}:
            return None
        return Path(str(self.engine.url.database))

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """Decide something: committed as a whole at the end, or not at all."""
        with (
            nullcontext() if self.is_postgresql else self._turns.turn(),
            Session(self.engine, expire_on_commit=False) as session,
            session.begin(),
        ):
            yield session

    def persist(self, decide: Callable[[Session], T]) -> T:
        """A transaction for what is known nowhere else: begun anew until the database is there.

        PostgreSQL may end it for another's sake or be restarted, and a disk may be full for a
        while. Raises what still keeps it from being written after half a minute.
        """
        attempts_left = ATTEMPTS
        while True:
            attempts_left -= 1
            try:
                with self.transaction() as session:
                    return decide(session)
            except OperationalError as error:
                if not attempts_left:
                    raise
                time.sleep(0 if is_deadlock(error) else PAUSE_SECONDS)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Look, and change nothing; never waits for a writer."""
        with Session(self.reader, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def snapshot(self) -> Iterator[Session]:
        """Look at everything as it is at this moment, however long the look takes."""
        with Session(self._snapshots, expire_on_commit=False) as session:
            yield session

    def leave_no_trace(self) -> bool:
        """Empty SQLite's write-ahead log, which still holds what was deleted meanwhile.

        False where somebody read for so long that it couldn't be. What is deleted in the file
        itself is overwritten at once, by secure_delete. PostgreSQL cleans up on its own schedule.
        """
        if self.file is None:
            return True
        with self.engine.connect() as connection:
            # Past the engine, which would begin a transaction, where no log can be emptied.
            raw: Any = connection.connection.driver_connection
            # It waits for readers and has writers wait for it, so not as long as others may wait.
            raw.execute(f"PRAGMA busy_timeout={LOG_PATIENCE_MS}")
            busy, _, _ = raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            raw.execute(f"PRAGMA busy_timeout={PATIENCE_SECONDS * 1000}")
        return not busy

    def _isolated(self, engine: Engine, level: str) -> Engine:
        """SQLite's readers have a snapshot of their own as it is."""
        return engine.execution_options(isolation_level=level) if self.is_postgresql else engine


def open_engine(url: str) -> Engine:
    """An engine whose errors never quote what was stored: parameters hold addresses and words."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "postgresql":
        return _open_postgresql(parsed)
    return _open_sqlite(url)


def _open_postgresql(parsed: URL) -> Engine:
    engine = create_engine(parsed.set(drivername="postgresql+psycopg"), hide_parameters=True)
    event.listen(engine, "checkout", _refuse_the_dead)
    return engine


def _refuse_the_dead(connection: Any, _record: object, _proxy: object) -> None:
    """A server that has gone closed the socket: that is seen without asking, as a ping would.

    A connection at rest has nothing to read but its own end; the pool makes a new one then.
    """
    socket = poll()
    socket.register(connection.fileno(), POLLIN)
    if socket.poll(0):
        raise DisconnectionError


def _open_sqlite(url: str) -> Engine:
    parsed = make_url(url)
    if parsed.database in {None, "", ":memory:"}:
        # One connection for all threads, or each would see an empty database of its own.
        engine = create_engine(
            parsed,
            poolclass=StaticPool,
            connect_args={"check_same_thread": False},
            hide_parameters=True,
        )
    else:
        Path(str(parsed.database)).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        engine = create_engine(
            parsed, connect_args={"timeout": PATIENCE_SECONDS}, hide_parameters=True
        )
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # We say BEGIN ourselves, see _begin_sqlite.
    cursor = connection.cursor()
    # FULL, because an outbox that forgets its last commit in a power cut would send twice.
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    """Writers take the lock at once: a deferred one may fail half-way instead of waiting."""
    reading = connection.get_execution_options().get("lettercourse_reading", False)
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")
