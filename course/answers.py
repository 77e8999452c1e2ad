"""What the owner answered to a reflection: sealed like it, and part of that reader's thread.

Writing one calls for the email that brings it. Once that email may not go any more, because its
reader has left meanwhile, the owner is called for instead.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from sqlalchemy import ForeignKey, LargeBinary, Select, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from course.database import Base, index_where_set
from course.enrolments import Enrolment
from course.reflections import Reflection
from course.vault import Vault

# What fits into one email, whatever the script, with the frame around it.
ANSWER_LENGTH = 10_000


class Answer(Base):
    __tablename__ = "answers"

    # Chosen by us before the insert, because the words are bound to it.
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    enrolment_id: Mapped[int] = mapped_column(ForeignKey("enrolments.id"), index=True)
    # What it answers. Without a foreign key: its writer may delete that, and the answer stays.
    reflection_id: Mapped[str] = mapped_column(String(32))
    # Tells one of the owner's emails from another, however often it comes; none for a command.
    source: Mapped[str | None] = mapped_column(String(64), unique=True)
    words: Mapped[bytes] = mapped_column(LargeBinary)
    written_at: Mapped[datetime]
    due_at: Mapped[datetime | None]
    notice_due_at: Mapped[datetime | None]

    def __repr__(self) -> str:
        return f"Answer({self.id})"


for column in ("due_at", "notice_due_at"):
    index_where_set(Answer, column)


@dataclass(frozen=True, repr=False)
class Opened:
    """One answer in clear. Has no repr, so that it can't slip into a log."""

    course: str
    reflection_id: str
    written_at: datetime
    words: str


def write(
    session: Session,
    vault: Vault,
    reflection: Reflection,
    words: str,
    at: datetime,
    *,
    source: str | None = None,
) -> Answer:
    """Seal an answer and call for the email that brings it."""
    answer_id = uuid4().hex
    answer = Answer(
        id=answer_id,
        enrolment_id=reflection.enrolment_id,
        reflection_id=reflection.id,
        source=source,
        words=vault.seal(words.encode(), _place(answer_id)),
        written_at=at,
        due_at=at,
    )
    session.add(answer)
    session.flush()
    return answer


def is_known(session: Session, source: str) -> bool:
    """Whether this email of the owner's has been an answer before."""
    return session.scalar(select(Answer.id).where(Answer.source == source)) is not None


def hold_back(session: Session, answer_id: str, at: datetime) -> None:
    """It didn't go out, and never will: tell the owner."""
    session.get_one(Answer, answer_id).notice_due_at = at


def read(vault: Vault, answer: Answer) -> str:
    return vault.open(answer.words, _place(answer.id)).decode()


def to_reflections(session: Session, vault: Vault, ids: Collection[str]) -> list[Opened]:
    """The answers to these, oldest first."""
    query = select(Answer, Enrolment.course).where(Answer.reflection_id.in_(ids))
    return _opened(session, vault, query)


def of_subscriber(session: Session, vault: Vault, subscriber_id: int) -> list[Opened]:
    """All that was answered to one reader, oldest first, for herself."""
    query = select(Answer, Enrolment.course).where(Enrolment.subscriber_id == subscriber_id)
    return _opened(session, vault, query)


def _opened(session: Session, vault: Vault, query: Select[Answer, str]) -> list[Opened]:
    rows = session.execute(
        query.join(Enrolment, Enrolment.id == Answer.enrolment_id).order_by(Answer.written_at)
    )
    return [
        Opened(course, answer.reflection_id, answer.written_at, read(vault, answer))
        for answer, course in rows
    ]


def _place(answer_id: str) -> str:
    return f"answers.words:{answer_id}"
