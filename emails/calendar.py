"""A calendar file that Thunderbird, Apple, Google and Outlook read as one and the same instant."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from icalendar import Calendar, Event, vCalAddress, vText

from course.slots import Slot
from emails.message import Address, Attachment

# How often a program that subscribes is asked to look; many have a pace of their own.
LOOK_AGAIN = timedelta(minutes=15)


class Status(StrEnum):
    """How a session stands, in the words of RFC 5545."""

    TENTATIVE = "TENTATIVE"
    CONFIRMED = "CONFIRMED"
    CANCELLED = "CANCELLED"


@dataclass(frozen=True)
class Entry:
    """One session, as every calendar has to show it.

    One session keeps its `uid`; of two files about it, calendars believe the one with the higher
    `sequence`. Times are in UTC, so no reader needs a zone definition.
    """

    uid: str
    slot: Slot
    title: str
    place: str
    stamped_at: datetime
    sequence: int = 0
    status: Status = Status.CONFIRMED

    def event(self) -> Event:
        event = Event()
        event.add("uid", self.uid)
        event.add("sequence", self.sequence)
        event.add("dtstamp", self.stamped_at.astimezone(UTC))
        event.add("dtstart", self.slot.starts_at.astimezone(UTC))
        event.add("dtend", self.slot.ends_at.astimezone(UTC))
        event.add("summary", self.title)
        event.add("location", self.place)
        event.add("status", self.status)
        event.add("transp", "OPAQUE")
        return event


def session_uid(uid: str, domain: str) -> str:
    """A session's name in all calendars of the world."""
    return f"{uid}@{domain}"


def is_session(uid: str, domain: str) -> bool:
    """Whether such a name is one of ours."""
    return re.fullmatch(r"[0-9a-f]{32}@" + re.escape(domain), uid) is not None


def invitation(
    *,
    uid: str,
    slot: Slot,
    title: str,
    place: str,
    organizer: Address,
    attendee: str | None,
    attendee_name: str,
    stamped_at: datetime,
    sequence: int = 0,
    status: Status = Status.CONFIRMED,
) -> Attachment:
    """An invitation (RFC 5546 REQUEST), or what takes it back (CANCEL).

    Without an attendee it is the organiser's own copy (PUBLISH): programs add no meeting to which
    its own organiser is asked, as she is too who writes to herself to try it.
    """
    guest = None if attendee == organizer.email else attendee
    kept = "REQUEST" if guest else "PUBLISH"
    method = "CANCEL" if status == Status.CANCELLED else kept
    event = Entry(uid, slot, title, place, stamped_at, sequence, status).event()
    event.add("organizer", _person(organizer.email, organizer.name))
    if guest:
        event.add("attendee", _guest(guest, attendee_name))
    content = _calendar(method, event).to_ical()
    return Attachment("session.ics", f"text/calendar; charset=utf-8; method={method}", content)


def feed(name: str, entries: Iterable[Entry]) -> bytes:
    """What a calendar program that subscribes reads again and again."""
    calendar = _calendar("PUBLISH", *(entry.event() for entry in entries))
    for each in ("name", "x-wr-calname"):
        calendar.add(each, name)
    for each in ("refresh-interval", "x-published-ttl"):
        calendar.add(each, LOOK_AGAIN, parameters={"VALUE": "DURATION"})
    written: bytes = calendar.to_ical()
    return written


def _calendar(method: str, *events: Event) -> Calendar:
    calendar = Calendar()
    calendar.add("prodid", "-//Lettercourse//EN")
    calendar.add("version", "2.0")
    calendar.add("method", method)
    for event in events:
        calendar.add_component(event)
    return calendar


def _guest(email: str, name: str) -> vCalAddress:
    guest = _person(email, name)
    guest.params["ROLE"] = vText("REQ-PARTICIPANT")
    # She has chosen the time herself.
    guest.params["PARTSTAT"] = vText("ACCEPTED")
    return guest


def _person(email: str, name: str) -> vCalAddress:
    person = vCalAddress(f"mailto:{email}")
    person.params["CN"] = vText(name)
    return person
