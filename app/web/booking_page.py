"""The booking pages as their templates need them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Any
from urllib.parse import urlencode

from fastapi.responses import HTMLResponse

from app.web import zone_list
from app.web.booking_form import Look, View
from app.web.month import month_around
from app.web.pages import Site, sender_of
from course import spoken, zones
from course.bookings import Booking
from course.diary import NOTE_LENGTH
from course.enrolments import Enrolment
from course.language import Language
from course.slots import Slot
from emails.booking_tools.base import BookingTool
from emails.booking_tools.registry import title_of

NEAREST = 3


@dataclass(frozen=True)
class Time:
    """One time to choose, as sent and as read."""

    value: str
    clock: str
    day: date
    # Such as "Tuesday, 8 December, 14:20".
    words: str


def choose(site: Site, enrolment: Enrolment, view: View, status: int = 200) -> HTMLResponse:
    language = site.house.catalogue.language(enrolment.course)
    times = [_time(slot, view.look, language) for slot in view.slots]
    free = sorted({time.day for time in times})
    chosen = _chosen_day(view, free)
    shown = _nearest(view, times) if "taken" in view.errors else times
    if "taken" not in view.errors and not view.look.list:
        shown = [time for time in times if time.day == chosen]
    return site.pages.show(
        "book.html",
        status,
        view=view,
        look=view.look,
        taken="taken" in view.errors,
        kind=site.house.diary.kinds.get(view.look.kind),
        kinds=list(site.house.diary.kinds.values()),
        zone=spoken.zone_name(view.look.zone, language),
        zones=zone_list.options(view.look.zone, language),
        first=times[0] if times else None,
        month=month_around(chosen, free, language) if chosen else None,
        weekdays=spoken.weekday_initials(language),
        chosen=spoken.day(chosen, language) if chosen else "",
        times=shown,
        days=[
            (spoken.day(day, language), list(group))
            for day, group in groupby(shown, lambda time: time.day)
        ],
        picked=_value(view.starts_at) if view.starts_at else "",
        path=_paths(view.look),
        day_words=lambda day: spoken.day(day, language),
        note_length=NOTE_LENGTH,
        **_frame(site, enrolment, view),
        **(_session(site, view.moving, view.look, language) if view.moving else {}),
    )


def booked(
    site: Site, enrolment: Enrolment, booking: Booking, view: View, template: str = "booked.html"
) -> HTMLResponse:
    return site.pages.show(
        template,
        booking=booking,
        tool=title_of(booking.tool) if booking.tool else "",
        **_frame(site, enrolment, view),
        **_session(site, booking, view.look, site.house.catalogue.language(enrolment.course)),
    )


def elsewhere(site: Site, enrolment: Enrolment, tool: BookingTool, view: View) -> HTMLResponse:
    """Where to book, with all that the tool will know of the reader said beside the way there."""
    reader = enrolment.subscriber
    return site.pages.show(
        "book_elsewhere.html",
        tool=tool.title,
        there=tool.page_for(enrolment.code, reader.email, reader.name),
        **_frame(site, enrolment, view),
    )


def no_session(site: Site, enrolment: Enrolment, view: View, *, cancelled: bool) -> HTMLResponse:
    frame = _frame(site, enrolment, view)
    return site.pages.show("unbooked.html", cancelled=cancelled, **frame)


def _frame(site: Site, enrolment: Enrolment, view: View) -> dict[str, Any]:
    course = site.house.catalogue.get(enrolment.course)
    return {
        "course": course,
        "who": sender_of(site.house, course) if course else site.house.settings.owner.name,
        "home": f"/book/{view.token}",
        "instant": site.house.diary.instant,
    }


def _session(site: Site, booking: Booking, look: Look, language: Language) -> dict[str, Any]:
    """A session in words, in the zone it was booked in; on the owner's clock if that differs."""
    owner_zone = site.house.settings.owner.timezone
    local = booking.starts_at.astimezone(zones.zone(booking.zone))
    there = booking.starts_at.astimezone(zones.zone(owner_zone))
    elsewhere = there.utcoffset() != local.utcoffset()
    return {
        "session": booking.uid,
        "when": spoken.at_clock(local, language, spoken.DAY_AND_YEAR, look.clock),
        "when_zone": spoken.zone_name(booking.zone, language),
        "there": f"{spoken.clock(there, look.clock, language)} "
        f"{spoken.zone_name(owner_zone, language)}"
        if elsewhere
        else "",
        "minutes": (booking.ends_at - booking.starts_at).seconds // 60,
        "place": booking.place_in(site.house.diary),
    }


def _paths(look: Look) -> Callable[..., str]:
    """The address of this page with some of what it shows changed."""

    def path(**changes: object) -> str:
        wanted = look.model_dump() | changes
        return f"?{urlencode({name: value for name, value in wanted.items() if value})}"

    return path


def _time(slot: Slot, look: Look, language: Language) -> Time:
    local = slot.starts_at.astimezone(zones.zone(look.zone))
    return Time(
        value=_value(slot.starts_at),
        clock=spoken.clock(local, look.clock, language),
        day=local.date(),
        words=spoken.at_clock(local, language, hours=look.clock),
    )


def _value(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


def _chosen_day(view: View, free: list[date]) -> date | None:
    """The day asked for, or the first free one from there on."""
    wanted = _day(view)
    return next((day for day in free if day >= wanted), free[0] if free else None)


def _day(view: View) -> date:
    try:
        if view.starts_at:
            return view.starts_at.astimezone(zones.zone(view.look.zone)).date()
        return date.fromisoformat(view.look.day)
    except (ValueError, OverflowError):
        return date.min


def _nearest(view: View, times: list[Time]) -> list[Time]:
    """The free times closest to the one that was taken, in order."""
    wanted = view.starts_at
    if wanted is None:
        return times[:NEAREST]
    pairs = sorted(
        zip(view.slots, times, strict=True), key=lambda pair: abs(pair[0].starts_at - wanted)
    )
    return [time for _, time in sorted(pairs[:NEAREST], key=lambda pair: pair[0])]
