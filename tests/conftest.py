"""The databases every test may ask for, both kinds."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from app.bootstrap import House
from app.schema import METADATA
from course.database import Database
from tests.support.houses import make_house
from tests.support.postgres import CannotRun, Cluster


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """A PostgreSQL server for this session; without one its tests are skipped, or fail on CI."""
    try:
        cluster = Cluster()
    except CannotRun as reason:
        sentence = f"The tests on PostgreSQL can't run here: {reason}."
        if os.environ.get("CI") == "true":
            pytest.fail(sentence)
        pytest.skip(sentence)
    yield cluster
    cluster.stop()


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
    url = cluster.create_database()
    yield url
    cluster.drop_database(url)


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
