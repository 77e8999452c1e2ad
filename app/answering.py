"""The owner answers a reader from the command line."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.bootstrap import House
from app.errors import CommandError
from course import answers, enrolments, reflections
from course.answers import ANSWER_LENGTH
from course.enrolments import Enrolment
from course.reflections import Reflection
from emails.answering import may_be_answered
from emails.links import REFLECTION_TAG_LENGTH


@dataclass(frozen=True)
class Correspondent:
    """Whom an answer goes to, and to what."""

    reflection_id: str
    name: str | None
    email: str


def find(house: House, number: str) -> Correspondent:
    """By the number that `reflections` shows. Raises CommandError where nobody can be answered."""
    with house.database.reading() as session:
        reflection, reader = _find(session, number)
        return Correspondent(reflection.id, reader.subscriber.name, reader.subscriber.email)


def answer(house: House, to: Correspondent, words: str) -> None:
    """Keep it and call for its email; asked once more whether she may be answered."""
    if not words:
        raise CommandError("An answer without words isn't sent.")
    if len(words) > ANSWER_LENGTH:
        raise CommandError(f"That is longer than {ANSWER_LENGTH:,} characters; write it in two.")
    with house.database.transaction() as session:
        reflection, _ = _find(session, to.reflection_id)
        answers.write(session, house.vault, reflection, words, house.clock.now())


def _find(session: Session, number: str) -> tuple[Reflection, Enrolment]:
    if len(number) < REFLECTION_TAG_LENGTH:
        raise CommandError(f"{number!r} is no number of an answer; see: lettercourse reflections")
    found = session.scalars(
        select(Reflection).where(Reflection.id.startswith(number, autoescape=True)).limit(2)
    ).all()
    if len(found) != 1 or not reflections.is_shown(found[0]):
        raise CommandError(f"There is no answer {number}; see: lettercourse reflections")
    reader = enrolments.by_id(session, found[0].enrolment_id, for_update=True)
    if reader is None or not may_be_answered(session, reader):
        raise CommandError("Its reader has left, so nothing is sent to her any more.")
    return found[0], reader
