"""Every email a course can send, composed for a reader who doesn't exist."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from app.bootstrap import House
from course.catalogue import Course
from course.slots import Slot
from emails.compose import Appointment, Composed, Reader

PROOF_READER = Reader(
    code="a" * 13, email="reader@example.com", name="Reader", signed_up_on=date(2026, 1, 5)
)
PROOF_KEY = "0" * 32
PROOF_INSTANT = datetime(2026, 3, 3, 15, tzinfo=UTC)


@dataclass(frozen=True)
class Proof:
    name: str
    composed: Composed


def proofs(house: House, course: Course, reader: Reader = PROOF_READER) -> list[Proof]:
    """One of each kind, and each of the letters, in the course's order."""
    composer, key = house.composer, PROOF_KEY
    appointment = _appointment(house)
    letters = [
        Proof(f"{course.slug}/{lesson.slug}", composer.lesson(key, course, lesson, reader))
        for lesson in course.lessons
    ]
    others = {
        "confirmation": composer.confirmation(key, course, reader, PROOF_INSTANT),
        "welcome-back": composer.welcome_back(key, course, reader),
        "acknowledgement": composer.acknowledgement(key, course, reader, None),
        "invitation": composer.invitation(key, course, reader, appointment),
        "booking-notice": composer.booking_notice(key, course, reader, appointment),
        "reflection-notice": composer.reflection_notice(key, course, reader, course.lessons[0]),
        "mail-notice": composer.mail_notice(key, course, "A message came."),
    }
    return letters + [Proof(f"{course.slug}/{kind}", item) for kind, item in others.items()]


def _appointment(house: House) -> Appointment:
    return Appointment(
        uid=PROOF_KEY,
        slot=Slot(PROOF_INSTANT, PROOF_INSTANT + timedelta(minutes=50)),
        reader_zone="Europe/Lisbon",
        owner_zone=house.settings.owner.timezone,
        name="Reader",
        place=house.settings.booking.place,
        booked_at=PROOF_INSTANT,
    )
