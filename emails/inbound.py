"""One received email: stored first, sealed and once; understood afterwards.

Every way in (a hook, a mailbox, a file) calls `store` and nothing else. A job then calls
`routing.route` for each, and what became of it stays with it as its verdict.
"""

import hashlib
import re
from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from uuid import uuid4

from sqlalchemy import ForeignKey, LargeBinary, String, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from course.answers import ANSWER_LENGTH
from course.database import Base, Told, index_where_set, insert_into
from course.due import Call
from course.enrolments import Enrolment
from course.subscribers import Subscriber
from course.vault import Vault


class Verdict(StrEnum):
    """What became of a received email."""

    REFLECTION = "reflection"
    STOPPED = "stopped"
    # A word such as PAUSE or NEXT, alone on its line.
    PACED = "paced"
    BOUNCE = "bounce"
    AUTOMATIC = "automatic"
    EMPTY = "empty"
    # The owner's own answer to a reader.
    ANSWER = "answer"
    # All of these are shown to the owner.
    UNVERIFIED = "unverified"
    UNSORTED = "unsorted"
    UNREADABLE = "unreadable"
    BARE_ANSWER = "answer without files"
    FORGED_ANSWER = "forged answer"
    LATE_ANSWER = "late answer"
    EMPTY_ANSWER = "empty answer"
    LONG_ANSWER = "long answer"


FOR_THE_OWNER = {
    Verdict.UNVERIFIED: "A message came to a reader’s reply address, but not from that reader.",
    Verdict.UNSORTED: "A message came that belongs to no letter we sent.",
    Verdict.UNREADABLE: "A message came that can’t be read.",
    Verdict.BARE_ANSWER: "Your answer is on its way, but without what you had attached to it.",
    Verdict.FORGED_ANSWER: "A message came to the address where you answer a reader, and either "
    "it isn’t from you or you don’t answer by mail. It went to nobody.",
    Verdict.LATE_ANSWER: "Your answer went to nobody: its reader has left since, or taken back "
    "what she wrote.",
    Verdict.EMPTY_ANSWER: "Your answer held no words of your own, so it went to nobody.",
    Verdict.LONG_ANSWER: f"Your answer is longer than {ANSWER_LENGTH:,} characters, so it went "
    "to nobody. Please write it in two.",
}


class ReceivedEmail(Base):
    __tablename__ = "received_emails"

    # Chosen by us before the insert, because the raw mail is bound to it.
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    fingerprint: Mapped[str] = mapped_column(String(64), unique=True)
    raw: Mapped[bytes] = mapped_column(LargeBinary)
    received_at: Mapped[datetime]
    # When a job should look at it; empty once it has.
    route_due_at: Mapped[datetime | None]
    verdict: Mapped[str | None] = mapped_column(String(20))
    enrolment_id: Mapped[int | None] = mapped_column(ForeignKey("enrolments.id"))
    # The Message-ID an automatic answer answers.
    message_id: Mapped[str | None] = mapped_column(Told(1000))
    notice_due_at: Mapped[datetime | None]
    # Of a word such as PAUSE: when its writer should hear how her letters stand now.
    pace_due_at: Mapped[datetime | None]

    def __repr__(self) -> str:
        return f"ReceivedEmail({self.id})"


for column in ("route_due_at", "notice_due_at", "pace_due_at", "enrolment_id"):
    index_where_set(ReceivedEmail, column)

_WITH_READER = (
    select(ReceivedEmail, Subscriber.email)
    .outerjoin(Enrolment, Enrolment.id == ReceivedEmail.enrolment_id)
    .outerjoin(Subscriber, Subscriber.id == Enrolment.subscriber_id)
)

CALL = Call("mail-notice", ReceivedEmail.notice_due_at, ReceivedEmail.id, None)
CALLS = (
    CALL,
    Call("pace", ReceivedEmail.pace_due_at, ReceivedEmail.id, ReceivedEmail.enrolment_id),
)


def store(session: Session, vault: Vault, raw: bytes, now: datetime) -> str | None:
    """Seal and keep one received email, as bytes from the wire. The same bytes twice are once.

    Returns its id, or nothing when we had it already.
    """
    received_id = uuid4().hex
    statement = (
        insert_into(session, ReceivedEmail)
        .values(
            id=received_id,
            fingerprint=hashlib.sha256(raw).hexdigest(),
            raw=vault.seal(raw, _place(received_id)),
            received_at=now,
            route_due_at=now,
        )
        .on_conflict_do_nothing()
        .returning(ReceivedEmail.id)
    )
    return session.scalar(statement)


def waiting(session: Session, now: datetime, limit: int) -> list[ReceivedEmail]:
    """Received emails nobody has looked at yet, oldest first, locked against other routers."""
    query = (
        select(ReceivedEmail)
        .where(ReceivedEmail.route_due_at <= now)
        .order_by(ReceivedEmail.route_due_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return list(session.scalars(query))


def open_raw(vault: Vault, received: ReceivedEmail) -> bytes:
    return vault.open(received.raw, _place(received.id))


def lock(session: Session, ids: Iterable[str]) -> None:
    query = select(ReceivedEmail.id).where(ReceivedEmail.id.in_(list(ids)))
    session.execute(query.order_by(ReceivedEmail.id).with_for_update())


def empty(session: Session, vault: Vault, received_id: str) -> None:
    """Take out the words of an email. It stays known by its fingerprint, should it come again."""
    received = session.get_one(ReceivedEmail, received_id)
    received.raw = vault.seal(b"", _place(received_id))


def naming(session: Session, vault: Vault, pattern: re.Pattern[bytes]) -> list[str]:
    """The ids of emails that belong to no reader, and name whom the pattern says."""
    query = select(ReceivedEmail.id, ReceivedEmail.raw).where(ReceivedEmail.enrolment_id.is_(None))
    rows = session.execute(query.execution_options(yield_per=100))
    return [found for found, raw in rows if vault.names(raw, _place(found), pattern)]


def find(session: Session, received_id: str) -> tuple[ReceivedEmail, str | None] | None:
    """One received email, and the address of the reader it belongs to."""
    found = session.execute(_WITH_READER.where(ReceivedEmail.id == received_id)).first()
    return (found[0], found[1]) if found else None


def newest(session: Session, limit: int) -> list[tuple[ReceivedEmail, str | None]]:
    """Whatever came, with the address of the reader it belongs to."""
    query = _WITH_READER.order_by(ReceivedEmail.received_at.desc(), ReceivedEmail.id).limit(limit)
    return [(received, email) for received, email in session.execute(query)]


def for_the_owner(session: Session, limit: int) -> list[ReceivedEmail]:
    """The newest messages that found no letter to belong to."""
    query = (
        select(ReceivedEmail)
        .where(ReceivedEmail.verdict.in_(FOR_THE_OWNER))
        .order_by(ReceivedEmail.received_at.desc())
        .limit(limit)
    )
    return list(session.scalars(query))


def count_for_the_owner(session: Session) -> int:
    query = select(func.count()).select_from(ReceivedEmail)
    return session.scalar(query.where(ReceivedEmail.verdict.in_(FOR_THE_OWNER))) or 0


def _place(received_id: str) -> str:
    return f"received_emails.raw:{received_id}"
