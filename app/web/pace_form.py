"""What the forms on a reader's own page offer, and what is chosen there now."""

from dataclasses import dataclass
from datetime import date, time, timedelta

from markupsafe import Markup

from app.web import zone_list
from app.web.pace_view import View
from course import spoken, wishes, zones
from course.language import language_of

HOURS = range(24)


@dataclass(frozen=True)
class Choices:
    weekdays: list[tuple[str, str]]
    hours: list[tuple[int, str]]
    zones: Markup
    weekday: str
    hour: int
    zone: str
    # A rest ends on one of these days.
    first_day: date
    last_day: date


def choices(view: View) -> Choices:
    weekday, hour, zone = wishes.times_of(view.enrolment, view.course)
    language = language_of(view.course.language)
    today = view.now.astimezone(zones.zone(zone)).date()
    return Choices(
        weekdays=list(spoken.weekday_names(language).items()),
        hours=[(at, spoken.hour(time(at), language)) for at in HOURS],
        zones=zone_list.options(zone, language),
        weekday=weekday,
        hour=hour,
        zone=zone,
        first_day=today + timedelta(days=1),
        last_day=today + wishes.LONGEST_REST,
    )
