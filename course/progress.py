"""Which letters a reader has had. The rows are milestones: set once, never taken back.

Whoever begins a course again is on another turn through it, in which she has had none yet.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ForeignKey, String, select, union_all, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from course.bulk import insert_alike, read
from course.database import Base, Id
from course.lists import among_given
from course.skips import Skip


class Progress(Base):
    __tablename__ = "progress"

    enrolment_id: Mapped[int] = mapped_column(Id, ForeignKey("enrolments.id"), primary_key=True)
    turn: Mapped[int] = mapped_column(primary_key=True, default=1)
    lesson: Mapped[str] = mapped_column(String(60), primary_key=True)
    sent_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]


PASSED = union_all(
    *(
        select(model.enrolment_id, model.turn, model.lesson).where(
            among_given(model.enrolment_id, "readers")
        )
        for model in (Progress, Skip)
    )
)


def passed_lessons(session: Session, turns: Mapping[int, int]) -> dict[int, set[str]]:
    """The lessons each of these readers, by id, has had or skipped on the turn she is on."""
    passed: dict[int, set[str]] = {reader: set() for reader in turns}
    if not turns:
        return passed
    for reader, turn, lesson in read(session, PASSED, readers=turns):
        if turn == turns[reader]:
            passed[reader].add(lesson)
    return passed


def history(session: Session, enrolment_id: int) -> list[Progress]:
    """The letters this reader has had on any turn, oldest first."""
    query = select(Progress).where(Progress.enrolment_id == enrolment_id)
    return list(session.scalars(query.order_by(Progress.sent_at)))


class Letter(NamedTuple):
    """One lesson to one enrolment, on one of its turns through the course."""

    reader: int
    turn: int
    lesson: str


def record_sent(session: Session, letters: Iterable[Letter], at: datetime) -> None:
    """These went out; a repeat keeps the first date."""
    rows = (
        (letter.reader, {"turn": letter.turn, "lesson": letter.lesson, "sent_at": at})
        for letter in letters
    )
    insert_alike(session, Progress, "enrolment_id", rows)


def record_answered(session: Session, enrolment_id: int, lesson: str, at: datetime) -> None:
    session.execute(
        update(Progress)
        .where(
            Progress.enrolment_id == enrolment_id,
            Progress.lesson == lesson,
            Progress.answered_at.is_(None),
        )
        .values(answered_at=at)
    )
