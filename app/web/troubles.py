"""When a page can't be what was asked for: what happened, what it means, what to do now.

A person sees a sentence and never a trace; the log gets the trace and never a token or an address.
"""

import logging
import traceback
from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.web.body_limit import NO_ROOM, TOO_LARGE, TOO_SLOW
from app.web.pages import Pages
from course.catalogue import Course
from course.language import mark
from emails.errors import BadToken

log = logging.getLogger(__name__)

ROOT = Path(__file__).parents[2]

NOT_FOUND, NOT_ALLOWED, UNUSABLE, BROKEN = 404, 405, 422, 500
SENTENCES = {
    NOT_FOUND: (
        mark("There is no page here"),
        mark("Perhaps the link lost a piece on its way. Please open it straight from the letter."),
    ),
    NOT_ALLOWED: (
        mark("This page can’t be used that way"),
        mark("Please go back to the page you came from and use the button there."),
    ),
    TOO_LARGE: (
        mark("That is too much for this form"),
        mark("Nothing was kept. Please shorten what you wrote and send it again."),
    ),
    TOO_SLOW: (
        mark("That took too long to arrive"),
        mark("Nothing was kept. Perhaps the connection is weak; please send it again."),
    ),
    NO_ROOM: (
        mark("Too many people are here just now"),
        mark("Nothing was kept. Please send it again in a minute."),
    ),
    UNUSABLE: (
        mark("We couldn’t read this form"),
        mark("Nothing was changed. Please go back, look over the fields and send it again."),
    ),
    BROKEN: (
        mark("Something went wrong on our side"),
        mark("It isn’t anything you did. Please try again in a few minutes."),
    ),
}
CUT_LINK = (
    mark("This link isn’t complete"),
    mark("Please open it straight from the letter, or copy all of it."),
)
MACHINE_PATHS = ("/api/", "/dev/clock", "/healthz", "/readyz", "/hooks/")
MACHINE_SENTENCE = "Nothing was done: the method or the JSON of this request can't be used here."
MACHINE_SENTENCES = {
    TOO_SLOW: "Nothing was kept: the body took too long to arrive. Please call again.",
    TOO_LARGE: "Nothing was kept: the body is larger than anything that is expected here.",
    NO_ROOM: "Nothing was kept: too much is arriving at once. Please call again in a minute.",
}
OURS = ("app", "course", "emails", "scheduler")


class Trouble(Exception):
    """A page in place of the one asked for, in its own marked words, perhaps with one way on.

    It speaks as the pages of its `course` do, where one is known.
    """

    def __init__(
        self,
        status: int,
        title: str,
        sentence: str,
        way_on: tuple[str, str] | None = None,
        course: Course | None = None,
    ) -> None:
        super().__init__(title)
        self.status, self.title, self.sentence, self.way_on = status, title, sentence, way_on
        self.course = course


class CalmFailure:
    """The page for what nobody foresaw.

    Starlette's own handler passes the error on to the server, which logs its message; and a
    message can hold an address, as a database's do. So only its kind and its place are logged.
    """

    def __init__(self, app: ASGIApp, *, pages: Pages) -> None:
        self._app = app
        self._pages = pages

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = False

        async def send_noting_start(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self._app(scope, receive, send_noting_start)
        except Exception as error:  # noqa: BLE001  the last one there is
            log.error("A page failed with %s %s", type(error).__name__, _place(error))  # noqa: TRY400
            if not started:
                await _plain(self._pages, BROKEN)(scope, receive, send)


def add_trouble_pages(app: FastAPI) -> None:
    pages: Pages = app.state.pages

    def told(request: Request, error: Exception) -> Response:
        del request
        assert isinstance(error, Trouble)
        return _page(pages, error)

    def bad_token(request: Request, error: Exception) -> Response:
        del request, error
        return _page(pages, Trouble(NOT_FOUND, *CUT_LINK))

    def http(request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else _unusable(error)
        if request.url.path.startswith(MACHINE_PATHS):
            sentence = MACHINE_SENTENCES.get(status, MACHINE_SENTENCE)
            response: Response = JSONResponse({"error": sentence}, status)
        else:
            response = _plain(pages, status)
        response.headers.update(getattr(error, "headers", None) or {})
        return response

    app.add_exception_handler(Trouble, told)
    app.add_exception_handler(BadToken, bad_token)
    app.add_exception_handler(HTTPException, http)
    app.add_exception_handler(RequestValidationError, http)


def _place(error: Exception) -> str:
    """Where in our own rooms it was, and where it ended, without a word of the data."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames[:-1] if _room(frame.filename) in OURS]
    return "".join(f"\n  {f.filename}:{f.lineno} in {f.name}" for f in [*ours, frames[-1]])


def _room(file: str) -> str:
    path = Path(file)
    return path.relative_to(ROOT).parts[0] if path.is_relative_to(ROOT) else ""


def _unusable(error: Exception) -> int:
    """A part of the address that doesn't fit is an address that doesn't exist."""
    problems = error.errors() if isinstance(error, RequestValidationError) else ()
    return NOT_FOUND if any(problem["loc"][0] == "path" for problem in problems) else UNUSABLE


def _plain(pages: Pages, status: int) -> Response:
    return _page(pages, Trouble(status, *_words(status)))


def _words(status: int) -> tuple[str, str]:
    return SENTENCES.get(status) or SENTENCES[BROKEN if status >= BROKEN else UNUSABLE]


def _page(pages: Pages, trouble: Trouble) -> Response:
    return pages.show("trouble.html", trouble.status, trouble=trouble, course=trouble.course)
