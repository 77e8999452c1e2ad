"""The main job in headless Chromium, by clicks alone, on a phone: with scripts, and without."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from playwright.sync_api import TimeoutError as NothingOpened

from tests.support.browser import PHONE, chromium
from tests.support.served import Served, serving

READER = "ana@example.com"
CLICK_AGAIN_AFTER_MS = (5_000, 10_000, 15_000)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    with serving(tmp_path, f"sqlite:///{tmp_path / 'lettercourse.sqlite3'}") as found:
        yield found


@pytest.fixture(params=[True, False], ids=["scripts", "no scripts"])
def page(request: pytest.FixtureRequest, browser: Browser, served: Served) -> Iterator[Page]:
    context = browser.new_context(
        viewport=PHONE,
        base_url=served.base_url,
        java_script_enabled=request.param,
        timezone_id="Europe/Lisbon",
    )
    elsewhere: list[str] = []
    context.on("request", lambda sent: elsewhere.append(sent.url))
    page = context.new_page()
    yield page
    context.close()
    assert [url for url in elsewhere if not url.startswith(served.base_url)] == []


def test_six_weeks_by_clicks(page: Page, tmp_path: Path) -> None:
    def keep(name: str) -> None:
        page.screenshot(path=tmp_path / f"{name}.png", full_page=True)

    page.goto("/")
    keep("course")
    page.get_by_label("Email address").fill(READER)
    page.get_by_label("First name").fill("Ana")
    page.get_by_role("checkbox").check()
    page.get_by_role("button", name="Send me the letters").click()
    expect(page.get_by_text("Please confirm your address")).to_be_visible()
    keep("check-your-inbox")

    open_email(page, "Please confirm your address")
    keep("mailbox")
    follow(page, "Yes, send me the letters")
    page.get_by_role("button", name="Yes, send me the letters").click()
    expect(page.get_by_role("heading", name="You are in")).to_be_visible()
    keep("you-are-in")

    for subject in ("The quick", "When the voice", "What a child", "Through the", "One narrow"):
        page.goto("/dev/mailbox")
        page.get_by_role("button", name="Skip to the next letter").click()
        expect(page.get_by_role("heading", name=subject)).to_be_visible()
    page.get_by_label("Answer this letter").fill("It was the second one.")
    page.get_by_role("button", name="Send the answer").click()
    expect(page.get_by_role("status")).to_be_visible()
    keep("answered")
    expect(page.get_by_role("link", name="Your note has arrived")).to_have_count(1)

    page.get_by_role("button", name="Skip to the next letter").click()
    open_email(page, "A gap just wide enough")
    follow(page, "Schedule a session")
    keep("book")
    page.get_by_role("radio").first.check()
    page.get_by_role("button", name="Book this time").click()
    expect(page.get_by_role("heading", name="We have a time")).to_be_visible()
    keep("booked")
    open_email(page, "Your session:")
    expect(page.get_by_role("link", name="session.ics")).to_be_visible()

    open_email(page, "A gap just wide enough")
    follow(page, "Stop the letters")
    page.get_by_role("button", name="Stop the letters").click()
    expect(page.get_by_text("No more letters")).to_be_visible()
    keep("stopped")


def open_email(page: Page, subject: str) -> None:
    """The newest one with this subject; the scheduler may still be at it."""
    link = page.get_by_role("link", name=subject).first
    for _ in range(40):
        page.goto("/dev/mailbox")
        if link.count():
            break
        page.wait_for_timeout(250)
    link.click()
    expect(page.get_by_role("heading", name=subject).first).to_be_visible()


def follow(page: Page, words: str) -> None:
    """A link in the email itself, which opens outside of the frame it is shown in.

    The frame has a process of its own, and until its first picture is up a busy
    Chromium drops clicks without a word; a person would click again.
    """
    inside = page.frame_locator("iframe").get_by_role("link", name=words)
    for patience in CLICK_AGAIN_AFTER_MS:
        try:
            with page.context.expect_page(timeout=patience) as opened:
                inside.click()
        except NothingOpened:
            continue
        path = opened.value.url
        opened.value.close()
        page.goto(path)
        return
    pytest.fail(f"'{words}' was clicked {len(CLICK_AGAIN_AFTER_MS)} times and opened nothing.")
