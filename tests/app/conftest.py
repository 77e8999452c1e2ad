"""A house with its pages open, on SQLite, at noon on a Monday."""

from collections.abc import Iterator

import httpx
import pytest

from app.bootstrap import House
from course.database import Database
from emails.providers.memory import MemoryProvider
from tests.support.houses import TUESDAY, join, make_house, tick
from tests.support.pages import pages_of


@pytest.fixture
def house(sqlite: Database) -> Iterator[House]:
    house = make_house(sqlite, provider=MemoryProvider())
    yield house
    house.life.end()


@pytest.fixture
def pages(house: House) -> Iterator[httpx.Client]:
    with pages_of(house) as client:
        yield client


@pytest.fixture
def reader(house: House) -> int:
    """The first letter has come, on a Tuesday at eight."""
    reader = join(house)
    tick(house, TUESDAY)
    return reader
