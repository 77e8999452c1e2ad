"""Debian's Chromium, driven like a person would: by what stands on the page."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Locator, Page, ViewportSize, expect, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
PHONE: ViewportSize = {"width": 375, "height": 812}
MOST_TABS = 80
# A closed network refuses what a browser asks of its maker in the background.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@contextmanager
def chromium() -> Iterator[Browser]:
    """A headless browser; without one the tests are skipped, or fail on CI."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        sentence = "The tests in a browser can't run here: there is no Chromium."
        if os.environ.get("CI") == "true":
            pytest.fail(sentence)
        pytest.skip(sentence)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=FLAGS)
        yield browser
        browser.close()


def tab_to(page: Page, wanted: Locator) -> None:
    """Tab on until the ring is on it; of several, as of radio buttons, on any."""
    wanted.first.wait_for()
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        if wanted.evaluate_all("all => all.includes(document.activeElement)"):
            return
    expect(wanted).to_be_focused()


def press_by_key(page: Page, name: str) -> None:
    """Tab to the control of this name, then Enter."""
    tab_to(page, page.get_by_role("button", name=name).or_(page.get_by_role("link", name=name)))
    page.keyboard.press("Enter")
