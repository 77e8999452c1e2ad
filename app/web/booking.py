"""Booking a session: a month with free days, the times of one day, and one button."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Form
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session

from app.web import booking_page
from app.web.booking_page import View
from app.web.pages import Here, Site
from app.web.readers import reader_of
from app.web.troubles import UNUSABLE
from course import bookings, zones
from course.bookings import Booking
from course.enrolments import Enrolment
from course.errors import SignUpError, SlotTaken
from course.slots import Slot
from course.subscribers import clean_name
from emails.links import Purpose

CONFLICT = 409
CHOOSE_A_TIME = "Choose one of the times."
MISSING_NAME = "Write the name you’d like to be called by."

router = APIRouter()


@router.get("/book/{token}")
def show(token: str, site: Here, day: str = "", zone: str = "") -> HTMLResponse:
    with site.house.database.reading() as session:
        enrolment = reader_of(session, site, Purpose.BOOK, token)
        booked = bookings.upcoming(session, enrolment, site.now)
        if booked is not None:
            return booking_page.booked(site, enrolment, booked)
        name = enrolment.subscriber.name or ""
        view = View(token, _zone(zone, enrolment), name, day, _available(session, site))
    return booking_page.choose(site, enrolment, view)


@router.post("/book/{token}")
def book(
    token: str,
    site: Here,
    name: Annotated[str, Form()] = "",
    zone: Annotated[str, Form()] = "",
    starts_at: Annotated[str, Form()] = "",
) -> HTMLResponse:
    starts, errors = _instant(starts_at), dict[str, str]()
    if starts is None:
        errors["starts_at"] = CHOOSE_A_TIME
    with site.house.database.transaction() as session:
        # The reader's row is locked, so that two clicks in two windows are still one session.
        enrolment = reader_of(session, site, Purpose.BOOK, token, for_update=True)
        booked = bookings.upcoming(session, enrolment, site.now)
        zone = _zone(zone, enrolment)
        called = _name(name, enrolment, errors)
        if booked is None and starts is not None and not errors:
            try:
                booked = _take(session, site, enrolment, starts, called, zone)
            except SlotTaken as error:
                errors["taken"] = str(error)
        slots = _available(session, site)
    if booked is not None:
        return booking_page.booked(site, enrolment, booked)
    status = CONFLICT if "taken" in errors else UNUSABLE
    view = View(token, zone, name, _day(starts, zone), slots, starts, errors)
    return booking_page.choose(site, enrolment, view, status)


def _take(
    session: Session, site: Site, enrolment: Enrolment, starts: datetime, name: str, zone: str
) -> Booking:
    return bookings.book(
        session, enrolment, site.house.hours, starts, name=name, zone=zone, now=site.now
    )


def _available(session: Session, site: Site) -> list[Slot]:
    return bookings.available(session, site.house.hours, site.now)


def _zone(name: str, enrolment: Enrolment) -> str:
    """The zone asked for; the reader's own when it is none."""
    return name if zones.is_zone(name) else enrolment.subscriber.zone


def _name(name: str, enrolment: Enrolment, errors: dict[str, str]) -> str:
    try:
        called = clean_name(name) or enrolment.subscriber.name
    except SignUpError as error:
        errors["name"] = str(error)
        return ""
    if called is None:
        errors["name"] = MISSING_NAME
    return called or ""


def _instant(text: str) -> datetime | None:
    """An ISO instant with its offset; nothing for anything else."""
    try:
        at = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return at if at.tzinfo is not None else None


def _day(at: datetime | None, zone: str) -> str:
    try:
        return at.astimezone(zones.zone(zone)).date().isoformat() if at else ""
    except OverflowError:
        return ""
