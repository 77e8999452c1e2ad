"""Which letters a reader has had. The rows are milestones: set once, never taken back."""

from collections.abc import Collection, Iterable
from datetime import datetime

from sqlalchemy import ForeignKey, String, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from course.database import Base, insert_into


class Progress(Base):
    __tablename__ = "progress"

    enrolment_id: Mapped[int] = mapped_column(ForeignKey("enrolments.id"), primary_key=True)
    lesson: Mapped[str] = mapped_column(String(60), primary_key=True)
    sent_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]


def had_lessons(session: Session, enrolment_ids: Collection[int]) -> dict[int, set[str]]:
    """The lessons each of these readers has had; readers who had none are left out."""
    if not enrolment_ids:
        return {}
    query = select(Progress.enrolment_id, Progress.lesson).where(
        Progress.enrolment_id.in_(enrolment_ids)
    )
    had: dict[int, set[str]] = {}
    for enrolment_id, lesson in session.execute(query):
        had.setdefault(enrolment_id, set()).add(lesson)
    return had


def history(session: Session, enrolment_id: int) -> list[Progress]:
    """The letters this reader has had, oldest first."""
    query = select(Progress).where(Progress.enrolment_id == enrolment_id)
    return list(session.scalars(query.order_by(Progress.sent_at)))


def record_sent(session: Session, letters: Iterable[tuple[int, str]], at: datetime) -> None:
    """These (enrolment, lesson) went out; a repeat keeps the first date."""
    rows = [{"enrolment_id": e, "lesson": lesson, "sent_at": at} for e, lesson in letters]
    if not rows:
        return
    # By the connection: the session's own way of inserting takes twice the time.
    session.connection().execute(insert_into(session, Progress).on_conflict_do_nothing(), rows)


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
