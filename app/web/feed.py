"""The sessions as a calendar that the owner's own program subscribes to."""

from datetime import timedelta

from fastapi import APIRouter
from fastapi.responses import Response

from app.web.pages import Here
from app.web.troubles import NOT_FOUND, Trouble
from course import bookings, feed
from emails import appointments
from emails.links import Purpose
from scheduler.composing import appointment_of

# What is over stays for a while, for whoever looks back at her month.
KEPT = timedelta(days=30)

router = APIRouter()


@router.get("/calendar/{token}.ics")
def show(token: str, site: Here) -> Response:
    code = site.house.tokens.read(Purpose.CALENDAR, token)
    with site.house.database.reading() as session:
        if feed.code(session) != code:
            raise Trouble(
                NOT_FOUND,
                "This calendar has another address",
                "A new one was made. The command `lettercourse bookings calendar` prints it.",
            )
        standing = bookings.not_cancelled(session, site.now - KEPT)
    # What was booked with another tool stands in her calendar by that tool's own doing.
    ours = [booking for booking in standing if booking.tool is None]
    told = [appointment_of(site.house.office, booking) for booking in ours]
    return Response(
        appointments.calendar_feed(told, site.house.stationery),
        media_type="text/calendar; charset=utf-8",
        headers={"Cache-Control": "private, no-store"},
    )
