"""Every email a course can send, composed for a reader who doesn't exist."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from app.bootstrap import House
from course.catalogue import Course
from course.slots import Slot
from emails.appointments import TO_OWNER, TO_READER, Appointment, Standing
from emails.compose import Composed
from emails.pace import Pace
from emails.reader import Reader

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
        "pace": composer.pace(
            key, course, reader, Pace("Europe/Lisbon", rests_until=PROOF_INSTANT), None
        ),
        "reminder": composer.reminder(key, course, reader, appointment),
        **{
            kind: composer.invitation(key, course, reader, replace(appointment, standing=standing))
            for standing, kind in TO_READER.items()
        },
        **{
            kind: composer.booking_notice(
                key, course, reader, replace(appointment, standing=standing)
            )
            for standing, kind in TO_OWNER.items()
        },
        "erasure-notice": composer.erasure_notice(
            key, course, replace(appointment, standing=Standing.CANCELLED)
        ),
        "answer": composer.answer(
            key, course, reader, course.lessons[0], "Thank you for writing.", None
        ),
        "answer-notice": composer.answer_notice(key, course, reader),
        "reflection-notice": composer.reflection_notice(
            key, course, reader, course.lessons[0], PROOF_KEY
        ),
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
        place=next((kind.place for kind in house.diary.kinds.values()), ""),
        changed_at=PROOF_INSTANT,
    )
