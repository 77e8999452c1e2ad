"""Booking a session: a month or a list of free times, and one button."""

from typing import Annotated

from fastapi import APIRouter, Form, Header, Query
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session

from app.web import booking_page
from app.web.booking_form import Asked, Look, View, instant_of, look_of
from app.web.pages import Here, Site
from app.web.readers import reader_of
from app.web.troubles import UNUSABLE
from course import bookings
from course.bookings import Booking
from course.diary import NOTE_LENGTH, Wanted
from course.enrolments import Enrolment
from course.errors import SignUpError, SlotTaken
from course.language import mark
from course.slots import Slot
from course.subscribers import clean_name
from emails.links import Purpose

CONFLICT = 409
CHOOSE_A_TIME = mark("Choose one of the times.")
MISSING_NAME = mark("Write the name you’d like to be called by.")
LONG_NOTE = mark("Keep the note to %(most)s characters, please.")

router = APIRouter()
Accepted = Annotated[str, Header(alias="accept-language")]


@router.get("/book/{token}")
def show(
    token: str, site: Here, look: Annotated[Look, Query()], accepted: Accepted = ""
) -> HTMLResponse:
    with site.house.database.reading() as session:
        enrolment = reader_of(session, site, Purpose.BOOK, token)
        booked = bookings.upcoming(session, enrolment, site.now)
        view = View(token, look_of(site, enrolment, look, accepted))
        if booked is not None:
            return booking_page.booked(site, enrolment, booked, view)
        if site.house.tool is not None:
            return booking_page.elsewhere(site, enrolment, site.house.tool, view)
        view.name = enrolment.subscriber.name or ""
        view.slots = free(session, site, view.look)
    return booking_page.choose(site, enrolment, view)


@router.post("/book/{token}")
def book(
    token: str, site: Here, asked: Annotated[Asked, Form()], accepted: Accepted = ""
) -> HTMLResponse:
    with site.house.database.transaction() as session:
        # The reader's row is locked, so that two clicks in two windows are still one session.
        enrolment = reader_of(session, site, Purpose.BOOK, token, for_update=True)
        view = View(token, look_of(site, enrolment, asked, accepted), asked.name, asked.note)
        view.starts_at = instant_of(asked.starts_at)
        booked = bookings.upcoming(session, enrolment, site.now)
        if booked is None and site.house.tool is not None:
            return booking_page.elsewhere(site, enrolment, site.house.tool, view)
        if booked is None:
            booked = _try(session, site, enrolment, view)
        if booked is None:
            view.slots = free(session, site, view.look)
    if booked is not None:
        return booking_page.booked(site, enrolment, booked, view)
    return booking_page.choose(site, enrolment, view, refused(view))


def free(session: Session, site: Site, look: Look, moving: Booking | None = None) -> list[Slot]:
    """What can be chosen; of a session that is to be moved not the time it has already."""
    kind = site.house.diary.kinds.get(look.kind)
    if kind is None:
        return []
    slots = bookings.available(session, kind.hours, site.now, moving)
    own = moving.slot if moving is not None and moving.kind == kind.slug else None
    return [slot for slot in slots if slot != own]


def refused(view: View) -> int:
    return CONFLICT if "taken" in view.errors else UNUSABLE


def _try(session: Session, site: Site, enrolment: Enrolment, view: View) -> Booking | None:
    """The session, or why there is none among the view's errors."""
    kind, starts_at = site.house.diary.kinds.get(view.look.kind), view.starts_at
    name, note = _name(view, enrolment), view.note.strip()
    if starts_at is None or kind is None:
        view.errors["starts_at"] = CHOOSE_A_TIME
    if len(note) > NOTE_LENGTH:
        language = site.house.catalogue.language(enrolment.course)
        view.errors["note"] = language.say(LONG_NOTE, most=NOTE_LENGTH)
    if view.errors or starts_at is None or kind is None:
        return None
    wanted = Wanted(kind, starts_at, name, view.look.zone, note)
    try:
        return bookings.book(session, site.house.diary, enrolment, wanted, site.now)
    except SlotTaken as error:
        view.errors["taken"] = str(error)
        return None


def _name(view: View, enrolment: Enrolment) -> str:
    try:
        called = clean_name(view.name) or enrolment.subscriber.name
    except SignUpError as error:
        view.errors["name"] = str(error)
        return ""
    if called is None:
        view.errors["name"] = MISSING_NAME
    return called or ""
