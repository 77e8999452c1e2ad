"""Who must not be written to. Kept by a keyed hash, so that it outlives the address itself."""

from collections.abc import Collection
from datetime import datetime
from enum import StrEnum

from sqlalchemy import String, UniqueConstraint, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from course.bulk import read
from course.database import Base, Id, insert_into
from course.lists import among_given

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
    """From this transaction on nothing goes there; saying it twice keeps the first reason.

    An erasure alone gives way: it ends with a fresh consent, a bounce or a complaint doesn't.
    """
    row = {"digest": digest, "course": course, "reason": reason, "at": at}
    statement = insert_into(session, Suppression)
    upsert = statement.on_conflict_do_update(
        index_elements=["digest", "course"],
        set_={"reason": reason, "at": at},
        where=Suppression.reason == Reason.ERASED,
    )
    session.execute(upsert, [row])


def lift(session: Session, digest: str, course: str) -> None:
    """A goodbye to one course ends with a fresh, confirmed consent to it."""
    session.execute(
        delete(Suppression).where(Suppression.digest == digest, Suppression.course == course)
    )


def lift_erasure(session: Session, digest: str) -> None:
    """Whoever was erased and confirms anew is somebody new; what her mailbox said stays."""
    session.execute(
        delete(Suppression).where(Suppression.digest == digest, Suppression.reason == Reason.ERASED)
    )


SUPPRESSED = select(Suppression.digest, Suppression.course, Suppression.reason).where(
    among_given(Suppression.digest, "digests")
)


def suppressed(session: Session, digests: Collection[str]) -> dict[tuple[str, str], Reason]:
    """Why these (digest, course) must not be written to; course EVERYTHING means all."""
    found = read(session, SUPPRESSED, digests=digests)
    return {(digest, course): Reason(reason) for digest, course, reason in found}
