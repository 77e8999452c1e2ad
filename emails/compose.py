"""Each kind of email, from facts to a message: whom it is for, what it says, which headers."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from course import zones
from course.catalogue import Course
from course.lessons import Lesson
from course.slots import Slot
from emails import calendar, headers, markdown
from emails.links import Links
from emails.message import Attachment, Message
from emails.rendering import Templates
from emails.sheet import Sheet
from emails.stationery import Stationery


@dataclass(frozen=True)
class Reader:
    """What an email needs to know of the person it goes to."""

    code: str
    email: str
    name: str | None
    signed_up_on: date


@dataclass(frozen=True)
class Appointment:
    """A booked session, as its emails tell it."""

    uid: str
    slot: Slot
    reader_zone: str
    owner_zone: str
    name: str
    place: str
    booked_at: datetime


@dataclass(frozen=True)
class Composed:
    """A message, or the reasons why there is none."""

    message: Message | None
    problems: tuple[str, ...] = ()


class Composer:
    """Composes for one installation. Holds no clock and no database: same facts, same message."""

    def __init__(self, templates: Templates, links: Links, stationery: Stationery) -> None:
        self._templates = templates
        self._links = links
        self._stationery = stationery

    def confirmation(
        self, key: str, course: Course, reader: Reader, asked_at: datetime
    ) -> Composed:
        values = {
            "confirm_url": self._links.confirm(reader.code, asked_at),
            "preheader": "One step, and the letters begin.",
            "why": "You get this because this address was entered in our sign-up form.",
        }
        # Carries nothing the form's user could choose, so that it can't be used to send a stranger
        # words. It is asked for, not a list's, so it has no List-Unsubscribe.
        return self._to_reader("confirmation", key, course, reader, values, {})

    def lesson(self, key: str, course: Course, lesson: Lesson, reader: Reader) -> Composed:
        listed = headers.for_list(course, reader.code, self._links, self._stationery)
        return self._to_reader("lesson", key, course, reader, {}, listed, lesson=lesson)

    def welcome_back(self, key: str, course: Course, reader: Reader) -> Composed:
        values = {"preheader": "You are on the list already; nothing has changed."}
        return self._to_reader("welcome-back", key, course, reader, values, headers.AUTOMATIC)

    def acknowledgement(
        self, key: str, course: Course, reader: Reader, answers: str | None
    ) -> Composed:
        """The calm, same text for everyone. `answers` is the Message-ID of what it answers."""
        values = {"preheader": "An automatic note, the same for everyone."}
        extra = headers.for_acknowledgement(answers)
        return self._to_reader("acknowledgement", key, course, reader, values, extra)

    def invitation(
        self, key: str, course: Course, reader: Reader, appointment: Appointment
    ) -> Composed:
        values = {
            "preheader": "Your session is booked; the calendar file is with this email.",
            "place": appointment.place,
            **_when(appointment, appointment.reader_zone),
        }
        invitation = self._calendar_file(appointment, reader)
        return self._to_reader(
            "invitation", key, course, reader, values, {}, attachments=(invitation,)
        )

    def booking_notice(
        self, key: str, course: Course, reader: Reader, appointment: Appointment
    ) -> Composed:
        values = {
            "reader": appointment.name,
            "preheader": "The calendar file is with this email.",
            **_when(appointment, appointment.owner_zone),
        }
        invitation = self._calendar_file(appointment, reader)
        return self._to_owner(
            "booking-notice", key, course, values, reply_to=reader.email, attachments=(invitation,)
        )

    def reflection_notice(
        self, key: str, course: Course, reader: Reader, lesson: Lesson | None
    ) -> Composed:
        about = f" on “{lesson.title}”" if lesson else ""
        values = {
            "about": f"{reader.name or 'A reader'} has answered{about}.",
            "preheader": "It waits for you on your own machine.",
        }
        return self._to_owner("reflection-notice", key, course, values)

    def mail_notice(self, key: str, course: Course, why: str) -> Composed:
        values = {"about": why, "preheader": "It waits for you on your own machine."}
        return self._to_owner("mail-notice", key, course, values)

    def _to_reader(
        self,
        kind: str,
        key: str,
        course: Course,
        reader: Reader,
        values: Mapping[str, str],
        extra: Mapping[str, str],
        *,
        lesson: Lesson | None = None,
        attachments: tuple[Attachment, ...] = (),
    ) -> Composed:
        links = self._links
        slug = lesson.slug if lesson else None
        frame = {
            "greeting": f"Dear {reader.name}," if reader.name else "Hello,",
            "why": markdown.wrap(_why(course, reader)),
            "action_url": links.book(reader.code),
            "letters_url": links.letters(reader.code),
            "leave_url": links.unsubscribe(reader.code),
        }
        token = links.reply_token(reader.code, slug)
        return self._compose(
            Sheet(kind, course, self._stationery, lesson),
            frame | dict(values),
            key=key,
            to=reader.email,
            reply_to=links.reply_address(reader.code, slug),
            headers={"Message-ID": headers.message_id(key, token, self._stationery), **extra},
            attachments=attachments,
        )

    def _to_owner(
        self,
        kind: str,
        key: str,
        course: Course,
        values: Mapping[str, str],
        *,
        reply_to: str | None = None,
        attachments: tuple[Attachment, ...] = (),
    ) -> Composed:
        owner = self._stationery.owner
        frame = {
            "action_url": self._links.page(f"courses/{course.slug}"),
            "why": "You get this because settings.toml names you as the owner of this course.",
        }
        return self._compose(
            Sheet(kind, course, self._stationery),
            frame | dict(values),
            key=key,
            to=owner.email,
            reply_to=reply_to or owner.email,
            headers={
                "Message-ID": headers.message_id(key, "owner", self._stationery),
                **headers.AUTOMATIC,
            },
            attachments=attachments,
        )

    def _compose(
        self,
        sheet: Sheet,
        values: Mapping[str, str],
        *,
        key: str,
        to: str,
        reply_to: str,
        headers: Mapping[str, str],
        attachments: tuple[Attachment, ...],
    ) -> Composed:
        rendered = self._templates.render(sheet, values)
        if rendered.problems:
            return Composed(None, rendered.problems)
        message = Message(
            key=key,
            sender=sheet.sender,
            to=to,
            reply_to=reply_to,
            subject=rendered.subject,
            html=rendered.html,
            text=rendered.text,
            headers=headers,
            attachments=attachments,
        )
        return Composed(message)

    def _calendar_file(self, appointment: Appointment, reader: Reader) -> Attachment:
        return calendar.invitation(
            uid=f"{appointment.uid}@{self._stationery.sender.domain}",
            slot=appointment.slot,
            title=f"Session with {self._stationery.sender.name}",
            place=appointment.place,
            organizer=self._stationery.owner,
            attendee=reader.email,
            attendee_name=appointment.name,
            stamped_at=appointment.booked_at,
        )


def _why(course: Course, reader: Reader) -> str:
    day = f"{reader.signed_up_on.day} {reader.signed_up_on:%B %Y}"
    return f"You get this because you asked for the letters “{course.title}” on {day}."


def _when(appointment: Appointment, zone: str) -> dict[str, str]:
    """The time as both sides read it, always with the zone beside it."""
    local = appointment.slot.starts_at.astimezone(zones.zone(zone))
    note = zones.spoken(zone)
    other = appointment.owner_zone if zone == appointment.reader_zone else appointment.reader_zone
    there = appointment.slot.starts_at.astimezone(zones.zone(other))
    if there.utcoffset() != local.utcoffset():
        note += f" ({there:%H:%M} {zones.spoken(other)})"
    return {
        "when": f"{local:%A}, {local.day} {local:%B %Y}, {local:%H:%M}",
        "when_short": f"{local:%a} {local.day} {local:%b}, {local:%H:%M}",
        "zone_note": note,
    }
