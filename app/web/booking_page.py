"""The booking page as its template needs it."""

from dataclasses import dataclass, field
from datetime import date, datetime
from urllib.parse import urlencode

from fastapi.responses import HTMLResponse

from app.web import words, zone_list
from app.web.month import WEEKDAY_INITIALS, month_around
from app.web.pages import Site, sender_of
from course import zones
from course.bookings import Booking
from course.enrolments import Enrolment
from course.slots import Slot

NEAREST = 3


@dataclass(frozen=True, repr=False)
class View:
    """What the visitor has before her: her zone, her name, the day she looks at, all free times."""

    token: str
    zone: str
    name: str
    day: str
    slots: list[Slot]
    starts_at: datetime | None = None
    errors: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Time:
    """One time to choose, as sent and as read."""

    value: str
    clock: str
    day: date

    @property
    def words(self) -> str:
        return f"{words.day(self.day)}, {self.clock}"


def choose(site: Site, enrolment: Enrolment, view: View, status: int = 200) -> HTMLResponse:
    times = [_time(slot, view.zone) for slot in view.slots]
    taken = "taken" in view.errors
    shown = _nearest(view, times) if taken else times
    free = sorted({time.day for time in times})
    chosen = _chosen_day(view.day, free)
    return site.pages.show(
        "book.html",
        status,
        course=site.house.catalogue.get(enrolment.course),
        who=_who(site, enrolment),
        minutes=site.house.settings.booking.session_minutes,
        view=view,
        zone=zones.spoken(view.zone),
        zones=zone_list.grouped(view.zone),
        first=times[0] if times else None,
        month=month_around(chosen, free) if chosen else None,
        weekdays=WEEKDAY_INITIALS,
        chosen=words.day(chosen) if chosen else "",
        times=shown if taken else [time for time in shown if time.day == chosen],
        taken=taken,
        picked=_value(view.starts_at) if view.starts_at else "",
        day_path=lambda day: f"?{urlencode({'day': day, 'zone': view.zone})}",
        day_words=words.day,
    )


def booked(site: Site, enrolment: Enrolment, booking: Booking) -> HTMLResponse:
    owner_zone = site.house.settings.owner.timezone
    local = booking.starts_at.astimezone(zones.zone(booking.zone))
    there = booking.starts_at.astimezone(zones.zone(owner_zone))
    elsewhere = there.utcoffset() != local.utcoffset()
    return site.pages.show(
        "booked.html",
        course=site.house.catalogue.get(enrolment.course),
        who=_who(site, enrolment),
        when=f"{words.day(local.date())} {local.year}, {local:%H:%M}",
        zone=zones.spoken(booking.zone),
        there=f"{there:%H:%M} {zones.spoken(owner_zone)}" if elsewhere else "",
        minutes=site.house.settings.booking.session_minutes,
        place=site.house.settings.booking.place,
    )


def _who(site: Site, enrolment: Enrolment) -> str:
    course = site.house.catalogue.get(enrolment.course)
    return sender_of(site.house, course) if course else site.house.settings.owner.name


def _time(slot: Slot, zone: str) -> Time:
    local = slot.starts_at.astimezone(zones.zone(zone))
    return Time(_value(slot.starts_at), f"{local:%H:%M}", local.date())


def _value(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


def _chosen_day(asked: str, free: list[date]) -> date | None:
    """The day asked for, or the first free one from there on."""
    try:
        wanted = date.fromisoformat(asked)
    except ValueError:
        wanted = date.min
    return next((day for day in free if day >= wanted), free[0] if free else None)


def _nearest(view: View, times: list[Time]) -> list[Time]:
    """The free times closest to the one that was taken, in order."""
    wanted = view.starts_at
    if wanted is None:
        return times[:NEAREST]
    pairs = sorted(
        zip(view.slots, times, strict=True), key=lambda pair: abs(pair[0].starts_at - wanted)
    )
    return sorted((time for _, time in pairs[:NEAREST]), key=lambda time: time.value)
