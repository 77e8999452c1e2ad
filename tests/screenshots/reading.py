"""A reader's own pages: her letters and their pace, her words, and what is kept of her."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

from playwright.sync_api import Page

from emails.links import Purpose
from tests.screenshots.stage import Sight, Stage, stage
from tests.support.houses import TUESDAY, enrolment, go_to, join, leave, now, pause, play, tick

FIRST, SECOND = "hard-to-see", "what-gives-it-away"
WEEK = timedelta(weeks=1)
WORDS = "The kettle, and a hand on my shoulder.\n\nI had forgotten that she hummed."
DRAFT = "It was the second winter in that house, and"


def sights(folder: Path) -> Iterator[Sight]:
    with stage(folder) as one:
        yield from _pace(one)
    with stage(folder) as one:
        yield from _ends(one)
    with stage(folder) as one:
        yield from _words(one)
    with stage(folder) as one:
        yield from _yours(one)


def _pace(one: Stage) -> Iterator[Sight]:
    reader = join(one.house)
    own = one.own("letters", reader)
    yield one.get("letters-fresh", own)
    play(one.house, TUESDAY + 2 * WEEK + timedelta(hours=1))
    yield one.get("letters-midway", own, _open_the_times)
    yield one.get("letter", f"{own}/{FIRST}")
    yield one.press("letters-skipped", own, "skip", lesson="reaching-and-leaving")
    yield one.press("letters-undone", own, "undo")
    yield one.post("letters-stale", f"{own}/skip", seen="old", lesson="reaching-and-leaving")
    yield one.press("letters-no-such-day", own, "pause", until="2020-01-01")
    yield one.press("letters-resting", own, "pause", weeks="2")
    yield one.get("letters-no-such-letter", f"{own}/nowhere")


def _open_the_times(page: Page) -> None:
    page.get_by_text("Choose another day, hour or zone").click()


def _ends(one: Stage) -> Iterator[Sight]:
    left, paused = join(one.house, "bo@example.com"), join(one.house, "eve@example.com")
    done = join(one.house)
    play(one.house, TUESDAY + timedelta(hours=1))
    pause(one.house, paused, now(one.house) + 3 * WEEK)
    yield one.get("letters-paused", one.own("letters", paused))
    leave(one.house, left)
    yield one.get("letters-left", one.own("letters", left))
    play(one.house, TUESDAY + 6 * WEEK)
    yield one.get("letters-left-long-ago", one.own("letters", left))
    yield one.get("letters-finished", one.own("letters", done))


def _words(one: Stage) -> Iterator[Sight]:
    reader = join(one.house)
    play(one.house, TUESDAY + WEEK)
    own, keepsake = one.own("reflect", reader, FIRST), one.own("keepsake", reader)
    yield one.get("keepsake-empty", keepsake)
    yield one.get("reflect-empty", own)
    yield one.post("reflect-nothing-written", own, id=_name())
    yield one.post("reflect-draft", f"{own}/draft", id=_name(), words=DRAFT)
    for words in ("A second beginning.", "And a third."):
        one.pages.post(f"{own}/draft", data={"id": _name(), "words": words})
    yield one.get("reflect-drafts", own)
    name = _name()
    yield one.post("reflect-kept", own, id=name, words=WORDS)
    yield one.post("reflect-shared", own, id=_name(), words="The porch light.", share="yes")
    yield one.get("reflect-changing", f"{own}/{name}")
    yield one.get("keepsake", keepsake)
    other = one.own("reflect", reader, SECOND)
    one.pages.post(other, data={"id": _name(), "words": WORDS, "press": "yes"})
    yield one.get("keepsake-two-letters", keepsake)
    yield one.post("reflect-deleted", f"{own}/delete", id=name)
    yield one.get("reflect-no-such-words", f"{own}/{_name()}")


def _name() -> str:
    return uuid4().hex


def _yours(one: Stage) -> Iterator[Sight]:
    reader = join(one.house)
    tick(one.house, TUESDAY)
    words = {"id": _name(), "words": WORDS, "share": "yes", "press": "yes"}
    one.pages.post(one.own("reflect", reader, FIRST), data=words)
    go_to(one.house, TUESDAY + timedelta(days=1))
    code = enrolment(one.house, reader).code
    own = f"/your-data/{one.house.tokens.sign(Purpose.YOUR_DATA, code)}"
    letters = one.own("letters", reader)
    yield one.get("your-data", own)
    # A file to keep: opened from a disk, no policy of ours holds for it.
    yield replace(one.post("your-data-file", f"{own}/file"), policy="")
    yield one.post("your-data-errors", f"{own}/erase", email="bo@example.com")
    yield one.post("erased", f"{own}/erase", email="ana@example.com")
    yield one.get("erased-link", letters)
