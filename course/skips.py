"""Letters that a reader has chosen not to be sent. She may still read them on her own page."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ForeignKey, String, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from course.database import Base, Id


class Skip(Base):
    __tablename__ = "skips"

    enrolment_id: Mapped[int] = mapped_column(Id, ForeignKey("enrolments.id"), primary_key=True)
    turn: Mapped[int] = mapped_column(primary_key=True)
    lesson: Mapped[str] = mapped_column(String(60), primary_key=True)
    skipped_at: Mapped[datetime]


def skipped(session: Session, enrolment_id: int, turn: int) -> set[str]:
    """The lessons this reader has skipped on this turn through the course."""
    query = select(Skip.lesson).where(Skip.enrolment_id == enrolment_id, Skip.turn == turn)
    return set(session.scalars(query))


def take_back_all_but(
    session: Session, enrolment_id: int, turn: int, kept: Collection[str]
) -> None:
    session.execute(
        delete(Skip)
        .where(Skip.enrolment_id == enrolment_id, Skip.turn == turn, Skip.lesson.not_in(kept))
        .execution_options(synchronize_session=False)
    )
