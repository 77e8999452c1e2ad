"""Mail scanners: what opens every link, what runs scripts, and what sends forms nobody pressed."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from urllib.parse import urljoin
from uuid import uuid4

import httpx
import pytest

from app.bootstrap import House
from course.database import Database
from course.enrolments import State
from emails.providers.memory import MemoryProvider
from tests.support.browser import chromium
from tests.support.houses import (
    TUESDAY,
    enrolment,
    go_to,
    join,
    make_house,
    pause,
    sign_up,
    tick,
)
from tests.support.letters import PRESSED
from tests.support.pages import pages_of
from tests.support.snapshots import everything

LINK = re.compile(r"https?://[^/\s>]+(/(?!courses/)[a-z-]+/[a-z0-9.]+)")


class Forms(HTMLParser):
    """The links of a page, and its forms with what they hold while nobody has touched them."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.forms: list[tuple[str, dict[str, str]]] = []
        self._list: str | None = None
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = {name: value or "" for name, value in attrs}
        match tag:
            case "a":
                self.links.append(named.get("href", ""))
            case "form" if named.get("method") == "post":
                self.forms.append((named["action"], {}))
            case "input" | "textarea" | "select" if self.forms and "name" in named:
                self._field(tag, named)
            case "option" if self._list and "selected" in named:
                self.forms[-1][1][self._list] = named["value"]

    def _field(self, tag: str, named: dict[str, str]) -> None:
        self._list = named["name"] if tag == "select" else None
        chosen = named.get("type") not in {"radio", "checkbox"} or "checked" in named
        if chosen:
            self.forms[-1][1][named["name"]] = named.get("value", "")


@pytest.fixture
def house(sqlite: Database) -> Iterator[House]:
    house = make_house(sqlite, provider=MemoryProvider())
    yield house
    house.life.end()


@pytest.fixture
def pages(house: House) -> Iterator[httpx.Client]:
    with pages_of(house) as pages:
        yield pages


@pytest.fixture
def paths(house: House, pages: httpx.Client) -> list[str]:
    """Every link in emails to one who hasn't confirmed, one who has booked, and one who rests."""
    booked = join(house)
    resting = join(house, "rests@example.com")
    go_to(house, TUESDAY)
    sign_up(house, "new@example.com")
    tick(house)
    book(house, pages, booked)
    write(house, pages, booked)
    tick(house)
    pause(house, resting, TUESDAY.replace(year=TUESDAY.year + 1))
    provider = house.provider
    assert isinstance(provider, MemoryProvider)
    found = [path for message in provider.sent for path in LINK.findall(message.text)]
    assert {path.split("/")[1] for path in found} >= {"confirm", "unsubscribe", "letters", "book"}
    return list(dict.fromkeys(found))


def write(house: House, pages: httpx.Client, reader: int) -> None:
    """Words kept, and others that are only a draft."""
    path = house.links.reflect(enrolment(house, reader).code, "hard-to-see")
    path = path.removeprefix(house.settings.web.public_url)
    for where, words in ((path, "The kettle."), (f"{path}/draft", "Not yet.")):
        form = {"id": uuid4().hex, "words": words, **PRESSED}
        assert pages.post(where, data=form).status_code == 200


def book(house: House, pages: httpx.Client, reader: int) -> None:
    path = house.links.book(enrolment(house, reader).code)
    path = path.removeprefix(house.settings.web.public_url)
    times = re.findall(r'name="starts_at"[^>]*value="([^"]+)"', pages.get(path).text)
    form = {"starts_at": times[0], "name": "Ana", "zone": "Europe/Berlin"}
    assert pages.post(path, data=form).status_code == 200


def test_a_scanner_that_opens_every_link_and_runs_scripts_changes_nothing(
    house: House, pages: httpx.Client, paths: list[str]
) -> None:
    before = everything(house.database)
    base = str(pages.base_url)
    with chromium() as browser:
        page = browser.new_page()
        for path in paths:
            page.goto(urljoin(base, path))
            page.wait_for_load_state("networkidle")
            for link in Forms(page.content()).links:
                pages.get(urljoin(path, link))
    assert everything(house.database) == before


def test_a_scanner_that_sends_what_it_finds_changes_nothing(
    house: House, pages: httpx.Client, paths: list[str]
) -> None:
    before = everything(house.database)
    waiting, seen, sent = list(paths), set[str](), 0
    while waiting:
        path = waiting.pop().partition("#")[0]
        if path in seen or path.startswith(("/courses", "/static")):
            continue
        seen.add(path)
        # To the link as it stands, and each form as it came, with no button pressed.
        pages.post(path)
        page = Forms(pages.get(path).text)
        for action, fields in page.forms:
            pages.post(urljoin(path, action), data=fields)
            sent += 1
        waiting += [urljoin(path, link) for link in page.links if link.startswith(("/", "?"))]
    assert sent > 10
    changed = {name for name, rows in everything(house.database).items() if rows != before[name]}
    assert changed == set()


def test_who_presses_the_buttons_is_heard(house: House, pages: httpx.Client) -> None:
    reader = sign_up(house)
    code = enrolment(house, reader).code
    base = str(pages.base_url)
    for link, state in (
        (house.links.confirm(code, TUESDAY), State.ACTIVE),
        (house.links.unsubscribe(code), State.LEFT),
    ):
        path = urljoin(base, link.removeprefix(house.settings.web.public_url))
        assert pages.post(path).status_code == 422
        assert enrolment(house, reader).state != state
        assert pages.post(path, data=PRESSED).status_code == 200
        assert enrolment(house, reader).state == state
