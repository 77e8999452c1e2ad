"""The reader's own page: the letters she has had, what comes next, and at what pace."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Form
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy.orm import Session

from app.web import standing, words
from app.web.pages import Here, Site
from app.web.readers import course_of, link, reader_of
from app.web.troubles import NOT_FOUND, UNUSABLE, Trouble
from course import enrolments, zones
from course.catalogue import Course
from course.enrolments import Enrolment, State
from course.lessons import Lesson
from course.pacing import next_lesson
from course.progress import Progress, history
from emails.links import Purpose

WEEKS = {"1": 1, "2": 2, "4": 4}
SEE_OTHER = 303

router = APIRouter()
Change = Callable[[Session, Enrolment, Course], None]


@router.get("/letters/{token}")
def show(token: str, site: Here) -> HTMLResponse:
    with site.house.database.reading() as session:
        enrolment = reader_of(session, site, Purpose.LETTERS, token)
        past = history(session, enrolment.id)
    course = course_of(site, enrolment)
    return site.pages.show(
        "letters.html",
        course=course,
        token=token,
        state=enrolment.state,
        had=_had(course, past, enrolment.subscriber.zone),
        coming=standing.coming(enrolment, site.now),
        next_lesson=_next(enrolment, course, past),
        weeks=WEEKS.values(),
        leave_path=link(site, Purpose.UNSUBSCRIBE, enrolment),
    )


@router.get("/letters/{token}/{slug}")
def read(token: str, slug: str, site: Here) -> HTMLResponse:
    with site.house.database.reading() as session:
        enrolment = reader_of(session, site, Purpose.LETTERS, token)
        past = history(session, enrolment.id)
    course = course_of(site, enrolment)
    had = _had(course, past, enrolment.subscriber.zone)
    found = next(((lesson, day) for lesson, day in had if lesson.slug == slug), None)
    if found is None:
        way_on = ("See your letters", f"/letters/{token}")
        sentence = "It hasn’t come to you yet, or is no longer part of the course."
        raise Trouble(NOT_FOUND, "This letter isn’t here", sentence, way_on)
    lesson, day = found
    book_path = link(site, Purpose.BOOK, enrolment)
    return site.pages.show(
        "letter.html", course=course, token=token, lesson=lesson, day=day, book_path=book_path
    )


@router.post("/letters/{token}/pause")
def pause(token: str, site: Here, weeks: Annotated[str, Form()] = "") -> Response:
    length = WEEKS.get(weeks.strip())
    if length is None:
        sentence = "Nothing was changed. Please go back and choose one, two or four weeks."
        raise Trouble(UNUSABLE, "For how long?", sentence)

    def rest(session: Session, enrolment: Enrolment, course: Course) -> None:
        until = _weeks_later(site.now, length, enrolment.subscriber.zone)
        enrolments.pause(session, enrolment, course, until)

    return _change(token, site, rest)


@router.post("/letters/{token}/resume")
def resume(token: str, site: Here) -> Response:
    def go_on(session: Session, enrolment: Enrolment, course: Course) -> None:
        enrolments.resume(session, enrolment, course, site.now)

    return _change(token, site, go_on)


def _change(token: str, site: Site, change: Change) -> Response:
    with site.house.database.transaction() as session:
        enrolment = reader_of(session, site, Purpose.LETTERS, token, for_update=True)
        change(session, enrolment, course_of(site, enrolment))
    return RedirectResponse(f"/letters/{token}", SEE_OTHER)


def _weeks_later(now: datetime, weeks: int, zone: str) -> datetime:
    """The same hour on her own clock, so that a change of the clocks doesn't cost her a letter."""
    return (now.astimezone(zones.zone(zone)) + timedelta(weeks=weeks)).astimezone(UTC)


def _had(course: Course, past: list[Progress], zone: str) -> list[tuple[Lesson, str]]:
    """The letters had that are still part of the course, each with its day in words."""
    return [
        (lesson, words.local_day(had.sent_at, zone))
        for had in past
        if (lesson := course.by_slug.get(had.lesson))
    ]


def _next(enrolment: Enrolment, course: Course, past: list[Progress]) -> Lesson | None:
    if enrolment.state not in {State.ACTIVE, State.PAUSED}:
        return None
    return next_lesson(course, {had.lesson for had in past})
