"""A database in memory, for rules that don't depend on the kind of database."""

from collections.abc import Iterator

import pytest
from sqlalchemy.orm import Session

from app.schema import METADATA
from course.database import Database
from course.keys import Keys
from tests.course.specimens import make_keys


@pytest.fixture
def memory_database() -> Iterator[Database]:
    database = Database("sqlite://")
    METADATA.create_all(database.engine)
    yield database
    database.engine.dispose()


@pytest.fixture
def session(memory_database: Database) -> Iterator[Session]:
    with memory_database.transaction() as session:
        yield session


@pytest.fixture
def keys() -> Keys:
    return make_keys()
