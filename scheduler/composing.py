"""From a claimed delivery to its message: the facts are read here, the words are put in emails."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from course import answers, bookings
from course.answers import Answer
from course.bookings import Booking
from course.bulk import read
from course.catalogue import Catalogue, Course
from course.diary import Diary
from course.enrolments import Enrolment
from course.lists import among_given
from course.reflections import Reflection
from course.subscribers import Subscriber
from emails.appointments import Appointment, Standing
from emails.compose import Composed, Composer
from emails.inbound import FOR_THE_OWNER, ReceivedEmail, Verdict
from emails.reader import Reader
from scheduler import freed_sessions
from scheduler.paces import pace_of
from scheduler.slips import Slip

# A reader, and the slug of her course.
Enrolled = tuple[str, Reader]

ENROLLED = (
    select(
        Enrolment.id,
        Enrolment.course,
        Enrolment.code,
        Subscriber.email,
        Subscriber.name,
        Enrolment.signed_up_at,
        exists().where(Booking.enrolment_id == Enrolment.id).label("booked"),
    )
    .join(Enrolment.subscriber)
    .where(among_given(Enrolment.id, "ids"))
)


@dataclass(frozen=True)
class Office:
    """What composing needs to know of this installation."""

    composer: Composer
    catalogue: Catalogue
    diary: Diary
    owner_zone: str


def compose_all(
    session: Session, office: Office, slips: Sequence[Slip], now: datetime
) -> dict[int, Composed]:
    """Each delivery's message, or the problems that keep it from being one, by its id."""
    readers = _readers(session, office, slips, now)
    return {
        slip.id: _alone(session, office, slip, readers.get(slip.enrolment_id or 0), now)
        for slip in slips
    }


def _alone(
    session: Session, office: Office, slip: Slip, enrolled: Enrolled | None, now: datetime
) -> Composed:
    """One that can't be composed at all is its own trouble, and never its neighbours'."""
    try:
        return _compose(session, office, slip, enrolled, now)
    except Exception as error:  # noqa: BLE001  whatever it is; its words may be private, its name isn't
        return Composed(None, (f"It couldn't be composed ({type(error).__name__}).",))


def _readers(
    session: Session, office: Office, slips: Sequence[Slip], now: datetime
) -> dict[int, Enrolled]:
    ids = {slip.enrolment_id for slip in slips if slip.enrolment_id}
    found = read(session, ENROLLED, ids=ids)
    booked = bookings.of_readers(session, [row.id for row in found if row.booked])
    ahead = {
        row: appointment_of(office, booking)
        for row, booking in booked.items()
        if booking.starts_at > now
    }
    return {
        row: (
            course,
            Reader(code, email, name, signed_up_at.date(), row in booked, ahead.get(row)),
        )
        for row, course, code, email, name, signed_up_at, _ in found
    }


def _compose(
    session: Session, office: Office, slip: Slip, enrolled: Enrolled | None, now: datetime
) -> Composed:
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
            return composer.acknowledgement(key, course, reader, _answers(session, slip.row))
        case "pace":
            stands = pace_of(session, slip, course, now)
            answered = session.get_one(ReceivedEmail, slip.row).message_id
            return composer.pace(key, course, reader, stands, answered)
        case "reflection-notice" | "answer" | "answer-notice":
            return _compose_of_a_thread(session, office, slip, course, reader)
        case "invitation" | "booking-notice" | "reminder":
            return _compose_about_session(session, office, slip, course, reader)
        case kind:
            return Composed(None, (f"{kind} isn't a kind of email we know.",))


def _compose_lesson(office: Office, slip: Slip, course: Course, reader: Reader) -> Composed:
    lesson = course.by_slug.get(slip.lesson or "")
    if lesson is None:
        return Composed(None, (f"The letter {slip.lesson} is no longer in the course.",))
    return office.composer.lesson(slip.key, course, lesson, reader)


def _compose_of_a_thread(
    session: Session, office: Office, slip: Slip, course: Course, reader: Reader
) -> Composed:
    match slip.kind:
        case "reflection-notice":
            reflection = session.get_one(Reflection, slip.row)
            lesson = course.by_slug.get(reflection.lesson or "")
            return office.composer.reflection_notice(
                slip.key, course, reader, lesson, reflection.id
            )
        case "answer":
            return _compose_answer(session, office, slip, course, reader)
        case _:
            return office.composer.answer_notice(slip.key, course, reader)


def _compose_answer(
    session: Session, office: Office, slip: Slip, course: Course, reader: Reader
) -> Composed:
    answer = session.get_one(Answer, slip.row)
    words = answers.read(office.diary.vault, answer)
    reflection = session.get(Reflection, answer.reflection_id)
    lesson = course.by_slug.get(reflection.lesson or "") if reflection else None
    answered = _answers(session, answer.reflection_id)
    return office.composer.answer(slip.key, course, reader, lesson, words, answered)


def _compose_about_session(
    session: Session, office: Office, slip: Slip, course: Course, reader: Reader
) -> Composed:
    appointment = appointment_of(office, session.get_one(Booking, int(slip.row)))
    kinds = {
        "invitation": office.composer.invitation,
        "booking-notice": office.composer.booking_notice,
        "reminder": office.composer.reminder,
    }
    return kinds[slip.kind](slip.key, course, reader, appointment)


def _compose_for_nobody(session: Session, office: Office, slip: Slip) -> Composed:
    """A notice to the owner about what belongs to no reader, or to none any more."""
    course = next(iter(office.catalogue.courses.values()))
    if slip.kind == freed_sessions.KIND:
        freed = freed_sessions.appointment_of(slip, office.owner_zone)
        return office.composer.erasure_notice(slip.key, course, freed)
    received = session.get_one(ReceivedEmail, slip.row)
    why = FOR_THE_OWNER[Verdict(received.verdict or Verdict.UNSORTED)]
    return office.composer.mail_notice(slip.key, course, why)


def _answers(session: Session, reflection_id: str) -> str | None:
    """The Message-ID of the email that is answered; none where its writer has deleted it since."""
    query = (
        select(ReceivedEmail.message_id)
        .join(Reflection, Reflection.received_id == ReceivedEmail.id)
        .where(Reflection.id == reflection_id)
    )
    return session.scalar(query)


def appointment_of(office: Office, booking: Booking) -> Appointment:
    return Appointment(
        uid=booking.uid,
        slot=booking.slot,
        reader_zone=booking.zone,
        owner_zone=office.owner_zone,
        name=booking.name,
        kind=booking.kind_in(office.diary),
        place=booking.place_in(office.diary),
        changed_at=booking.changed_at,
        sequence=booking.sequence,
        standing=_standing(booking),
        moved=booking.moved_at is not None,
        cancelled_by_owner=booking.cancelled_by_owner,
        has_note=booking.note is not None,
    )


def _standing(booking: Booking) -> Standing:
    if booking.cancelled_at:
        return Standing.CANCELLED
    return Standing.BOOKED if booking.confirmed_at else Standing.ASKED
