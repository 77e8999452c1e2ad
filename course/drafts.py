"""What a reader is still writing: sealed like what she keeps, and nobody's but hers to see.

A draft carries the name its words will be kept under, so that keeping them twice is keeping them
once. Each window says which state of a draft it goes on from; where another window went on
meanwhile, its words become a draft of their own, and none are overwritten.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

from sqlalchemy import ColumnElement, ForeignKey, LargeBinary, String, delete, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from course.database import Base, index_where_set
from course.enrolments import Enrolment
from course.reflections import UNDO_LIFE
from course.vault import Vault

# After so many days without a change.
KEPT_DAYS = 30
# A person has a few windows; a script that runs wild would have thousands.
AT_MOST = 20


class Draft(Base):
    __tablename__ = "drafts"

    # What the words will be kept under. Chosen before the insert, because they are bound to it.
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    enrolment_id: Mapped[int] = mapped_column(ForeignKey("enrolments.id"), index=True)
    lesson: Mapped[str | None] = mapped_column(String(60))
    words: Mapped[bytes] = mapped_column(LargeBinary)
    revision: Mapped[int]
    saved_at: Mapped[datetime] = mapped_column(index=True)
    deleted_at: Mapped[datetime | None]

    def __repr__(self) -> str:
        return f"Draft({self.id})"


index_where_set(Draft, "deleted_at")


@dataclass(frozen=True, repr=False)
class Opened:
    """One draft in clear. Has no repr, so that it can't slip into a log."""

    id: str
    lesson: str | None
    course: str
    revision: int
    saved_at: datetime
    words: str


def save(
    session: Session,
    vault: Vault,
    enrolment: Enrolment,
    lesson: str | None,
    *,
    draft_id: str,
    revision: int,
    words: str,
    at: datetime,
) -> Draft | None:
    """The draft that now holds these words; none where there are too many already.

    `revision` is the state this window goes on from, 0 where it knows of none.
    """
    found = session.get(Draft, draft_id)
    if found is None and revision == 0:
        return _begin(session, vault, enrolment, lesson, draft_id, words, at)
    if found is None or found.enrolment_id != enrolment.id:
        return _begin(session, vault, enrolment, lesson, uuid4().hex, words, at)
    if found.deleted_at is None and words == read(vault, found):
        return found
    if found.revision != revision or found.deleted_at is not None:
        return _begin(session, vault, enrolment, lesson, uuid4().hex, words, at)
    found.words = vault.seal(words.encode(), _place(found.id))
    found.revision, found.saved_at = revision + 1, at
    return found


def read(vault: Vault, draft: Draft) -> str:
    return vault.open(draft.words, _place(draft.id)).decode()


def find(session: Session, enrolment_id: int, draft_id: str) -> Draft | None:
    """One of this reader's, also if she deleted it just now."""
    found = session.get(Draft, draft_id)
    return found if found is not None and found.enrolment_id == enrolment_id else None


def put_away(draft: Draft, at: datetime) -> None:
    """Out of sight at once, and deleted a little later."""
    draft.deleted_at = draft.deleted_at or at


def take_back(draft: Draft) -> None:
    draft.deleted_at = None


def of_enrolment(session: Session, vault: Vault, enrolment_id: int) -> list[Opened]:
    """This reader's in one course, the newest first."""
    return _opened(session, vault, Draft.enrolment_id == enrolment_id)


def of_subscriber(session: Session, vault: Vault, subscriber_id: int) -> list[Opened]:
    """All of one reader's, the newest first."""
    return _opened(session, vault, Enrolment.subscriber_id == subscriber_id)


def forget(session: Session, now: datetime, limit: int) -> int:
    """Delete what is old or was deleted by its writer, at most so many; returns how many."""
    old = Draft.saved_at < now - timedelta(days=KEPT_DAYS)
    gone = select(Draft.id).where(or_(old, Draft.deleted_at <= now - UNDO_LIFE)).limit(limit)
    return len(session.scalars(delete(Draft).where(Draft.id.in_(gone)).returning(Draft.id)).all())


def _opened(session: Session, vault: Vault, whose: ColumnElement[bool]) -> list[Opened]:
    query = (
        select(Draft, Enrolment.course)
        .join(Enrolment, Enrolment.id == Draft.enrolment_id)
        .where(whose, Draft.deleted_at.is_(None))
        .order_by(Draft.saved_at.desc(), Draft.id)
    )
    return [
        Opened(draft.id, draft.lesson, course, draft.revision, draft.saved_at, read(vault, draft))
        for draft, course in session.execute(query)
    ]


def _begin(
    session: Session,
    vault: Vault,
    enrolment: Enrolment,
    lesson: str | None,
    draft_id: str,
    words: str,
    at: datetime,
) -> Draft | None:
    hers = session.scalars(select(Draft.id).where(Draft.enrolment_id == enrolment.id))
    if len(hers.all()) >= AT_MOST:
        return None
    draft = Draft(
        id=draft_id,
        enrolment_id=enrolment.id,
        lesson=lesson,
        words=vault.seal(words.encode(), _place(draft_id)),
        revision=1,
        saved_at=at,
    )
    session.add(draft)
    session.flush()
    return draft


def _place(draft_id: str) -> str:
    return f"drafts.words:{draft_id}"
