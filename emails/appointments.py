"""A session as its emails tell it: when, where, how it stands, and its calendar file."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from course import spoken, zones
from course.catalogue import CallToAction
from course.language import ENGLISH, Language, mark
from course.slots import Slot
from emails import calendar
from emails.message import Attachment
from emails.sheet import Slots
from emails.stationery import Stationery


class Standing(StrEnum):
    # It waits for the owner's word.
    ASKED = "asked"
    BOOKED = "booked"
    CANCELLED = "cancelled"


@dataclass(frozen=True)
class Appointment:
    uid: str
    slot: Slot
    reader_zone: str
    owner_zone: str
    name: str
    place: str
    changed_at: datetime
    # How often it was changed; calendars go by it.
    sequence: int = 0
    standing: Standing = Standing.BOOKED
    moved: bool = False
    cancelled_by_owner: bool = False
    has_note: bool = False
    # Its name, for the owner's own calendar.
    kind: str = ""


# By how a session stands: the emails that say so, and what calendars call it.
TO_READER = {
    Standing.ASKED: "request",
    Standing.BOOKED: "invitation",
    Standing.CANCELLED: "cancellation",
}
TO_OWNER = {
    Standing.ASKED: "request-notice",
    Standing.BOOKED: "booking-notice",
    Standing.CANCELLED: "cancellation-notice",
}
STATUSES = {
    Standing.ASKED: calendar.Status.TENTATIVE,
    Standing.BOOKED: calendar.Status.CONFIRMED,
    Standing.CANCELLED: calendar.Status.CANCELLED,
}


def see_you_call(language: Language) -> CallToAction:
    return CallToAction(text=Slots().see_you, button=language.say("See or change the session"))


def call(standing: Standing, language: Language) -> CallToAction:
    """What an email about a session invites its reader to."""
    if standing == Standing.CANCELLED:
        return CallToAction(
            text=language.say("If you like, choose another time."),
            button=language.say("See the free times"),
        )
    return CallToAction(
        text=language.say("If the time no longer suits you, choose another one, or cancel it."),
        button=language.say("Move or cancel the session"),
    )


def see_you(appointment: Appointment, language: Language) -> str:
    """What stands in a letter in place of the invitation to book."""
    words = when_words(appointment, appointment.reader_zone, language)
    when, zone = words["when"], words["zone_note"]
    if appointment.standing == Standing.ASKED:
        return language.say(
            "You have asked for a session on %(when)s, %(zone)s. The answer comes by email.",
            when=when,
            zone=zone,
        )
    return language.say("See you on %(when)s, %(zone)s.", when=when, zone=zone)


def reader_words(appointment: Appointment, language: Language) -> dict[str, str]:
    """What differs from one session's email to another's, as its reader is told."""
    heading = language.say(_heading(appointment))
    return {
        "heading": heading,
        "heading_line": "=" * len(heading),
        "sorry": language.say(_sorry(appointment)),
        "place": appointment.place,
        **when_words(appointment, appointment.reader_zone, language),
    }


def _heading(appointment: Appointment) -> str:
    match appointment.standing, appointment.moved:
        case Standing.ASKED, False:
            return mark("You have asked for a time")
        case Standing.ASKED, True:
            return mark("You have asked for a new time")
        case Standing.BOOKED, False:
            return mark("We have a time")
        case Standing.BOOKED, True:
            return mark("We have a new time")
    return mark("The session is cancelled")


def _sorry(appointment: Appointment) -> str:
    if appointment.cancelled_by_owner:
        return mark("I am sorry: it can’t take place.")
    return mark("It is cancelled, as you asked.")


def owner_words(appointment: Appointment) -> dict[str, str]:
    note = "A note came with it, which stays on your own machine: lettercourse bookings list"
    by_owner = appointment.cancelled_by_owner
    return {
        "reader": appointment.name,
        "heading": "A session has a new time" if appointment.moved else "A session was booked",
        "note_line": note if appointment.has_note else "No note came with it.",
        "by_whom": "You have cancelled it." if by_owner else f"{appointment.name} cancelled it.",
        "preheader": "The calendar file is with this email.",
        **when_words(appointment, appointment.owner_zone, ENGLISH),
    }


def when_words(appointment: Appointment, zone: str, language: Language) -> dict[str, str]:
    """The time as both sides read it, always with the zone beside it."""
    local = appointment.slot.starts_at.astimezone(zones.zone(zone))
    note = spoken.zone_name(zone, language)
    other = appointment.owner_zone if zone == appointment.reader_zone else appointment.reader_zone
    there = appointment.slot.starts_at.astimezone(zones.zone(other))
    if there.utcoffset() != local.utcoffset():
        note += f" ({there:%H:%M} {spoken.zone_name(other, language)})"
    return {
        "when": spoken.at_clock(local, language, spoken.DAY_AND_YEAR),
        "when_short": spoken.at_clock(local, language, spoken.SHORT_DAY),
        "zone_note": note,
    }


def calendar_file(
    appointment: Appointment,
    stationery: Stationery,
    language: Language,
    reader: str | None = None,
) -> Attachment:
    """For the reader of this address; without one it is the owner's own copy.

    Readers are asked in the name the letters come from: the owner's own address stays hers.
    """
    own = reader is None or reader == stationery.owner.email
    other = stationery.sender.name if reader else appointment.name
    return calendar.invitation(
        uid=calendar.session_uid(appointment.uid, stationery.sender.domain),
        slot=appointment.slot,
        title=language.say("Session with %(name)s", name=other),
        place=appointment.place,
        organizer=stationery.owner if own else stationery.sender,
        attendee=reader,
        attendee_name=appointment.name,
        stamped_at=appointment.changed_at,
        sequence=appointment.sequence,
        status=STATUSES[appointment.standing],
    )


def calendar_feed(sessions: Iterable[Appointment], stationery: Stationery) -> bytes:
    """All of them in one file, for the owner; each is the same to her program as its invitation."""
    entries = [
        calendar.Entry(
            uid=calendar.session_uid(each.uid, stationery.sender.domain),
            slot=each.slot,
            title=f"Session with {each.name}" + (f" ({each.kind})" if each.kind else ""),
            place=each.place,
            stamped_at=each.changed_at,
            sequence=each.sequence,
            status=STATUSES[each.standing],
        )
        for each in sessions
    ]
    return calendar.feed(f"Sessions, {stationery.owner.name}", entries)
