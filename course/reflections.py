"""What readers answered: sealed in the database, opened for herself, and for the owner if shared.

An answer by email was written to the owner, so it is shared from the start. One kept on a page is
what its reader chose. She may change, share, take back and delete either.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

from sqlalchemy import ForeignKey, LargeBinary, Select, String, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from course.database import Base, index_where_set
from course.enrolments import Enrolment
from course.progress import record_answered
from course.subscribers import Subscriber
from course.vault import Vault

WORDS_LENGTH = 20_000
# Deleted words are out of everybody's sight at once; so long they can be taken back.
UNDO_LIFE = timedelta(minutes=10)


class Reflection(Base):
    __tablename__ = "reflections"

    # Chosen by us before the insert, because the words are bound to it.
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    enrolment_id: Mapped[int] = mapped_column(ForeignKey("enrolments.id"), index=True)
    lesson: Mapped[str | None] = mapped_column(String(60))
    # The email it came by; none for what was kept on a page.
    received_id: Mapped[str | None] = mapped_column(String(32), unique=True)
    words: Mapped[bytes] = mapped_column(LargeBinary)
    # Counts the changes, so that two windows never overwrite each other.
    revision: Mapped[int] = mapped_column(default=1)
    shared: Mapped[bool]
    received_at: Mapped[datetime] = mapped_column(index=True)
    changed_at: Mapped[datetime | None]
    deleted_at: Mapped[datetime | None]
    acknowledgement_due_at: Mapped[datetime | None]
    notice_due_at: Mapped[datetime | None]

    def __repr__(self) -> str:
        return f"Reflection({self.id})"


for column in ("deleted_at", "acknowledgement_due_at", "notice_due_at"):
    index_where_set(Reflection, column)


EVERYBODY = (
    select(Reflection, Enrolment.course, Subscriber.email, Subscriber.name)
    .join(Enrolment, Enrolment.id == Reflection.enrolment_id)
    .join(Subscriber, Subscriber.id == Enrolment.subscriber_id)
    .where(Reflection.deleted_at.is_(None))
)


@dataclass(frozen=True, repr=False)
class Opened:
    """One reflection in clear. Has no repr, so that it can't slip into a log."""

    id: str
    email: str
    name: str | None
    course: str
    lesson: str | None
    by_email: bool
    shared: bool
    revision: int
    received_at: datetime
    changed_at: datetime | None
    words: str


def keep(
    session: Session,
    vault: Vault,
    *,
    enrolment: Enrolment,
    lesson: str | None,
    words: str,
    at: datetime,
    received_id: str | None = None,
    acknowledge: bool = False,
    shared: bool = True,
    reflection_id: str | None = None,
) -> Reflection:
    """Seal an answer; call for the owner's notice if it is shared, and for an acknowledgement."""
    reflection_id = reflection_id or uuid4().hex
    reflection = Reflection(
        id=reflection_id,
        enrolment_id=enrolment.id,
        lesson=lesson,
        received_id=received_id,
        words=vault.seal(words.encode(), _place(reflection_id)),
        shared=shared,
        received_at=at,
        acknowledgement_due_at=at if acknowledge else None,
        notice_due_at=at if shared else None,
    )
    session.add(reflection)
    session.flush()
    _note(session, reflection, at)
    return reflection


def change(
    session: Session,
    vault: Vault,
    reflection: Reflection,
    *,
    words: str,
    shared: bool,
    at: datetime,
) -> None:
    """Other words, or other eyes. The owner is told only of what becomes hers to read."""
    if words != read(vault, reflection):
        reflection.words = vault.seal(words.encode(), _place(reflection.id))
        reflection.changed_at = at
    if shared != reflection.shared:
        reflection.notice_due_at = at if shared else None
    reflection.shared = shared
    reflection.revision += 1
    _note(session, reflection, at)


def read(vault: Vault, reflection: Reflection) -> str:
    return vault.open(reflection.words, _place(reflection.id)).decode()


def find(session: Session, enrolment_id: int, reflection_id: str) -> Reflection | None:
    """One of this reader's, also if she deleted it just now."""
    found = session.get(Reflection, reflection_id)
    return found if found is not None and found.enrolment_id == enrolment_id else None


def tagged(session: Session, enrolment_id: int, tag: str) -> Reflection | None:
    """The one of this reader's whose id begins so, if the owner may see it."""
    query = select(Reflection).where(
        Reflection.enrolment_id == enrolment_id,
        Reflection.id.startswith(tag, autoescape=True),
        Reflection.shared,
        Reflection.deleted_at.is_(None),
    )
    return session.scalar(query.limit(1))


def is_shown(reflection: Reflection) -> bool:
    """Whether the owner may see it."""
    return reflection.shared and reflection.deleted_at is None


def put_away(reflection: Reflection, at: datetime) -> None:
    """Out of everybody's sight at once, and deleted a little later."""
    reflection.deleted_at = reflection.deleted_at or at


def take_back(reflection: Reflection) -> None:
    reflection.deleted_at = None


def put_away_until(session: Session, until: datetime, limit: int) -> dict[str, str | None]:
    """Those put away up to then, each with the email it came by."""
    query = select(Reflection.id, Reflection.received_id).where(Reflection.deleted_at <= until)
    return dict(session.execute(query.order_by(Reflection.deleted_at).limit(limit)).all())


def delete_put_away(session: Session, ids: Iterable[str], until: datetime) -> set[str]:
    """Delete these for good, but for those taken back meanwhile; returns which are gone."""
    old = Reflection.id.in_(ids), Reflection.deleted_at <= until
    return set(session.scalars(delete(Reflection).where(*old).returning(Reflection.id)))


def private(session: Session, ids: Iterable[str]) -> set[str]:
    """Which of these the owner isn't to hear of: not shared any more, put away, or gone."""
    wanted = set(ids)
    if not wanted:
        return wanted
    query = select(Reflection.id).where(
        Reflection.id.in_(wanted), Reflection.shared, Reflection.deleted_at.is_(None)
    )
    return wanted - set(session.scalars(query))


def read_all(session: Session, vault: Vault, limit: int) -> list[Opened]:
    """The newest shared reflections in clear, for the owner's eyes."""
    shared = EVERYBODY.where(Reflection.shared)
    return _opened(session, vault, shared.order_by(Reflection.received_at.desc()).limit(limit))


def of_subscriber(session: Session, vault: Vault, subscriber_id: int) -> list[Opened]:
    """All of one reader's in clear, oldest first, for herself."""
    hers = EVERYBODY.where(Enrolment.subscriber_id == subscriber_id)
    return _opened(session, vault, hers.order_by(Reflection.received_at))


def of_enrolment(session: Session, vault: Vault, enrolment_id: int) -> list[Opened]:
    """All of one reader's in one course, oldest first, for herself."""
    hers = EVERYBODY.where(Reflection.enrolment_id == enrolment_id)
    return _opened(session, vault, hers.order_by(Reflection.received_at))


def lessons(session: Session, enrolment_id: int) -> set[str]:
    """The letters this reader has written on."""
    query = select(Reflection.lesson).where(Reflection.enrolment_id == enrolment_id)
    return {lesson for lesson in session.scalars(query) if lesson is not None}


def _note(session: Session, reflection: Reflection, at: datetime) -> None:
    """The letter is answered; what she wrote for herself alone is no answer."""
    if reflection.shared and reflection.lesson is not None:
        record_answered(session, reflection.enrolment_id, reflection.lesson, at)


def _opened(
    session: Session, vault: Vault, query: Select[Reflection, str, str, str | None]
) -> list[Opened]:
    return [
        Opened(
            id=reflection.id,
            email=email,
            name=name,
            course=course,
            lesson=reflection.lesson,
            by_email=reflection.received_id is not None,
            shared=reflection.shared,
            revision=reflection.revision,
            received_at=reflection.received_at,
            changed_at=reflection.changed_at,
            words=read(vault, reflection),
        )
        for reflection, course, email, name in session.execute(query)
    ]


def _place(reflection_id: str) -> str:
    return f"reflections.words:{reflection_id}"
