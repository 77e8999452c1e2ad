"""A booked session moved or cancelled by its reader, from the page her links lead to."""

from typing import Annotated

from fastapi import APIRouter, Form, Query
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session

from app.web import booking_page
from app.web.booking import CHOOSE_A_TIME, Accepted, free, refused
from app.web.booking_form import Asked, Look, View, instant_of, look_of
from app.web.pages import Here, Site
from app.web.press import ONLY_PRESSED
from app.web.readers import known, reader_of
from app.web.troubles import UNUSABLE, Trouble
from course import bookings, enrolments
from course.bookings import Booking
from course.diary import Wanted
from course.enrolments import Enrolment
from course.errors import SlotTaken
from course.language import mark
from emails.booking_tools.registry import title_of
from emails.links import Purpose

ELSEWHERE = mark(
    "Nothing was changed. To move or cancel it, use the link in the email from %(tool)s."
)

router = APIRouter()


@router.get("/book/{token}/move")
def ask_to_move(
    token: str, site: Here, look: Annotated[Look, Query()], accepted: Accepted = ""
) -> HTMLResponse:
    with site.house.database.reading() as session:
        enrolment = reader_of(session, site, Purpose.BOOK, token)
        booking = bookings.upcoming(session, enrolment, site.now)
        view = _view(site, enrolment, token, look, accepted, booking)
        if booking is None:
            return booking_page.no_session(site, enrolment, view, cancelled=False)
        view.slots = free(session, site, view.look, booking)
    return booking_page.choose(site, enrolment, view)


@router.post("/book/{token}/move")
def move(
    token: str, site: Here, asked: Annotated[Asked, Form()], accepted: Accepted = ""
) -> HTMLResponse:
    with site.house.database.transaction() as session:
        enrolment, booking = _locked(session, site, token)
        view = _view(site, enrolment, token, asked, accepted, booking)
        if booking is None:
            return booking_page.no_session(site, enrolment, view, cancelled=False)
        view.starts_at = instant_of(asked.starts_at)
        # A page of another session than hers of today changes nothing.
        if booking.uid == asked.session:
            _try(session, site, booking, view)
        if view.errors:
            view.slots = free(session, site, view.look, booking)
    if view.errors:
        return booking_page.choose(site, enrolment, view, refused(view))
    return booking_page.booked(site, enrolment, booking, view)


@router.get("/book/{token}/cancel")
def ask_to_cancel(token: str, site: Here, accepted: Accepted = "") -> HTMLResponse:
    with site.house.database.reading() as session:
        enrolment = reader_of(session, site, Purpose.BOOK, token)
        booking = bookings.upcoming(session, enrolment, site.now)
    view = _view(site, enrolment, token, Look(), accepted, booking)
    if booking is None:
        return booking_page.no_session(site, enrolment, view, cancelled=False)
    return booking_page.booked(site, enrolment, booking, view, "cancel.html")


@router.post("/book/{token}/cancel", dependencies=[ONLY_PRESSED])
def cancel(
    token: str, site: Here, asked: Annotated[Asked, Form()], accepted: Accepted = ""
) -> HTMLResponse:
    with site.house.database.transaction() as session:
        enrolment, booking = _locked(session, site, token)
        view = _view(site, enrolment, token, asked, accepted, booking)
        if booking is not None and booking.uid != asked.session:
            return booking_page.booked(site, enrolment, booking, view)
        cancelled = booking is not None and bookings.cancel(
            session, site.house.diary, booking, enrolment, site.now
        )
    return booking_page.no_session(site, enrolment, view, cancelled=cancelled)


def _locked(session: Session, site: Site, token: str) -> tuple[Enrolment, Booking | None]:
    """The session before its reader, which is the order in which everybody locks them."""
    code = site.house.tokens.read(Purpose.BOOK, token)
    booking = bookings.upcoming_by_code(session, code, site.now)
    return known(enrolments.by_code(session, code, for_update=True)), booking


def _view(
    site: Site,
    enrolment: Enrolment,
    token: str,
    look: Look,
    accepted: str,
    booking: Booking | None,
) -> View:
    """Raises Trouble for a session that isn't ours to change."""
    if booking is not None and booking.tool:
        tool, language = title_of(booking.tool), site.house.catalogue.language(enrolment.course)
        raise Trouble(
            UNUSABLE,
            language.say("This session was booked with %(tool)s", tool=tool),
            language.say(ELSEWHERE, tool=tool),
            (mark("See the session"), f"/book/{token}"),
            site.house.catalogue.get(enrolment.course),
        )
    kind = booking.kind if booking else ""
    return View(token, look_of(site, enrolment, look, accepted, kind), moving=booking)


def _try(session: Session, site: Site, booking: Booking, view: View) -> None:
    kind = site.house.diary.kinds.get(view.look.kind)
    if view.starts_at is None or kind is None:
        view.errors["starts_at"] = CHOOSE_A_TIME
        return
    wanted = Wanted(kind, view.starts_at, booking.name, view.look.zone)
    try:
        bookings.move(session, site.house.diary, booking, wanted, site.now)
    except SlotTaken as error:
        view.errors["taken"] = str(error)
