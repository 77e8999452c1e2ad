"""A calendar file as a calendar program reads it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import icalendar


@dataclass(frozen=True)
class Meeting:
    starts: datetime
    ends: datetime
    # The start as it stands in the file, such as 20261203T140000Z.
    written: str


def read_meeting(file: bytes) -> Meeting:
    event: Any
    (event,) = icalendar.Calendar.from_ical(file).walk("VEVENT")
    start, end = event["DTSTART"], event["DTEND"]
    return Meeting(start.dt, end.dt, start.to_ical().decode())
