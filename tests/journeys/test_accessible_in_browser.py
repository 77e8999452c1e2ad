"""Every page in every state, and every email, as axe sees it: by day, by night, and 320 wide."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, ViewportSize

from tests.conftest import or_say_why
from tests.screenshots.sights import PARTS
from tests.screenshots.stage import Sight
from tests.screenshots.window import Window, window
from tests.support.browser import chromium
from tests.support.postgres import CannotRun
from tests.support.processes import ROOT

# Where tests/prepare puts it.
AXE = ROOT / ".venv/axe-core/package/axe.min.js"

# WCAG 2.2's own measure: what is 1280 wide, at four times the size.
NARROW: ViewportSize = {"width": 320, "height": 812}
EVERYTHING: dict[str, Any] = {
    "runOnly": [
        *("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice")
    ],
    # Asked for by WCAG 2.2, and not looked at unless it is named.
    "rules": {"target-size": {"enabled": True}},
    "resultTypes": ["violations"],
    # What they hold is looked at by itself.
    "iframes": False,
}
# An email is shown on somebody else's page, which has its own landmarks.
NOT_FOR_EMAILS = ("landmark-one-main", "region")
# By night nothing is different but the colours.
COLOURS = {**EVERYTHING, "runOnly": ["color-contrast"], "rules": {}}
RUN = """async (options) => (await axe.run(document, options)).violations
  .flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html.slice(0, 120)}`))"""


def _script() -> str:
    if not AXE.exists():
        raise CannotRun("tests/prepare hasn't brought it")
    return AXE.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def narrow() -> Iterator[Window]:
    """A window on whose every page stands `axe`."""
    script = or_say_why("with axe", _script)
    with chromium() as browser, window(browser, size=NARROW) as found:
        found.page.add_init_script(script)
        yield found


@pytest.mark.parametrize("part", PARTS)
def test_nothing_stands_in_anybodys_way(narrow: Window, part: str, tmp_path: Path) -> None:
    faults = [
        f"{sight.name}: {fault}"
        for sight in PARTS[part](tmp_path)
        for fault in _faults(narrow, sight)
    ]
    assert faults == []


FAULTY = """<!doctype html>
<html lang="en"><head><title>Faulty</title><link rel="stylesheet" href="/static/letter.css"></head>
<body><main><h1>Faulty</h1><h3>One too deep</h3><input>
<p style="color: #555">Gone by night</p><p style="width: 400px">Too wide</p>
<a href="/a" style="display: inline-block; width: 9px; height: 9px; overflow: hidden">One</a>
<a href="/b" style="display: inline-block; width: 9px; height: 9px; overflow: hidden">Other</a>
</main></body></html>"""


def test_what_would_stand_in_the_way_is_seen(narrow: Window) -> None:
    kinds = {fault.partition(": <")[0] for fault in _faults(narrow, Sight("faulty", FAULTY))}
    assert kinds == {
        *("heading-order", "label", "target-size", "by night, color-contrast", "400 pixels wide")
    }


def _faults(narrow: Window, sight: Sight) -> Iterator[str]:
    narrow.show(sight)
    page = narrow.page
    for fault in page.evaluate(RUN, EVERYTHING):
        if not (sight.is_email and fault.startswith(NOT_FOR_EMAILS)):
            yield fault
    page.emulate_media(color_scheme="dark")
    for fault in page.evaluate(RUN, COLOURS):
        yield f"by night, {fault}"
    page.emulate_media(color_scheme="light")
    yield from _too_wide(page)


def _too_wide(page: Page) -> Iterator[str]:
    wide: int = page.evaluate("document.documentElement.scrollWidth")
    if wide > NARROW["width"]:
        yield f"{wide} pixels wide"
