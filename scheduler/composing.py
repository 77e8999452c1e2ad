"""From a claimed delivery to its message: the facts are read here, the words are put in emails."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session, contains_eager

from course.bookings import Booking
from course.catalogue import Catalogue, Course
from course.enrolments import Enrolment
from course.reflections import Reflection
from emails.compose import Appointment, Composed, Composer, Reader
from emails.inbound import FOR_THE_OWNER, ReceivedEmail, Verdict
from scheduler.outbox import Delivery


@dataclass(frozen=True)
class Office:
    """What composing needs to know of this installation."""

    composer: Composer
    catalogue: Catalogue
    owner_zone: str
    place: str


def compose_all(
    session: Session, office: Office, deliveries: Sequence[Delivery]
) -> dict[int, Composed]:
    """Each delivery's message, or the problems that keep it from being one, by delivery id."""
    readers = _readers(session, deliveries)
    return {
        delivery.id: _alone(session, office, delivery, readers.get(delivery.enrolment_id or 0))
        for delivery in deliveries
    }


def _alone(
    session: Session, office: Office, delivery: Delivery, enrolment: Enrolment | None
) -> Composed:
    """One that can't be composed at all is its own trouble, and never its neighbours'."""
    try:
        return _compose(session, office, delivery, enrolment)
    except Exception as error:  # noqa: BLE001  whatever it is; its words may be private, its name isn't
        return Composed(None, (f"It couldn't be composed ({type(error).__name__}).",))


def _readers(session: Session, deliveries: Sequence[Delivery]) -> dict[int, Enrolment]:
    ids = {delivery.enrolment_id for delivery in deliveries if delivery.enrolment_id}
    query = (
        select(Enrolment)
        .join(Enrolment.subscriber)
        .options(contains_eager(Enrolment.subscriber))
        .where(Enrolment.id.in_(ids))
    )
    return {enrolment.id: enrolment for enrolment in session.scalars(query)}


def _compose(
    session: Session, office: Office, delivery: Delivery, enrolment: Enrolment | None
) -> Composed:
    if enrolment is None:
        return _compose_for_nobody(session, office, delivery)
    course = office.catalogue.get(enrolment.course)
    if course is None:
        return Composed(None, (f"The course {enrolment.course} is no longer in the catalogue.",))
    reader = Reader(
        code=enrolment.code,
        email=enrolment.subscriber.email,
        name=enrolment.subscriber.name,
        signed_up_on=enrolment.signed_up_at.date(),
    )
    composer, key = office.composer, delivery.key
    match delivery.kind:
        case "lesson":
            return _compose_lesson(office, delivery, course, reader)
        case "confirmation":
            return composer.confirmation(key, course, reader, delivery.due_at)
        case "welcome-back":
            return composer.welcome_back(key, course, reader)
        case "acknowledgement":
            return composer.acknowledgement(key, course, reader, _answers(session, delivery))
        case "reflection-notice":
            lesson = course.by_slug.get(_reflection(session, delivery).lesson or "")
            return composer.reflection_notice(key, course, reader, lesson)
        case "invitation":
            appointment = _appointment(session, office, delivery)
            return composer.invitation(key, course, reader, appointment)
        case "booking-notice":
            appointment = _appointment(session, office, delivery)
            return composer.booking_notice(key, course, reader, appointment)
        case kind:
            return Composed(None, (f"{kind} isn't a kind of email we know.",))


def _compose_lesson(office: Office, delivery: Delivery, course: Course, reader: Reader) -> Composed:
    lesson = course.by_slug.get(delivery.lesson or "")
    if lesson is None:
        return Composed(None, (f"The letter {delivery.lesson} is no longer in the course.",))
    return office.composer.lesson(delivery.key, course, lesson, reader)


def _compose_for_nobody(session: Session, office: Office, delivery: Delivery) -> Composed:
    """A notice to the owner about a message that belongs to no reader."""
    received = session.get_one(ReceivedEmail, _row(delivery))
    course = next(iter(office.catalogue.courses.values()))
    why = FOR_THE_OWNER[Verdict(received.verdict or Verdict.UNSORTED)]
    return office.composer.mail_notice(delivery.key, course, why)


def _reflection(session: Session, delivery: Delivery) -> Reflection:
    return session.get_one(Reflection, _row(delivery))


def _answers(session: Session, delivery: Delivery) -> str | None:
    received_id = _reflection(session, delivery).received_id
    received = session.get(ReceivedEmail, received_id)
    return received.message_id if received else None


def _appointment(session: Session, office: Office, delivery: Delivery) -> Appointment:
    booking = session.get_one(Booking, int(_row(delivery)))
    return Appointment(
        uid=booking.uid,
        slot=booking.slot,
        reader_zone=booking.zone,
        owner_zone=office.owner_zone,
        name=booking.name,
        place=office.place,
        booked_at=booking.booked_at,
    )


def _row(delivery: Delivery) -> str:
    """The row a call was about, see course.due.Due.about."""
    return delivery.about.partition("@")[0]
