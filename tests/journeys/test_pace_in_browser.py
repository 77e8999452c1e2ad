"""A reader sets her pace, takes everything with her and goes: by clicks, and by keyboard alone."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from course.database import Database
from emails.providers.memory import MemoryProvider
from tests.support.browser import PHONE, chromium, press_by_key
from tests.support.houses import TUESDAY, enrolment, join, make_house, play
from tests.support.pages import pages_of

ANA = "ana@example.com"
# Presses the one control of this name.
Press = Callable[[Page, str], None]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.fixture
def letters(sqlite: Database) -> Iterator[str]:
    """Her page, after the third letter."""
    house = make_house(sqlite, provider=MemoryProvider())
    reader = join(house, ANA)
    play(house, TUESDAY + timedelta(weeks=2, hours=1))
    path = house.links.letters(enrolment(house, reader).code)
    path = path.removeprefix(house.settings.web.public_url)
    with pages_of(house) as pages:
        yield f"{str(pages.base_url).rstrip('/')}{path}"
    house.life.end()


def click(page: Page, name: str) -> None:
    page.get_by_role("button", name=name).or_(page.get_by_role("link", name=name)).click()


@pytest.mark.parametrize(("press", "scripts"), [(click, False), (press_by_key, True)])
def test_her_own_pace(
    browser: Browser, letters: str, press: Press, scripts: bool, tmp_path: Path
) -> None:
    context = browser.new_context(viewport=PHONE, java_script_enabled=scripts)
    page = context.new_page()
    page.goto(letters)
    expect(page.get_by_text("You have had three of six letters.")).to_be_visible()
    press(page, "Skip it")
    said = page.get_by_role("status")
    expect(said).to_contain_text("“Reaching and leaving” is skipped.")
    expect(said).to_contain_text("The fifth comes on Tuesday, 24 November")
    press(page, "Undo")
    expect(said).to_contain_text("It is as before. The fourth comes on Tuesday, 24 November")
    press(page, "Rest two weeks")
    expect(said).to_contain_text("Your letters rest until Tuesday, 1 December.")
    page.screenshot(path=tmp_path / "resting.png", full_page=True)
    press(page, "Go on with the letters")
    expect(said).to_contain_text("Your letters go on.")
    press(page, "Take everything with you, or have it erased")
    with page.expect_download() as downloaded:
        press(page, "Download the file")
    assert ANA in Path(downloaded.value.path()).read_text(encoding="utf-8")
    page.get_by_label("The address your letters go to").fill(ANA)
    press(page, "Erase everything of mine")
    expect(page.get_by_role("heading", name="Everything of yours is erased")).to_be_visible()
    context.close()
