"""The reader's own page: the letters she has had, what comes next, and at what pace.

Each form names the version of the facts it was shown with, see `course.changes`: so a second click
does nothing more, and a window opened before something else changed does nothing at all.
"""

from collections.abc import Callable
from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Form
from fastapi.responses import HTMLResponse, RedirectResponse
from sqlalchemy.orm import Session

from app.web import pace_form, pace_view, pace_words, unsubscribe
from app.web.pace_view import View
from app.web.pace_words import Said
from app.web.pages import Here, Site
from app.web.press import Pressed
from app.web.readers import course_of, link, reader_of, reflect_link
from app.web.troubles import NOT_FOUND, UNUSABLE, Trouble
from course import changes, wishes, zones
from course.changes import Answer
from course.enrolments import Enrolment
from course.language import language_of, mark
from course.lessons import WEEKDAYS
from course.pacing import day_begins, rest_end
from course.wishes import (
    AGAIN_BUTTON,
    BeginAgain,
    GoOn,
    NextNow,
    Rest,
    SkipNext,
    Times,
    Wish,
)
from emails.links import Purpose

WEEKS = {"1": 1, "2": 2, "4": 4}
SEE_OTHER = 303
NOT_DONE = {Answer.STALE: Said.STALE, Answer.REFUSED: Said.REFUSED}
Text = Annotated[str, Form()]
Hour = Annotated[int, Form(ge=0, le=23)]


def _seen(pressed: Pressed, seen: Text = "", weeks: Text = "") -> str:
    """The version a button was pressed on; of a form that nobody pressed, none. See `press`."""
    return seen if pressed or weeks else ""


Seen = Annotated[str, Depends(_seen)]
WishOf = Callable[[Session, Enrolment], Wish | Said]

router = APIRouter()


@router.get("/letters/{token}")
def show(token: str, site: Here, said: str = "") -> HTMLResponse:
    with site.house.database.reading() as session:
        enrolment = reader_of(session, site, Purpose.LETTERS, token)
        course = course_of(site, enrolment)
        view = pace_view.look(session, enrolment, course, site.now)
    return site.pages.show(
        "letters.html",
        course=course,
        token=token,
        view=view,
        state=enrolment.state,
        pace=pace_words,
        said=_said(view, said),
        in_vain=said in set(Said),
        choices=pace_form.choices(view),
        weeks=WEEKS.values(),
        again_button=AGAIN_BUTTON,
        can_come_back=unsubscribe.can_undo(site, enrolment),
        leave_path=link(site, Purpose.UNSUBSCRIBE, enrolment),
        keepsake_path=link(site, Purpose.KEEPSAKE, enrolment),
        data_path=link(site, Purpose.YOUR_DATA, enrolment),
    )


@router.get("/letters/{token}/{slug}")
def read(token: str, slug: str, site: Here) -> HTMLResponse:
    with site.house.database.reading() as session:
        enrolment = reader_of(session, site, Purpose.LETTERS, token)
        course = course_of(site, enrolment)
        view = pace_view.look(session, enrolment, course, site.now)
    step = next((one for one in view.steps if one.lesson.slug == slug and one.readable), None)
    if step is None:
        way_on = (mark("See your letters"), f"/letters/{token}")
        sentence = mark("It hasn’t come to you yet, or is no longer part of the course.")
        raise Trouble(NOT_FOUND, mark("This letter isn’t here"), sentence, way_on, course)
    return site.pages.show(
        "letter.html",
        course=course,
        token=token,
        lesson=step.lesson,
        day=pace_words.when(view, step),
        book_path=link(site, Purpose.BOOK, enrolment),
        reflect_path=reflect_link(site, enrolment, slug),
    )


@router.post("/letters/{token}/pause")
def pause(
    token: str, site: Here, seen: Seen, weeks: Text = "", until: Text = ""
) -> RedirectResponse:
    """For some weeks, or until a day."""

    def rest(_: Session, enrolment: Enrolment) -> Wish | Said:
        ends = _rest_end(enrolment, weeks, until, site.now)
        return Rest(ends) if ends else Said.DAY

    return _fulfil(token, site, seen, rest)


@router.post("/letters/{token}/resume")
def resume(token: str, site: Here, seen: Seen) -> RedirectResponse:
    return _fulfil(token, site, seen, lambda _session, _enrolment: GoOn())


@router.post("/letters/{token}/next")
def next_now(token: str, site: Here, seen: Seen) -> RedirectResponse:
    return _fulfil(token, site, seen, _if_in_reach(NextNow(), seen))


@router.post("/letters/{token}/skip")
def skip(token: str, site: Here, seen: Seen, lesson: Text = "") -> RedirectResponse:
    """Of the letter the page names; one that is on its way can't be called back."""
    return _fulfil(token, site, seen, _if_in_reach(SkipNext(lesson[:60]), seen))


@router.post("/letters/{token}/times")
def times(
    token: str, site: Here, seen: Seen, weekday: Text, hour: Hour, timezone: Text
) -> RedirectResponse:
    if weekday not in WEEKDAYS or not zones.is_zone(timezone):
        sentence = mark("Nothing was changed. Please go back and choose a day, an hour and a zone.")
        raise Trouble(UNUSABLE, mark("When shall they come?"), sentence)
    wish = Times(weekday, hour, timezone)
    return _fulfil(token, site, seen, lambda _session, _enrolment: wish)


@router.post("/letters/{token}/again")
def begin_again(token: str, site: Here, seen: Seen) -> RedirectResponse:
    return _fulfil(token, site, seen, _if_in_reach(BeginAgain(), seen))


@router.post("/letters/{token}/undo")
def undo(token: str, site: Here, seen: Seen) -> RedirectResponse:
    with site.house.database.transaction() as session:
        enrolment = reader_of(session, site, Purpose.LETTERS, token, for_update=True)
        course_of(site, enrolment)
        answer = changes.undo(session, site.house.catalogue, enrolment, site.now, seen=seen)
    said = Said.TOO_LATE if answer in {Answer.STALE, Answer.REFUSED} else None
    return _back(token, said)


def _fulfil(token: str, site: Site, seen: str, wish_of: WishOf) -> RedirectResponse:
    with site.house.database.transaction() as session:
        enrolment = reader_of(session, site, Purpose.LETTERS, token, for_update=True)
        course_of(site, enrolment)
        wish = wish_of(session, enrolment)
        if isinstance(wish, Said):
            return _back(token, wish)
        catalogue, now = site.house.catalogue, site.now
        answer = changes.make(session, catalogue, enrolment, wish, now, seen=seen)
    return _back(token, NOT_DONE.get(answer))


def _if_in_reach(wish: Wish, seen: str) -> WishOf:
    """A second click on what has brought a letter on its way isn't refused."""

    def wish_of(session: Session, enrolment: Enrolment) -> Wish | Said:
        if changes.is_done(session, enrolment, wish, seen):
            return wish
        return Said.REFUSED if pace_view.out_of_reach(session, enrolment) else wish

    return wish_of


def _rest_end(enrolment: Enrolment, weeks: str, until: str, now: datetime) -> datetime | None:
    """When it ends; nothing where that can't be."""
    zone = zones.zone(enrolment.subscriber.zone)
    if weeks in WEEKS:
        return rest_end(now, WEEKS[weeks], zone)
    try:
        ends = day_begins(date.fromisoformat(until), zone)
    except (ValueError, OverflowError):
        return None
    return ends if wishes.may_rest_until(enrolment, ends, now) else None


def _back(token: str, said: Said | None) -> RedirectResponse:
    why = f"?said={said}" if said else ""
    return RedirectResponse(f"/letters/{token}{why}#said", SEE_OTHER)


def _said(view: View, word: str) -> str:
    if word in set(Said):
        return language_of(view.course.language).say(pace_words.SENTENCES[Said(word)])
    return pace_words.changed(view, view.change) if view.change else ""
