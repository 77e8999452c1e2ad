"""Goodbye, with one click: from the mail program (RFC 8058) or from a page with one button.

The POST takes no cookies, answers without a redirect, and works any number of times. One that says
neither "One-Click" nor that our button was pressed is a scanner's, and changes nothing.
"""

from datetime import timedelta

from fastapi import APIRouter
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session

from app.web import standing
from app.web.pages import Here, Site
from app.web.press import Leaves, Pressed
from app.web.readers import course_of, reader_of
from app.web.troubles import UNUSABLE
from course import consents, enrolments
from course.consents import Act, Means
from course.enrolments import Enrolment, State
from course.language import language_of, mark
from emails import suppression
from emails.links import Purpose
from emails.unsubscribe import goodbye

# A goodbye can be taken back by whoever said it, not by whoever finds the letter next year.
UNDO_LIFE = timedelta(hours=24)
UNDO_BUTTON = mark("Undo")

router = APIRouter()


@router.get("/unsubscribe/{token}")
def show(token: str, site: Here) -> HTMLResponse:
    return _ask(site, token, 200)


@router.post("/unsubscribe/{token}")
def stop(token: str, site: Here, leaves: Leaves) -> HTMLResponse:
    """200 and a short page, the first time and every other time."""
    if not leaves:
        return _ask(site, token, UNUSABLE)
    with site.house.database.transaction() as session:
        enrolment = _reader(session, site, token, for_update=True)
        if enrolment is not None:
            language = site.house.catalogue.language(enrolment.course)
            goodbye(session, enrolment, language, means=Means.GOODBYE_PAGE, now=site.now)
    return _done(site, token, enrolment)


@router.post("/unsubscribe/{token}/undo")
def undo(token: str, site: Here, pressed: Pressed) -> HTMLResponse:
    with site.house.database.transaction() as session:
        enrolment = reader_of(session, site, Purpose.UNSUBSCRIBE, token, for_update=True)
        course = course_of(site, enrolment)
        if pressed and can_undo(site, enrolment):
            _take_back(session, site, enrolment)
    if enrolment.state == State.LEFT:
        return site.pages.show("confirm_left.html", course=course)
    coming = standing.coming(enrolment, site.now, language_of(course.language))
    return site.pages.show(
        "undone.html", course=course, coming=coming, pending=enrolment.state == State.PENDING
    )


def _ask(site: Site, token: str, status: int) -> HTMLResponse:
    """The page with the button, or where it has been pressed already, the one that follows."""
    with site.house.database.reading() as session:
        enrolment = _reader(session, site, token)
    if enrolment is None or enrolment.state == State.LEFT:
        return _done(site, token, enrolment)
    course = site.house.catalogue.get(enrolment.course)
    pending = enrolment.state == State.PENDING
    return site.pages.show("unsubscribe.html", status, course=course, token=token, pending=pending)


def _take_back(session: Session, site: Site, enrolment: Enrolment) -> None:
    course, now = course_of(site, enrolment), site.now
    suppression.lift(session, enrolment.subscriber.digest, enrolment.course)
    enrolments.come_back(session, enrolment, course, now)
    if enrolment.state == State.PENDING:
        # She hasn't agreed to letters yet; she only no longer refuses to be asked.
        return
    consents.record(
        session,
        enrolment.subscriber_id,
        enrolment.course,
        Act.CONFIRMED,
        wording=language_of(course.language).say(UNDO_BUTTON),
        means=Means.UNDO,
        at=now,
    )


def can_undo(site: Site, enrolment: Enrolment) -> bool:
    """Whether she said goodbye so lately that it can be taken back."""
    left_at = enrolment.left_at
    return (
        enrolment.state == State.LEFT
        and left_at is not None
        and site.now - left_at <= UNDO_LIFE
        and enrolment.course in site.house.catalogue.courses
    )


def _done(site: Site, token: str, enrolment: Enrolment | None) -> HTMLResponse:
    return site.pages.show(
        "goodbye.html",
        token=token,
        course=site.house.catalogue.get(enrolment.course) if enrolment else None,
        can_undo=enrolment is not None and can_undo(site, enrolment),
        button=UNDO_BUTTON,
    )


def _reader(
    session: Session, site: Site, token: str, *, for_update: bool = False
) -> Enrolment | None:
    """Nobody, when all of that reader was erased: then nothing will come either."""
    code = site.house.tokens.read(Purpose.UNSUBSCRIBE, token)
    return enrolments.by_code(session, code, for_update=for_update)
