"""Goodbye, with one click: from the mail program (RFC 8058) or from a page with one button.

The POST takes no cookies, answers without a redirect, works any number of times, and never looks
at its body: mail programs send multipart, urlencoded or nothing at all.
"""

from datetime import timedelta

from fastapi import APIRouter
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session

from app.web import standing
from app.web.pages import Here, Site
from app.web.readers import course_of, reader_of
from course import consents, enrolments
from course.consents import Act
from course.enrolments import Enrolment, State
from emails import suppression
from emails.links import Purpose
from emails.unsubscribe import goodbye

# A goodbye can be taken back by whoever said it, not by whoever finds the letter next year.
UNDO_LIFE = timedelta(hours=24)
UNDO_BUTTON = "Undo"

router = APIRouter()


@router.get("/unsubscribe/{token}")
def show(token: str, site: Here) -> HTMLResponse:
    with site.house.database.reading() as session:
        enrolment = _reader(session, site, token)
    if enrolment is None or enrolment.state == State.LEFT:
        return _done(site, token, enrolment)
    course = site.house.catalogue.get(enrolment.course)
    pending = enrolment.state == State.PENDING
    return site.pages.show("unsubscribe.html", course=course, token=token, pending=pending)


@router.post("/unsubscribe/{token}")
def stop(token: str, site: Here) -> HTMLResponse:
    """200 and a short page, the first time and every other time."""
    with site.house.database.transaction() as session:
        enrolment = _reader(session, site, token, for_update=True)
        if enrolment is not None:
            means = "one-click link or button on the goodbye page"
            goodbye(session, enrolment, means=means, now=site.now)
    return _done(site, token, enrolment)


@router.post("/unsubscribe/{token}/undo")
def undo(token: str, site: Here) -> HTMLResponse:
    with site.house.database.transaction() as session:
        enrolment = reader_of(session, site, Purpose.UNSUBSCRIBE, token, for_update=True)
        course = course_of(site, enrolment)
        if _can_undo(site, enrolment):
            _take_back(session, site, enrolment)
    if enrolment.state == State.LEFT:
        return site.pages.show("confirm_left.html", course=course)
    coming = standing.coming(enrolment, site.now)
    return site.pages.show(
        "undone.html", course=course, coming=coming, pending=enrolment.state == State.PENDING
    )


def _take_back(session: Session, site: Site, enrolment: Enrolment) -> None:
    now = site.now
    suppression.lift(session, enrolment.subscriber.digest, enrolment.course)
    enrolments.come_back(session, enrolment, course_of(site, enrolment), now)
    if enrolment.state == State.PENDING:
        # She hasn't agreed to letters yet; she only no longer refuses to be asked.
        return
    consents.record(
        session,
        enrolment.subscriber_id,
        enrolment.course,
        Act.CONFIRMED,
        wording=UNDO_BUTTON,
        means="undo button on the goodbye page",
        at=now,
    )


def _can_undo(site: Site, enrolment: Enrolment) -> bool:
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
        can_undo=enrolment is not None and _can_undo(site, enrolment),
        button=UNDO_BUTTON,
    )


def _reader(
    session: Session, site: Site, token: str, *, for_update: bool = False
) -> Enrolment | None:
    """Nobody, when all of that reader was erased: then nothing will come either."""
    code = site.house.tokens.read(Purpose.UNSUBSCRIBE, token)
    return enrolments.by_code(session, code, for_update=for_update)
