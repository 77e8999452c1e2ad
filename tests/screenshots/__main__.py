"""Pictures of every page in every state and of every email: `python -m tests.screenshots`."""

import base64
import logging
import tempfile
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import click
from playwright.sync_api import Page, ViewportSize

from tests.screenshots.sights import sights
from tests.screenshots.stage import Sight
from tests.screenshots.window import DESKTOP, Scheme, window
from tests.support.browser import PHONE, chromium

FOLDER = Path(__file__).parents[2] / "docs" / "screenshots"
# Small enough that all of them together are a few megabytes.
QUALITY = 15
HEAD = """\
# Every page, in every state, and every email

On a phone, 375 wide, and on a desk, 1280 wide; by day and by night. The first column shows the
whole page, the others its first window. Made by `make screenshots`.
"""


@dataclass(frozen=True)
class View:
    name: str
    size: ViewportSize
    scheme: Scheme
    scale: float
    whole: bool = False


VIEWS = (
    View("phone-light", PHONE, "light", 0.8, whole=True),
    View("phone-dark", PHONE, "dark", 0.8),
    View("desktop-light", DESKTOP, "light", 0.6),
    View("desktop-dark", DESKTOP, "dark", 0.6),
)


def main() -> None:
    logging.disable()  # One of the pages is the one that follows a failure.
    with tempfile.TemporaryDirectory() as folder:
        seen = list(sights(Path(folder)))
    FOLDER.mkdir(exist_ok=True)
    for old in FOLDER.glob("*.webp"):
        old.unlink()
    for view in VIEWS:
        _take(view, seen)
        click.echo(f"{view.name}: {len(seen)} pictures")
    (FOLDER / "README.md").write_text(_contact_sheet(seen), encoding="utf-8")
    size = sum(file.stat().st_size for file in FOLDER.iterdir())
    click.echo(f"{FOLDER}: {size / 1_000_000:.1f} MB")


def _take(view: View, seen: list[Sight]) -> None:
    with chromium() as browser, window(browser, size=view.size, scheme=view.scheme) as shown:
        for sight in seen:
            shown.show(sight)
            (FOLDER / _file(sight, view)).write_bytes(_picture(shown.page, view))


def _picture(page: Page, view: View) -> bytes:
    """As WebP, which only the browser's own protocol offers."""
    browser = page.context.new_cdp_session(page)
    height = browser.send("Page.getLayoutMetrics")["cssContentSize"]["height"]
    clip = {
        "x": 0,
        "y": 0,
        "width": view.size["width"],
        "height": height if view.whole else min(height, view.size["height"]),
        "scale": view.scale,
    }
    taken = browser.send(
        "Page.captureScreenshot",
        {"format": "webp", "quality": QUALITY, "captureBeyondViewport": True, "clip": clip},
    )
    browser.detach()
    return base64.b64decode(taken["data"])


def _file(sight: Sight, view: View) -> str:
    return f"{sight.name}-{view.name}.webp"


def _contact_sheet(seen: list[Sight]) -> str:
    parts = [HEAD]
    for part, rows in groupby(seen, lambda sight: sight.part):
        titles = " | ".join(view.name.replace("-", ", ") for view in VIEWS)
        parts += [f"\n## {part}\n\n| | {titles} |\n|{'---|' * (len(VIEWS) + 1)}\n"]
        parts += [_row(sight) for sight in rows]
    return "".join(parts)


def _row(sight: Sight) -> str:
    return f"| {sight.name} | {' | '.join(_thumbnail(sight, view) for view in VIEWS)} |\n"


def _thumbnail(sight: Sight, view: View) -> str:
    file, width = _file(sight, view), 150 if view.size is PHONE else 320
    said = f"{sight.name}, {view.name}"
    return f'<a href="{file}"><img src="{file}" width="{width}" alt="{said}"></a>'


if __name__ == "__main__":
    main()
