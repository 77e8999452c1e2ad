"""Who must not be written to. Kept by a keyed hash, so that it outlives the address itself."""

from collections.abc import Collection
from datetime import datetime
from enum import StrEnum

from sqlalchemy import String, UniqueConstraint, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from course.database import Base, Id, insert_into

EVERYTHING = ""


class Reason(StrEnum):
    UNSUBSCRIBED = "unsubscribed"
    HARD_BOUNCE = "hard bounce"
    SOFT_BOUNCES = "soft bounces"
    COMPLAINT = "complaint"
    ERASED = "erased"


class Suppression(Base):
    __tablename__ = "suppressions"
    __table_args__ = (UniqueConstraint("digest", "course"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    digest: Mapped[str] = mapped_column(String(64))
    # One course's slug, or nothing at all for every email we could ever send there.
    course: Mapped[str] = mapped_column(String(60))
    reason: Mapped[str] = mapped_column(String(20))
    at: Mapped[datetime]


def suppress(session: Session, digest: str, course: str, reason: Reason, at: datetime) -> None:
    """From this transaction on nothing goes there; saying it twice keeps the first reason."""
    row = {"digest": digest, "course": course, "reason": reason, "at": at}
    session.execute(insert_into(session, Suppression).on_conflict_do_nothing(), [row])


def lift(session: Session, digest: str, course: str) -> None:
    """A goodbye to one course ends with a fresh, confirmed consent to it."""
    session.execute(
        delete(Suppression).where(Suppression.digest == digest, Suppression.course == course)
    )


def suppressed(session: Session, digests: Collection[str]) -> set[tuple[str, str]]:
    """The (digest, course) pairs that must not be written to; course EVERYTHING means all."""
    query = select(Suppression.digest, Suppression.course).where(Suppression.digest.in_(digests))
    return {(digest, course) for digest, course in session.execute(query)}
