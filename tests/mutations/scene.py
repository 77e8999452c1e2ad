"""A house with one reader, who has had a letter to answer, and its web pages."""

from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from app.bootstrap import House
from course.database import Database
from tests.mutations.run import EMAILS
from tests.support.houses import TUESDAY, join, make_house, shipped_settings, tick
from tests.support.pages import pages_of
from tests.support.providers import Scripted


@contextmanager
def scene(database: Database) -> Iterator[tuple[House, httpx.Client, str]]:
    """The house, a client of its pages, and the address the reader's answers go to."""
    provider = Scripted()
    shipped = shipped_settings().emails.model_dump()
    house = make_house(database, provider=provider, emails=shipped | EMAILS)
    try:
        join(house)
        tick(house, TUESDAY)
        with pages_of(house) as web:
            web.timeout = httpx.Timeout(60)
            yield house, web, provider.sent[-1].reply_to
    finally:
        house.life.end()
