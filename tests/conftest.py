"""The databases every test may ask for, both kinds."""

import os
import shutil
import socket
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest

from app.bootstrap import House
from app.schema import METADATA
from course.database import Database
from tests.support.dovecot import Dovecot
from tests.support.houses import make_house
from tests.support.postfix import Postfix
from tests.support.postgres import CannotRun, Cluster

Server = TypeVar("Server")


LONG = {"tests", "journeys", "simulation"}


def pytest_xdist_auto_num_workers() -> int:
    """One more than there are processors: many a test waits, for a server or for a second."""
    return (os.cpu_count() or 1) + 1


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long files first, so that at the end no process works alone on one of them."""
    items.sort(key=lambda item: item.path.parent.name not in LONG)


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """A PostgreSQL server for this session."""
    cluster = or_say_why("on PostgreSQL", Cluster)
    yield cluster
    cluster.stop()


@pytest.fixture(scope="session")
def mail_folder() -> Iterator[Path]:
    """Short enough for sockets, and open to the users that mail servers work as."""
    folder = Path(tempfile.mkdtemp(prefix="lc-mail-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def smtp_port() -> Iterator[int]:
    """Known to Dovecot from the start, and kept from everybody else until Postfix listens there."""
    with socket.socket() as held:
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]


@pytest.fixture(scope="session")
def dovecot(mail_folder: Path, smtp_port: int) -> Iterator[Dovecot]:
    """A server with mailboxes for this session."""
    dovecot = or_say_why("with Dovecot", lambda: Dovecot(mail_folder / "dovecot", smtp_port))
    yield dovecot
    dovecot.stop()


@pytest.fixture(scope="session")
def postfix(mail_folder: Path, smtp_port: int, dovecot: Dovecot) -> Iterator[Postfix]:
    """A server that carries mail to those mailboxes, and nowhere else."""
    folder = mail_folder / "postfix"
    postfix = or_say_why("with Postfix", lambda: Postfix(folder, smtp_port, dovecot.lmtp))
    yield postfix
    postfix.stop()


def or_say_why(which: str, start: Callable[[], Server]) -> Server:
    """The server; without it those tests are skipped, or fail on CI."""
    try:
        return start()
    except CannotRun as reason:
        sentence = f"The tests {which} can't run here: {reason}."
        if os.environ.get("CI") == "true":
            pytest.fail(sentence)
        pytest.skip(sentence)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with all tables and nothing in them."""
    file = tmp_path_factory.mktemp("template") / "empty.sqlite3"
    database = Database(f"sqlite:///{file}")
    METADATA.create_all(database.engine)
    database.engine.dispose()
    return file


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    file = tmp_path / "lettercourse.sqlite3"
    shutil.copy(sqlite_template, file)
    return f"sqlite:///{file}"


@pytest.fixture
def postgresql_url(cluster: Cluster) -> Iterator[str]:
    url = cluster.lend_database()
    yield url
    cluster.take_back(url)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """A fresh database of each kind, by its URL: for processes of their own."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A fresh database of each kind, opened."""
    database = Database(database_url)
    yield database
    database.engine.dispose()


@pytest.fixture
def sqlite(sqlite_url: str) -> Iterator[Database]:
    """A fresh SQLite file, for what doesn't depend on the kind of database."""
    database = Database(sqlite_url)
    yield database
    database.engine.dispose()


@pytest.fixture
def postgresql(postgresql_url: str) -> Iterator[Database]:
    """A fresh PostgreSQL database, for what only many workers can do."""
    database = Database(postgresql_url)
    yield database
    database.engine.dispose()


@pytest.fixture
def houses() -> Iterator[Callable[..., House]]:
    """`make_house`, for houses whose workers end with the test."""
    made: list[House] = []

    def make(*arguments: Any, **named: Any) -> House:
        made.append(make_house(*arguments, **named))
        return made[-1]

    yield make
    for house in made:
        house.life.end()
