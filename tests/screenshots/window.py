"""Shows a sight in a browser as it was answered once, however often and in whatever window."""

import mimetypes
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

from playwright.sync_api import Browser, Page, Request, Route, ViewportSize

from app.web.static import FOLDER
from tests.screenshots.stage import HOME, Sight
from tests.support.browser import PHONE

DESKTOP: ViewportSize = {"width": 1280, "height": 900}


Scheme = Literal["light", "dark"]


class Window:
    """A page whose every request is answered from one sight, and from our own static files."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self._sight: Sight | None = None
        page.route("**/*", self._answer)

    def show(self, sight: Sight) -> None:
        self._sight = sight
        self.page.goto(f"{HOME}{sight.path}")
        if sight.act is not None:
            sight.act(self.page)

    def _answer(self, route: Route, request: Request) -> None:
        path = request.url.removeprefix(HOME).partition("?")[0]
        file = FOLDER / path.rpartition("/")[2]
        assert self._sight is not None
        if path.startswith("/static/") and file.is_file():
            route.fulfill(path=file, content_type=mimetypes.guess_type(file)[0])
        elif request.frame == self.page.main_frame and request.is_navigation_request():
            html, status = self._sight.html, self._sight.status
            headers = {"Content-Security-Policy": self._sight.policy} if self._sight.policy else {}
            headers["Content-Type"] = "text/html; charset=utf-8"
            route.fulfill(body=html, status=status, headers=headers)
        else:
            route.fulfill(body=self._sight.inside, content_type="text/html; charset=utf-8")


@contextmanager
def window(
    browser: Browser, *, size: ViewportSize = PHONE, scheme: Scheme = "light"
) -> Iterator[Window]:
    context = browser.new_context(
        viewport=size,
        color_scheme=scheme,
        timezone_id="Europe/Berlin",
        locale="en-GB",
        reduced_motion="reduce",
    )
    yield Window(context.new_page())
    context.close()
