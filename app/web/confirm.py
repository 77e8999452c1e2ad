"""The confirmation: a page with one button, because mail scanners open every link."""

from fastapi import APIRouter
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session

from app.web import standing, words
from app.web.pages import Here, Site
from app.web.readers import course_of, known
from course import consents, enrolments
from course.catalogue import Course
from course.consents import Act
from course.enrolments import Enrolment, State
from emails import suppression
from emails.errors import ExpiredToken
from emails.links import read_confirmation

BUTTON = "Yes, send me the letters"
GONE = 410

router = APIRouter()


@router.get("/confirm/{token}")
def show(token: str, site: Here) -> HTMLResponse:
    with site.house.database.reading() as session:
        enrolment, expired = _reader(session, site, token)
        return _page(site, token, enrolment, expired=expired)


@router.post("/confirm/{token}")
def confirm(token: str, site: Here) -> HTMLResponse:
    """A second confirmation changes nothing and gets the same page."""
    with site.house.database.transaction() as session:
        enrolment, expired = _reader(session, site, token, for_update=True)
        if not expired and enrolment.state == State.PENDING:
            _begin(session, site, enrolment)
    return _page(site, token, enrolment, expired=expired)


@router.post("/confirm/{token}/again")
def ask_again(token: str, site: Here) -> HTMLResponse:
    """A new confirmation email; for a link that has run out."""
    with site.house.database.transaction() as session:
        enrolment, _ = _reader(session, site, token, for_update=True)
        pending = enrolment.state == State.PENDING
        if pending:
            enrolments.ask_to_confirm(enrolment, site.now)
    if not pending:
        return _page(site, token, enrolment, expired=False)
    return site.pages.show("confirm_again.html", course=course_of(site, enrolment))


def _begin(session: Session, site: Site, enrolment: Enrolment) -> None:
    """Start the letters; a goodbye said before, or an erasure, ends with this fresh consent."""
    course, now = course_of(site, enrolment), site.now
    enrolments.confirm(session, enrolment, course, now)
    suppression.lift(session, enrolment.subscriber.digest, course.slug)
    suppression.lift_erasure(session, enrolment.subscriber.digest)
    consents.record(
        session,
        enrolment.subscriber_id,
        course.slug,
        Act.CONFIRMED,
        wording=f"{_wording(course)} {BUTTON}",
        means="button on the confirmation page",
        at=now,
    )


def _reader(
    session: Session, site: Site, token: str, *, for_update: bool = False
) -> tuple[Enrolment, bool]:
    """Whose link it is, and whether it has run out."""
    try:
        code, expired = read_confirmation(site.house.tokens, token, site.now), False
    except ExpiredToken as error:
        code, expired = error.code, True
    return known(enrolments.by_code(session, code, for_update=for_update)), expired


def _page(site: Site, token: str, enrolment: Enrolment, *, expired: bool) -> HTMLResponse:
    course = course_of(site, enrolment)
    if enrolment.state == State.LEFT:
        return site.pages.show("confirm_left.html", course=course)
    if enrolment.state != State.PENDING:
        coming = standing.coming(enrolment, site.now)
        return site.pages.show("you_are_in.html", course=course, coming=coming)
    if expired:
        return site.pages.show("confirm_expired.html", GONE, course=course, token=token)
    wording = _wording(course)
    return site.pages.show(
        "confirm.html", course=course, token=token, wording=wording, button=BUTTON
    )


def _wording(course: Course) -> str:
    count = len(course.lessons)
    letters = "one letter" if count == 1 else f"{words.number(count)} letters"
    return (
        f"Press the button and they begin: {letters}, {words.how_often(course)}, your time. "
        "One click in any of them ends it."
    )
