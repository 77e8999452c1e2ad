"""From a claimed delivery to its message: the facts are read here, the words are put in emails."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from course.bookings import Booking
from course.catalogue import Catalogue, Course
from course.enrolments import Enrolment
from course.reflections import Reflection
from course.subscribers import Subscriber
from emails.compose import Appointment, Composed, Composer, Reader
from emails.inbound import FOR_THE_OWNER, ReceivedEmail, Verdict
from scheduler.slips import Slip

# A reader, and the slug of her course.
Enrolled = tuple[str, Reader]


@dataclass(frozen=True)
class Office:
    """What composing needs to know of this installation."""

    composer: Composer
    catalogue: Catalogue
    owner_zone: str
    place: str


def compose_all(session: Session, office: Office, slips: Sequence[Slip]) -> dict[int, Composed]:
    """Each delivery's message, or the problems that keep it from being one, by its id."""
    readers = _readers(session, slips)
    return {
        slip.id: _alone(session, office, slip, readers.get(slip.enrolment_id or 0))
        for slip in slips
    }


def _alone(session: Session, office: Office, slip: Slip, enrolled: Enrolled | None) -> Composed:
    """One that can't be composed at all is its own trouble, and never its neighbours'."""
    try:
        return _compose(session, office, slip, enrolled)
    except Exception as error:  # noqa: BLE001  whatever it is; its words may be private, its name isn't
        return Composed(None, (f"It couldn't be composed ({type(error).__name__}).",))


def _readers(session: Session, slips: Sequence[Slip]) -> dict[int, Enrolled]:
    ids = {slip.enrolment_id for slip in slips if slip.enrolment_id}
    query = (
        select(
            Enrolment.id,
            Enrolment.course,
            Enrolment.code,
            Subscriber.email,
            Subscriber.name,
            Enrolment.signed_up_at,
        )
        .join(Enrolment.subscriber)
        .where(Enrolment.id.in_(ids))
    )
    return {
        row: (course, Reader(code, email, name, signed_up_at.date()))
        for row, course, code, email, name, signed_up_at in session.execute(query)
    }


def _compose(session: Session, office: Office, slip: Slip, enrolled: Enrolled | None) -> Composed:
    if enrolled is None:
        return _compose_for_nobody(session, office, slip)
    slug, reader = enrolled
    course = office.catalogue.get(slug)
    if course is None:
        return Composed(None, (f"The course {slug} is no longer in the catalogue.",))
    composer, key = office.composer, slip.key
    match slip.kind:
        case "lesson":
            return _compose_lesson(office, slip, course, reader)
        case "confirmation":
            return composer.confirmation(key, course, reader, slip.due_at)
        case "welcome-back":
            return composer.welcome_back(key, course, reader)
        case "acknowledgement":
            return composer.acknowledgement(key, course, reader, _answers(session, slip))
        case "reflection-notice":
            lesson = course.by_slug.get(_reflection(session, slip).lesson or "")
            return composer.reflection_notice(key, course, reader, lesson)
        case "invitation":
            appointment = _appointment(session, office, slip)
            return composer.invitation(key, course, reader, appointment)
        case "booking-notice":
            appointment = _appointment(session, office, slip)
            return composer.booking_notice(key, course, reader, appointment)
        case kind:
            return Composed(None, (f"{kind} isn't a kind of email we know.",))


def _compose_lesson(office: Office, slip: Slip, course: Course, reader: Reader) -> Composed:
    lesson = course.by_slug.get(slip.lesson or "")
    if lesson is None:
        return Composed(None, (f"The letter {slip.lesson} is no longer in the course.",))
    return office.composer.lesson(slip.key, course, lesson, reader)


def _compose_for_nobody(session: Session, office: Office, slip: Slip) -> Composed:
    """A notice to the owner about a message that belongs to no reader."""
    received = session.get_one(ReceivedEmail, _row(slip))
    course = next(iter(office.catalogue.courses.values()))
    why = FOR_THE_OWNER[Verdict(received.verdict or Verdict.UNSORTED)]
    return office.composer.mail_notice(slip.key, course, why)


def _reflection(session: Session, slip: Slip) -> Reflection:
    return session.get_one(Reflection, _row(slip))


def _answers(session: Session, slip: Slip) -> str | None:
    received_id = _reflection(session, slip).received_id
    received = session.get(ReceivedEmail, received_id)
    return received.message_id if received else None


def _appointment(session: Session, office: Office, slip: Slip) -> Appointment:
    booking = session.get_one(Booking, int(_row(slip)))
    return Appointment(
        uid=booking.uid,
        slot=booking.slot,
        reader_zone=booking.zone,
        owner_zone=office.owner_zone,
        name=booking.name,
        place=office.place,
        booked_at=booking.booked_at,
    )


def _row(slip: Slip) -> str:
    """The row a call was about, see course.due.Due.about."""
    return slip.about.partition("@")[0]
