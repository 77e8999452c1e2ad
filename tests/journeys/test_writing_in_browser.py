"""Writing in headless Chromium: drafts save themselves; in two windows and offline none is lost."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from course.database import Database
from emails.providers.memory import MemoryProvider
from tests.support.browser import PHONE, chromium
from tests.support.houses import TUESDAY, enrolment, join, make_house, tick
from tests.support.pages import pages_of


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.fixture
def address(sqlite: Database) -> Iterator[str]:
    """The page of the first letter's exercise."""
    house = make_house(sqlite, provider=MemoryProvider())
    reader = join(house)
    tick(house, TUESDAY)
    with pages_of(house) as pages:
        url = house.links.reflect(enrolment(house, reader).code, "hard-to-see")
        yield url.replace(house.settings.web.public_url, str(pages.base_url).rstrip("/"))
    house.life.end()


def opened(browser: Browser, address: str, *, scripts: bool = True) -> Page:
    context = browser.new_context(viewport=PHONE, java_script_enabled=scripts)
    page = context.new_page()
    page.goto(address)
    return page


def box_of(page: Page) -> str:
    return page.get_by_label("Your words").input_value()


def test_what_is_typed_saves_itself_and_is_kept_by_keyboard_alone(
    browser: Browser, address: str
) -> None:
    page = opened(browser, address)
    page.get_by_label("Your words").focus()
    page.keyboard.type("The kettle,")
    expect(page.get_by_text("Draft saved.")).to_be_visible(timeout=8000)
    page.keyboard.type(" and a hand.")
    page.keyboard.press("Tab")
    expect(page.get_by_text("Draft saved.")).to_be_visible()
    other = opened(browser, address)
    assert box_of(other) == "The kettle, and a hand."
    page.keyboard.press("ArrowDown")
    expect(page.get_by_label("Share with")).to_be_checked()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Kept, and shared with")
    assert box_of(page) == ""
    expect(page.get_by_role("article")).to_contain_text("The kettle, and a hand.")
    page.context.close()
    other.context.close()


def test_in_two_windows_and_offline_nothing_is_lost(browser: Browser, address: str) -> None:
    one, other = opened(browser, address), opened(browser, address)
    for page, words in ((one, "In one."), (other, "In the other.")):
        page.get_by_label("Your words").fill(words)
        page.get_by_label("Your words").blur()
        expect(page.get_by_text("Draft saved.")).to_be_visible()
    one.context.set_offline(True)
    one.get_by_label("Your words").fill("In one, without a line.")
    one.get_by_label("Your words").blur()
    expect(one.get_by_text("we go on trying")).to_be_visible()
    one.context.set_offline(False)
    expect(one.get_by_text("Draft saved.")).to_be_visible()
    third = opened(browser, address)
    text = third.get_by_role("main").inner_text() + box_of(third)
    assert "In one, without a line." in text
    assert "In the other." in text
    for page in (one, other, third):
        page.context.close()


def test_without_scripts_there_is_a_button_for_it(browser: Browser, address: str) -> None:
    page = opened(browser, address, scripts=False)
    page.get_by_label("Your words").fill("The kettle.")
    page.get_by_role("button", name="Save as a draft").click()
    expect(page.get_by_role("status")).to_contain_text("Your draft is saved")
    page.get_by_role("button", name="Keep it").click()
    expect(page.get_by_role("status")).to_contain_text("Kept, for you only.")
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("button", name="Take it back").click()
    expect(page.get_by_role("status")).to_contain_text("It is back.")
    expect(page.get_by_role("article")).to_contain_text("The kettle.")
    page.context.close()
