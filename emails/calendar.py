"""A calendar file that Thunderbird, Apple, Google and Outlook read as one and the same instant."""

from datetime import UTC, datetime

from icalendar import Calendar, Event, vCalAddress, vText

from course.slots import Slot
from emails.message import Address, Attachment


def invitation(
    *,
    uid: str,
    slot: Slot,
    title: str,
    place: str,
    organizer: Address,
    attendee: str,
    attendee_name: str,
    stamped_at: datetime,
) -> Attachment:
    """An invitation (RFC 5546 REQUEST). Times are in UTC, so no reader needs a zone definition."""
    event = Event()
    event.add("uid", uid)
    event.add("sequence", 0)
    event.add("dtstamp", stamped_at.astimezone(UTC))
    event.add("dtstart", slot.starts_at.astimezone(UTC))
    event.add("dtend", slot.ends_at.astimezone(UTC))
    event.add("summary", title)
    event.add("location", place)
    event.add("status", "CONFIRMED")
    event.add("transp", "OPAQUE")
    event.add("organizer", _person(organizer.email, organizer.name))
    guest = _person(attendee, attendee_name)
    guest.params["ROLE"] = vText("REQ-PARTICIPANT")
    guest.params["PARTSTAT"] = vText("ACCEPTED")
    event.add("attendee", guest)
    calendar = Calendar()
    calendar.add("prodid", "-//Lettercourse//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "REQUEST")
    calendar.add_component(event)
    content = calendar.to_ical()
    return Attachment("session.ics", "text/calendar; charset=utf-8; method=REQUEST", content)


def _person(email: str, name: str) -> vCalAddress:
    person = vCalAddress(f"mailto:{email}")
    person.params["CN"] = vText(name)
    return person
