"""What a visitor of the booking pages asks to see, and what she sends."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from pydantic import BaseModel

from app.web.pages import Site
from course import zones
from course.bookings import Booking
from course.enrolments import Enrolment
from course.slots import Slot

# Where a clock on the wall is read with am and pm, by the language a browser asks for.
TWELVE_HOURS = ("en-us", "en-ca", "en-au", "en-nz", "en-in", "en-ph", "en-pk")

Clock = Literal["12", "24"]


class Look(BaseModel):
    """How free times are to be shown; whatever can't be used is passed over."""

    zone: str = ""
    clock: str = ""
    kind: str = ""
    day: str = ""
    list: str = ""


class Asked(Look):
    """The form as it was sent; `session` names the one it wants to change."""

    name: str = ""
    note: str = ""
    starts_at: str = ""
    session: str = ""


@dataclass(repr=False)
class View:
    """What the visitor has before her. `moving` is the session that is to have another time."""

    token: str
    look: Look
    name: str = ""
    note: str = ""
    starts_at: datetime | None = None
    slots: list[Slot] = field(default_factory=list)
    errors: dict[str, str] = field(default_factory=dict)
    moving: Booking | None = None


def look_of(site: Site, enrolment: Enrolment, asked: Look, accepted: str, kind: str = "") -> Look:
    """What was asked for, and where nothing was, what is right for this reader."""
    zone = asked.zone if zones.is_zone(asked.zone) else enrolment.subscriber.zone
    offered = site.house.diary.kind(asked.kind or kind)
    return Look(
        zone=zone,
        clock=asked.clock if asked.clock in {"12", "24"} else _clock_of(accepted),
        kind=offered.slug if offered else "",
        day=asked.day,
        list="1" if asked.list else "",
    )


def instant_of(text: str) -> datetime | None:
    """An ISO instant with its offset; nothing for anything else."""
    try:
        at = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return at if at.tzinfo is not None else None


def _clock_of(accepted: str) -> Clock:
    first = accepted.partition(",")[0].partition(";")[0].strip().lower()
    return "12" if first.startswith(TWELVE_HOURS) else "24"
