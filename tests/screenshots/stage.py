"""A small installation for a part of the pages, at noon on a Monday, and what was seen there."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
from fastapi import FastAPI
from playwright.sync_api import Page

from app.bootstrap import House
from app.schema import METADATA
from app.web.application import create_web
from course.catalogue import Catalogue
from course.database import Database
from course.keys import new_secret
from emails.providers.mailbox import MailboxProvider
from emails.providers.memory import MemoryProvider
from emails.reader import Reader
from tests.support.houses import enrolment, make_house, shipped_settings
from tests.support.letters import PRESSED
from tests.support.pages import serving_app, version

SECRET = new_secret()
HOME = "https://letters.practice.example"
ANA = Reader(code="a" * 13, email="ana@example.com", name="Ana", signed_up_on=date(2026, 11, 2))
# What somebody does on a page before she looks up.
Act = Callable[[Page], None]


@dataclass(frozen=True)
class Sight:
    """One page in one state, as it was answered; `inside` is what a frame on it holds."""

    name: str
    html: str
    path: str = "/"
    status: int = 200
    policy: str = ""
    inside: str = ""
    act: Act | None = None
    is_email: bool = False
    part: str = ""


@dataclass(frozen=True)
class Stage:
    house: House
    pages: httpx.Client

    def get(self, name: str, path: str, act: Act | None = None) -> Sight:
        return self.seen(name, self.pages.get(path), act)

    def post(self, name: str, path: str, /, **fields: str) -> Sight:
        return self.seen(name, self.pages.post(path, data=PRESSED | fields))

    def press(self, name: str, own: str, act: str, /, **fields: str) -> Sight:
        """A button on her own page, as it is now."""
        seen = version(self.pages.get(own).text)
        return self.post(name, f"{own}/{act}", seen=seen, **fields)

    def seen(self, name: str, answer: httpx.Response, act: Act | None = None) -> Sight:
        path = str(answer.url).removeprefix(str(self.pages.base_url).rstrip("/"))
        policy = answer.headers["content-security-policy"]
        return Sight(name, answer.text, path, answer.status_code, policy, act=act)

    def path(self, url: str) -> str:
        return url.removeprefix(HOME)

    def own(self, page: str, reader: int, *more: object) -> str:
        """The path of one of a reader's own pages, by its name among the links."""
        return self.path(getattr(self.house.links, page)(enrolment(self.house, reader).code, *more))


@contextmanager
def stage(
    folder: Path,
    *,
    catalogue: Catalogue | None = None,
    prepare: Callable[[FastAPI], None] = lambda _: None,
    **sections: Any,
) -> Iterator[Stage]:
    database = _database(folder)
    web = shipped_settings().web.model_dump() | {"base_url": HOME}
    house = make_house(
        database,
        provider=MemoryProvider(),
        secret=SECRET,
        catalogue=catalogue,
        **{"web": web, **sections},
    )
    house = replace(house, provider=MailboxProvider(database, house.clock.now))
    app = create_web(house)
    prepare(app)
    with serving_app(app) as pages:
        yield Stage(house, pages)
    house.life.end()
    database.engine.dispose()


def _database(folder: Path) -> Database:
    """One with all tables, copied from the first that was made there."""
    empty, file = folder / "empty.sqlite3", folder / f"{uuid4().hex}.sqlite3"
    if not empty.exists():
        database = Database(f"sqlite:///{empty}")
        METADATA.create_all(database.engine)
        database.engine.dispose()
    shutil.copy(empty, file)
    return Database(f"sqlite:///{file}")
