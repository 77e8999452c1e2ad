"""What a visitor sees on her way to the letters, and on her way out."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from unittest.mock import patch

from playwright.sync_api import Page

from course import review
from course.catalogue import Catalogue
from tests.screenshots.stage import Sight, Stage, stage
from tests.support.houses import (
    COURSE,
    MONDAY,
    go_to,
    join,
    leave,
    now,
    shipped_catalogue,
    sign_up,
)

PAGE = f"/courses/{COURSE}"
FORM = {"email": "ana@example.com", "name": "Ana", "timezone": "Europe/Lisbon", "consent": "yes"}


def sights(folder: Path) -> Iterator[Sight]:
    with stage(folder) as one:
        yield from _course(one)
        yield from _goodbye(one)
    with stage(folder, catalogue=_several()) as one:
        yield from _courses(one)
    with stage(folder) as one:
        yield from _confirmation(one)


def _course(one: Stage) -> Iterator[Sight]:
    yield one.get("course", PAGE)
    yield one.get("course-typo", PAGE, _mistype)
    wrong = FORM | {"email": "ana@", "name": "www.example.com", "consent": ""}
    yield one.post("course-errors", PAGE, **wrong)
    yield one.get("first-letter", f"{PAGE}/first-letter")
    yield one.post("asked", PAGE, **FORM)
    yield one.post("held", PAGE, **FORM, remark="filled in by a machine")
    with patch.object(review, "AT_MOST", 0):
        yield one.post("refused", PAGE, **FORM, remark="filled in by a machine")
    yield one.get("embed", f"{PAGE}/embed")
    yield one.get("frame", f"{PAGE}/frame")
    yield one.post("frame-errors", f"{PAGE}/frame", **wrong)
    yield one.post("frame-asked", f"{PAGE}/frame", **FORM)


def _mistype(page: Page) -> None:
    page.get_by_label("Email address").fill("ana@gmial.com")
    page.get_by_label("First name").focus()
    page.get_by_role("button", name="ana@gmail.com").wait_for()


def _goodbye(one: Stage) -> Iterator[Sight]:
    pending, reader = sign_up(one.house, "new@example.com"), join(one.house)
    own = one.own("unsubscribe", reader)
    yield one.get("unsubscribe-pending", one.own("unsubscribe", pending))
    yield one.get("unsubscribe", own)
    yield one.post("goodbye", own)
    yield one.post("goodbye-undone", f"{own}/undo")
    leave(one.house, reader)
    go_to(one.house, MONDAY + timedelta(days=2))
    yield one.get("goodbye-for-good", own)


def _several() -> Catalogue:
    course = shipped_catalogue()[COURSE]
    return Catalogue(
        {
            COURSE: course,
            "a-quiet-year": replace(course, slug="a-quiet-year", title="A quiet year"),
            "closed": replace(
                course,
                slug="closed",
                title="Saying no without a fight",
                closed="The next round begins in March.",
            ),
        }
    )


def _courses(one: Stage) -> Iterator[Sight]:
    yield one.get("courses", "/")
    yield one.get("course-closed", "/courses/closed")
    yield one.get("frame-closed", "/courses/closed/frame")
    yield one.post("closed", "/courses/closed", **FORM)
    for slug in (COURSE, "a-quiet-year"):
        one.pages.post(f"/courses/{slug}", data=FORM)
    yield one.get("confirm-two", _confirm_path(one, 1))
    yield one.post("you-are-in-one-more", _confirm_path(one, 1))
    yield one.post("you-are-in-both", _confirm_path(one, 1), also="a-quiet-year")


def _confirmation(one: Stage) -> Iterator[Sight]:
    reader = sign_up(one.house)
    path = _confirm_path(one, reader)
    yield one.get("confirm", path)
    go_to(one.house, MONDAY + timedelta(days=8))
    yield one.get("confirm-expired", path)
    yield one.post("confirm-again", f"{path}/again")
    yield one.post("you-are-in", _confirm_path(one, reader))
    leave(one.house, reader)
    yield one.get("confirm-left", path)


def _confirm_path(one: Stage, reader: int) -> str:
    return one.own("confirm", reader, now(one.house))
