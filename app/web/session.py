"""The owner's own page about one session: to confirm it, or to call it off."""

from typing import Annotated

from fastapi import APIRouter, Form
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session

from app.web.pages import Here, Site
from app.web.readers import known
from app.web.troubles import NOT_FOUND, Trouble
from course import bookings, enrolments, spoken, zones
from course.bookings import Booking
from course.language import ENGLISH
from emails.links import Purpose

HEADINGS = {
    "asked": "A session is asked for",
    "booked": "A session is booked",
    "cancelled": "This session is cancelled",
    "over": "This session is over",
}

router = APIRouter()


@router.get("/session/{token}")
def show(token: str, site: Here) -> HTMLResponse:
    with site.house.database.reading() as session:
        booking = _booking(session, site, token)
    return _page(site, token, booking)


@router.post("/session/{token}")
def answer(token: str, site: Here, answer: Annotated[str, Form()] = "") -> HTMLResponse:
    with site.house.database.transaction() as session:
        booking = _booking(session, site, token, for_update=True)
        if answer == "yes":
            bookings.confirm(booking, site.now)
        if answer == "no":
            reader = known(enrolments.by_id(session, booking.enrolment_id, for_update=True))
            diary = site.house.diary
            bookings.cancel(session, diary, booking, reader, site.now, by_owner=True)
    return _page(site, token, booking)


def _booking(session: Session, site: Site, token: str, *, for_update: bool = False) -> Booking:
    uid = site.house.tokens.read(Purpose.SESSION, token)
    booking = bookings.by_uid(session, uid, for_update=for_update)
    if booking is None:
        raise Trouble(
            NOT_FOUND,
            "We no longer know this session",
            "Whoever booked it has been erased, as asked. Its time is free again.",
        )
    return booking


def _page(site: Site, token: str, booking: Booking) -> HTMLResponse:
    zone = site.house.settings.owner.timezone
    local = booking.starts_at.astimezone(zones.zone(zone))
    standing = _standing(booking, site)
    return site.pages.show(
        "session.html",
        booking=booking,
        standing=standing,
        heading=HEADINGS[standing],
        when=spoken.at_clock(local, ENGLISH, spoken.DAY_AND_YEAR),
        zone=spoken.zone_name(zone, ENGLISH),
        language=ENGLISH,
        kind=booking.kind_in(site.house.diary),
        home=f"/session/{token}",
    )


def _standing(booking: Booking, site: Site) -> str:
    if booking.cancelled_at:
        return "cancelled"
    if booking.ends_at <= site.now:
        return "over"
    return "booked" if booking.confirmed_at else "asked"
