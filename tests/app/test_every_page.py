"""What holds for each page there is."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from urllib.parse import urljoin

import httpx
import pytest

from app.bootstrap import House
from course.database import Database
from emails.links import Purpose
from emails.providers.memory import MemoryProvider
from tests.support.houses import (
    TUESDAY,
    enrolment,
    join,
    make_house,
    shipped_settings,
    sign_up,
    tick,
)
from tests.support.pages import pages_of
from tests.support.snapshots import everything

CONTENT_POLICY = ("default-src 'none'", "base-uri 'none'", "frame-ancestors 'none'")


@pytest.fixture
def paths(house: House) -> list[str]:
    """Every page a reader of ours can come to."""
    pending, active = sign_up(house, "new@example.com"), join(house)
    tick(house, TUESDAY)
    code, new = enrolment(house, active).code, enrolment(house, pending).code
    links = house.links
    urls = [
        links.page("/"),
        links.page("/courses/six-letters"),
        links.page("/courses/six-letters/first-letter"),
        links.page("/courses/six-letters/embed"),
        links.confirm(new, TUESDAY),
        links.confirm(code, TUESDAY),
        links.unsubscribe(new),
        links.unsubscribe(code),
        links.letters(code),
        f"{links.letters(code)}/hard-to-see",
        links.book(code),
        links.page(f"your-data/{house.tokens.sign(Purpose.YOUR_DATA, code)}"),
        links.reflect(code, "hard-to-see"),
        links.keepsake(code),
        links.page("/nowhere"),
    ]
    return [url.removeprefix(house.settings.web.public_url) or "/" for url in urls]


class Page(HTMLParser):
    """The links, ids and headings of one page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.headings = 0
        self.links: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        self.headings += tag == "h1"
        if identity := named.get("id"):
            self.ids.append(identity)
        for name in ("href", "src", "action"):
            if address := named.get(name):
                self.links.append(address)


def test_a_scanner_that_opens_every_link_changes_nothing(
    pages: httpx.Client, house: House, paths: list[str]
) -> None:
    before = everything(house.database)
    seen: set[str] = set()
    waiting = list(paths)
    while waiting and len(seen) < 400:
        path = waiting.pop()
        if path in seen:
            continue
        seen.add(path)
        assert pages.head(path).status_code == pages.get(path).status_code
        found = Page(pages.get(path).text).links
        waiting += [urljoin(path, link) for link in found]
    assert len(seen) > 25
    assert everything(house.database) == before


def test_every_page_has_the_headers_that_keep_it_private(
    pages: httpx.Client, paths: list[str]
) -> None:
    for path in paths:
        headers = pages.get(path).headers
        for part in CONTENT_POLICY:
            assert part in headers["content-security-policy"], path
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["x-content-type-options"] == "nosniff"
        assert "set-cookie" not in headers
        if re.match(r"/(confirm|unsubscribe|letters|book|reflect|keepsake)/", path):
            assert headers["cache-control"] == "no-store"
            assert "noindex" in headers["x-robots-tag"]


def test_every_page_asks_nobody_else_for_anything(pages: httpx.Client, paths: list[str]) -> None:
    for path in paths:
        text = pages.get(path).text
        assert all(link.startswith(("/", "#", "?")) for link in Page(text).links), path
        assert "<style" not in text
        assert not re.search(r"<script(?![^>]* src=)", text)
        assert not re.search(r"\son\w+=|\sstyle=", text)


def test_every_page_has_one_title_a_language_and_no_id_twice(
    pages: httpx.Client, paths: list[str]
) -> None:
    for path in paths:
        text = pages.get(path).text
        page = Page(text)
        assert page.headings == 1, path
        assert len(page.ids) == len(set(page.ids)), path
        assert re.search(r'<html[^>]* lang="\w+', text)


def test_no_page_carries_an_address_in_its_url(paths: list[str]) -> None:
    assert all("@" not in path and "example" not in path for path in paths)


def test_too_much_is_refused_in_a_sentence(pages: httpx.Client) -> None:
    answer = pages.post("/courses/six-letters", data={"email": "x" * 100_000})
    assert answer.status_code == 413
    assert "too much" in answer.text


def test_the_health_of_the_house_is_told(pages: httpx.Client) -> None:
    assert pages.get("/healthz").json() == {"status": "ok"}
    # Its tables were made by the models here, so the migrations have not been run.
    assert pages.get("/readyz").status_code == 503


@pytest.fixture
def real_pages(sqlite: Database) -> Iterator[httpx.Client]:
    """A house whose mail leaves."""
    emails = shipped_settings().emails.model_dump() | {"provider": "resend"}
    house = make_house(sqlite, provider=MemoryProvider(), emails=emails)
    with pages_of(house) as client:
        yield client
    house.life.end()


@pytest.mark.parametrize("path", ["/dev/mailbox", "/dev/mailbox/1", "/dev/clock"])
def test_where_mail_leaves_nobody_moves_the_clock_or_reads_it(
    real_pages: httpx.Client, path: str
) -> None:
    assert real_pages.get(path).status_code == 404
    assert real_pages.post(path, json={"advance": "7d"}).status_code == 404
