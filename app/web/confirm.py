"""The confirmation: a page with one button, because mail scanners open every link."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Form
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session

from app.web import standing, words
from app.web.pages import Here, Site
from app.web.press import Pressed
from app.web.readers import course_of, known
from app.web.troubles import UNUSABLE
from course import consents, enrolments, joining, spoken
from course.catalogue import Course
from course.consents import Act, Means
from course.enrolments import Enrolment, State
from course.language import Language, language_of, mark
from emails import suppression
from emails.errors import ExpiredToken
from emails.links import read_confirmation

BUTTON = mark("Yes, send me the letters")
GONE = 410

router = APIRouter()


@router.get("/confirm/{token}")
def show(token: str, site: Here) -> HTMLResponse:
    with site.house.database.reading() as session:
        asked = _asked(session, site, token)
    return _page(site, asked)


@router.post("/confirm/{token}")
def confirm(
    token: str, site: Here, pressed: Pressed, also: Annotated[list[str] | None, Form()] = None
) -> HTMLResponse:
    """Begin this course, and others she has asked for and ticked.

    A second confirmation changes nothing and gets the same page.
    """
    with site.house.database.transaction() as session:
        asked = _asked(session, site, token, for_update=True)
        if pressed and not asked.expired and asked.enrolment.state != State.LEFT:
            ticked = [other for other in asked.others if other.course in (also or ())]
            for enrolment in (asked.enrolment, *ticked):
                _begin(session, site, enrolment)
    pending = asked.enrolment.state == State.PENDING
    return _page(site, asked, UNUSABLE if pending and not pressed else 200)


@router.post("/confirm/{token}/again")
def ask_again(token: str, site: Here, pressed: Pressed) -> HTMLResponse:
    """A new confirmation email; for a link that has run out."""
    with site.house.database.transaction() as session:
        asked = _asked(session, site, token, for_update=True)
        pending = asked.enrolment.state == State.PENDING
        if pressed and pending:
            joining.ask_to_confirm(session, asked.enrolment, site.now)
    if not pending or not pressed:
        return _page(site, asked)
    return site.pages.show("confirm_again.html", course=course_of(site, asked.enrolment))


@dataclass(frozen=True)
class Asked:
    """What a link stands for, whether it has run out, and what else its reader has asked for."""

    token: str
    enrolment: Enrolment
    expired: bool
    others: list[Enrolment]


def _begin(session: Session, site: Site, enrolment: Enrolment) -> None:
    """Start the letters; a goodbye said before, or an erasure, ends with this fresh consent."""
    course, now = course_of(site, enrolment), site.now
    if not joining.confirm(session, enrolment, course, now):
        return
    suppression.lift(session, enrolment.subscriber.digest, course.slug)
    suppression.lift_erasure(session, enrolment.subscriber.digest)
    consents.record(
        session,
        enrolment.subscriber_id,
        course.slug,
        Act.CONFIRMED,
        wording=f"{_wording(course)} {_button(course)}",
        means=Means.CONFIRMATION_PAGE,
        at=now,
    )


def _asked(session: Session, site: Site, token: str, *, for_update: bool = False) -> Asked:
    try:
        code, expired = read_confirmation(site.house.tokens, token, site.now), False
    except ExpiredToken as error:
        code, expired = error.code, True
    enrolment = known(enrolments.by_code(session, code, for_update=for_update))
    beside = joining.pending_beside(session, enrolment, for_update=for_update)
    others = [other for other in beside if other.course in site.house.catalogue.courses]
    return Asked(token, enrolment, expired, others)


def _page(site: Site, asked: Asked, status: int = 200) -> HTMLResponse:
    enrolment, course = asked.enrolment, course_of(site, asked.enrolment)
    if enrolment.state == State.LEFT:
        return site.pages.show("confirm_left.html", course=course)
    pending = [other for other in asked.others if other.state == State.PENDING]
    others = [] if asked.expired else [_offered(course_of(site, other)) for other in pending]
    if enrolment.state != State.PENDING:
        return site.pages.show(
            "you_are_in.html",
            course=course,
            coming=standing.coming(enrolment, site.now, language_of(course.language)),
            begun=[course_of(site, o) for o in asked.others if o.state != State.PENDING],
            others=others,
            token=asked.token,
        )
    if asked.expired:
        return site.pages.show("confirm_expired.html", GONE, course=course, token=asked.token)
    return site.pages.show(
        "confirm.html",
        status,
        course=course,
        token=asked.token,
        wording=_wording(course),
        button=_button(course),
        others=others,
    )


def _offered(course: Course) -> tuple[Course, str, Language]:
    """What comes, said in the course's own language."""
    language, count = language_of(course.language), len(course.lessons)
    letters = language.plural(
        "one letter, %(how_often)s",
        "%(number)s letters, %(how_often)s",
        count,
        number=spoken.number(count, language),
        how_often=words.how_often(course),
    )
    return course, letters, language


def _wording(course: Course) -> str:
    _, letters, language = _offered(course)
    return language.say(
        "Press the button and they begin: %(letters)s, your time. "
        "One click in any of them ends it.",
        letters=letters,
    )


def _button(course: Course) -> str:
    return language_of(course.language).say(BUTTON)
