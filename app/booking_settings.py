"""What the owner says of her sessions: which kinds, at what hours, and what follows a booking."""

import re
from datetime import timedelta
from typing import Annotated, Literal

import httpx
from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationInfo,
    field_validator,
)

from app.fields import Section, Span
from course import zones
from course.closures import Closures, Days, parse_days, public_holidays
from course.lessons import WEEKDAYS, Slug
from course.slots import Kind, OpeningHours
from emails.agenda_hosts import AgendaFile, AgendaHost, CalDav
from emails.booking_tools.base import ToolOptions
from emails.booking_tools.calcom import CalComOptions
from emails.booking_tools.calendly import CalendlyOptions
from emails.providers.options import is_this_machine, web_address

# Any year will do to find out whether a country is known.
SOME_YEAR = 2026
# Sessions are booked on our own pages.
OWN: Literal["own"] = "own"


def _known_country(country: str) -> str:
    if country:
        public_holidays(country, SOME_YEAR)
    return country


Country = Annotated[str, AfterValidator(_known_country)]


def _each(addresses: SecretStr) -> list[str]:
    """Calendars are also given out as webcal://, which is the same as https://."""
    words = addresses.get_secret_value().split()
    return [re.sub(r"^webcals?://", "https://", word) for word in words]


def _calendar_address(url: str) -> str:
    """As it was written, slash at the end included. The error doesn't quote it: it is a secret."""
    try:
        web_address(url)
        parsed = httpx.URL(url)
    except (ValueError, httpx.InvalidURL):
        parsed = httpx.URL("")
    is_safe = parsed.scheme == "https" or is_this_machine(parsed.host)
    if not (parsed.host and is_safe):
        raise ValueError("isn't a calendar's address; each begins with https:// or webcal://")
    return url


def _calendar_addresses(addresses: SecretStr | None) -> SecretStr | None:
    for address in _each(addresses) if addresses else ():
        _calendar_address(address)
    return addresses


Addresses = Annotated[SecretStr | None, AfterValidator(_calendar_addresses)]
CalendarAddress = Annotated[str, AfterValidator(lambda url: url and _calendar_address(url))]
DaysOff = Annotated[Days, BeforeValidator(lambda words: parse_days(str(words)))]
HoursBefore = Annotated[int, Field(ge=0, le=336)]


class KindSection(Section):
    name: Annotated[str, Field(min_length=1, max_length=60)]
    minutes: Annotated[int, Field(ge=5, le=480)]
    place: Annotated[str, Field(max_length=200)] = ""


class Busy(Section):
    """Where the owner's own calendars are, whose busy times aren't offered."""

    # Validated by default, so that a login without its password is found.
    model_config = ConfigDict(validate_default=True)

    addresses: Addresses = None
    caldav_url: CalendarAddress = ""
    caldav_username: str = ""
    caldav_password: SecretStr | None = None

    @field_validator("caldav_username", "caldav_password")
    @classmethod
    def _given(cls, value: object, info: ValidationInfo) -> object:
        if info.data.get("caldav_url") and not value:
            where = f"LETTERCOURSE_BOOKING__BUSY__{str(info.field_name).upper()}"
            raise ValueError(f"is missing; give it as {where}")
        return value

    @property
    def hosts(self) -> list[AgendaHost]:
        files = _each(self.addresses) if self.addresses else []
        found: list[AgendaHost] = [AgendaFile(address) for address in files]
        if self.caldav_url and self.caldav_password:
            password = self.caldav_password.get_secret_value()
            found.append(CalDav(self.caldav_url, self.caldav_username, password))
        return found


class Booking(Section):
    tool: Literal["own", "calcom", "calendly"] = OWN
    calcom: CalComOptions = CalComOptions()
    calendly: CalendlyOptions = CalendlyOptions()
    rest_minutes: Annotated[int, Field(ge=0, le=240)] = 10
    lead_hours: Annotated[int, Field(ge=0, le=720)] = 24
    horizon_days: Annotated[int, Field(ge=1, le=366)] = 28
    daily_maximum: Annotated[int, Field(ge=0, le=100)] = 0
    holidays: Country = ""
    days_off: list[DaysOff] = Field(default_factory=list)
    busy: Busy = Busy()
    hours_confirmed: bool = False
    confirm: Literal["instant", "owner"] = "instant"
    reminder_hours: HoursBefore = 24
    second_reminder_hours: HoursBefore = 0
    kinds: dict[Slug, KindSection] = Field(default_factory=dict)
    hours: dict[Literal[WEEKDAYS], list[Span]] = Field(default_factory=dict)  # type: ignore[valid-type]

    def kinds_offered(self, timezone: str) -> dict[str, Kind]:
        return {
            slug: Kind(slug, kind.name, kind.place, self._opening_hours(kind, timezone))
            for slug, kind in self.kinds.items()
        }

    def options(self, tool: str) -> ToolOptions:
        found: ToolOptions = getattr(self, tool)
        return found

    @property
    def reminders(self) -> tuple[timedelta, timedelta]:
        """How long before a session; nothing at all stands for no reminder."""
        first, second = self.reminder_hours, self.second_reminder_hours
        return timedelta(hours=first), timedelta(hours=second)

    def _opening_hours(self, kind: KindSection, timezone: str) -> OpeningHours:
        return OpeningHours(
            zone=zones.zone(timezone),
            weekly={WEEKDAYS.index(day): tuple(spans) for day, spans in self.hours.items()},
            session=timedelta(minutes=kind.minutes),
            rest=timedelta(minutes=self.rest_minutes),
            lead=timedelta(hours=self.lead_hours),
            horizon=timedelta(days=self.horizon_days),
            daily_maximum=self.daily_maximum,
            closed=Closures(tuple(self.days_off), self.holidays),
        )
