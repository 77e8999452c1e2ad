"""From the course page to the last goodbye, and a session booked, by keyboard alone."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from app.bootstrap import House
from course.database import Database
from emails.providers.memory import MemoryProvider
from tests.support.browser import PHONE, chromium, press_by_key, tab_to
from tests.support.houses import COURSE, enrolment, join, make_house, now
from tests.support.pages import pages_of

TIMES = "Tuesday, 10 November"


@dataclass(frozen=True)
class Desk:
    """A keyboard before a page; nothing here has a mouse."""

    house: House
    page: Page
    base_url: str

    def open(self, url: str) -> None:
        """By a link in an email."""
        self.page.goto(url.replace(self.house.settings.web.public_url, self.base_url))

    def press(self, name: str) -> None:
        press_by_key(self.page, name)

    def type(self, label: str, words: str) -> None:
        tab_to(self.page, self.page.get_by_label(label))
        self.page.keyboard.press("Control+A")
        self.page.keyboard.type(words)

    def choose(self, arrows: int) -> None:
        """Of the times, the first and then so many further."""
        tab_to(self.page, self.page.get_by_role("radio"))
        self.page.keyboard.press("Space")
        for _ in range(arrows):
            self.page.keyboard.press("ArrowDown")

    @property
    def heading(self) -> Locator:
        return self.page.get_by_role("heading", level=1)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.fixture
def desk(browser: Browser, sqlite: Database) -> Iterator[Desk]:
    house = make_house(sqlite, provider=MemoryProvider())
    context = browser.new_context(viewport=PHONE, locale="en-GB")
    with pages_of(house) as pages:
        yield Desk(house, context.new_page(), str(pages.base_url).rstrip("/"))
        context.close()
    house.life.end()


def test_signed_up_confirmed_resting_and_gone(desk: Desk) -> None:
    desk.open(f"{desk.base_url}/courses/{COURSE}")
    desk.press("Have the letters sent to you")
    desk.type("Email address", "ana@example.com")
    desk.type("First name", "Ana")
    tab_to(desk.page, desk.page.get_by_role("checkbox"))
    desk.page.keyboard.press("Space")
    desk.press("Send me the letters")
    expect(desk.heading).to_have_text("Please look in your inbox")

    code, links = enrolment(desk.house, 1).code, desk.house.links
    desk.open(links.confirm(code, now(desk.house)))
    desk.press("Yes, send me the letters")
    expect(desk.heading).to_have_text("You are in")

    desk.open(links.letters(code))
    desk.press("Rest two weeks")
    expect(desk.page.get_by_role("status")).to_contain_text("Your letters rest until")
    desk.press("Stop the letters")
    expect(desk.heading).to_have_text("Stop the letters?")
    desk.press("Stop the letters")
    expect(desk.heading).to_have_text("Done. No more letters will come.")


def test_a_session_booked_moved_and_cancelled(desk: Desk) -> None:
    code = enrolment(desk.house, join(desk.house)).code
    desk.open(desk.house.links.book(code))
    desk.press(TIMES)
    expect(desk.page.get_by_role("group", name=TIMES)).to_be_focused()
    desk.press("Book this time")
    # What is wrong is told first, and leads to where it can be mended.
    expect(desk.page.get_by_role("alert")).to_be_focused()
    desk.press("Choose one of the times")
    expect(desk.page.get_by_role("group", name=TIMES)).to_be_focused()
    desk.choose(arrows=1)
    desk.type("A note", "Ring twice.")
    desk.press("Book this time")
    expect(desk.heading).to_have_text("We have a time")
    expect(desk.page.get_by_text("10 November 2026, 16:00")).to_be_visible()

    desk.press("Choose another time")
    expect(desk.heading).to_have_text("Another time")
    desk.press(TIMES)
    expect(desk.page.get_by_role("group", name=TIMES)).to_be_focused()
    desk.choose(arrows=1)
    desk.press("Move the session here")
    expect(desk.heading).to_have_text("We have a time")
    expect(desk.page.get_by_text("10 November 2026, 17:00")).to_be_visible()

    desk.press("Cancel the session")
    expect(desk.heading).to_have_text("Cancel the session?")
    desk.press("Cancel the session")
    expect(desk.heading).to_have_text("The session is cancelled")
