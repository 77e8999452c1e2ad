"""What readers answered: sealed in the database, opened only when the owner asks to read."""

from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from sqlalchemy import ForeignKey, LargeBinary, Select, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from course.database import Base, index_where_set
from course.enrolments import Enrolment
from course.progress import record_answered
from course.subscribers import Subscriber
from course.vault import Vault


class Reflection(Base):
    __tablename__ = "reflections"

    # Chosen by us before the insert, because the words are bound to it.
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    enrolment_id: Mapped[int] = mapped_column(ForeignKey("enrolments.id"), index=True)
    lesson: Mapped[str | None] = mapped_column(String(60))
    received_id: Mapped[str] = mapped_column(String(32), unique=True)
    words: Mapped[bytes] = mapped_column(LargeBinary)
    received_at: Mapped[datetime] = mapped_column(index=True)
    acknowledgement_due_at: Mapped[datetime | None]
    notice_due_at: Mapped[datetime | None]

    def __repr__(self) -> str:
        return f"Reflection({self.id})"


for column in ("acknowledgement_due_at", "notice_due_at"):
    index_where_set(Reflection, column)


EVERYBODY = (
    select(Reflection, Enrolment.course, Subscriber.email, Subscriber.name)
    .join(Enrolment, Enrolment.id == Reflection.enrolment_id)
    .join(Subscriber, Subscriber.id == Enrolment.subscriber_id)
)


@dataclass(frozen=True, repr=False)
class Opened:
    """One reflection in clear. Has no repr, so that it can't slip into a log."""

    email: str
    name: str | None
    course: str
    lesson: str | None
    received_at: datetime
    words: str


def keep(
    session: Session,
    vault: Vault,
    *,
    enrolment: Enrolment,
    lesson: str | None,
    received_id: str,
    words: str,
    at: datetime,
    acknowledge: bool,
) -> Reflection:
    """Seal an answer; call for the owner's notice, and for an acknowledgement where one is due."""
    reflection_id = uuid4().hex
    reflection = Reflection(
        id=reflection_id,
        enrolment_id=enrolment.id,
        lesson=lesson,
        received_id=received_id,
        words=vault.seal(words.encode(), _place(reflection_id)),
        received_at=at,
        acknowledgement_due_at=at if acknowledge else None,
        notice_due_at=at,
    )
    session.add(reflection)
    if lesson is not None:
        record_answered(session, enrolment.id, lesson, at)
    return reflection


def read_all(session: Session, vault: Vault, limit: int) -> list[Opened]:
    """The newest reflections in clear, for the owner's eyes."""
    return _opened(session, vault, EVERYBODY.order_by(Reflection.received_at.desc()).limit(limit))


def of_subscriber(session: Session, vault: Vault, subscriber_id: int) -> list[Opened]:
    """All of one reader's in clear, oldest first, for herself."""
    hers = EVERYBODY.where(Enrolment.subscriber_id == subscriber_id)
    return _opened(session, vault, hers.order_by(Reflection.received_at))


def _opened(
    session: Session, vault: Vault, query: Select[Reflection, str, str, str | None]
) -> list[Opened]:
    return [
        Opened(
            email=email,
            name=name,
            course=course,
            lesson=reflection.lesson,
            received_at=reflection.received_at,
            words=vault.open(reflection.words, _place(reflection.id)).decode(),
        )
        for reflection, course, email, name in session.execute(query)
    ]


def _place(reflection_id: str) -> str:
    return f"reflections.words:{reflection_id}"
