"""The built-in provider for trying things out: mail goes into the database and is read there."""

import json
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import LargeBinary, String, Text, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column

from course.database import Base, Database, Id, insert_into
from emails.message import Message
from emails.providers.base import Accepted, Outcome


class CapturedEmail(Base):
    __tablename__ = "captured_emails"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    key: Mapped[str] = mapped_column(String(32), unique=True)
    sender: Mapped[str] = mapped_column(String(320))
    recipient: Mapped[str] = mapped_column(String(254), index=True)
    subject: Mapped[str] = mapped_column(String(998))
    html: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text)
    headers: Mapped[str] = mapped_column(Text)
    sent_at: Mapped[datetime] = mapped_column(index=True)


class CapturedAttachment(Base):
    __tablename__ = "captured_attachments"
    __table_args__ = (UniqueConstraint("email_key", "filename"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    email_key: Mapped[str] = mapped_column(String(32))
    filename: Mapped[str] = mapped_column(String(100))
    content_type: Mapped[str] = mapped_column(String(100))
    content: Mapped[bytes] = mapped_column(LargeBinary)


class MailboxProvider:
    """Recognises a repeated message by its key for ever, since it never forgets one."""

    name = "mailbox"
    max_batch = 100
    dedupe_window = timedelta(days=36_500)
    attachments_in_batch = True
    calls_per_second = 0.0

    def __init__(self, database: Database, now: Callable[[], datetime]) -> None:
        self._database = database
        self._now = now

    def send(self, batch: Sequence[Message], key: str) -> list[Outcome]:
        del key
        at = self._now()
        emails = [_email_row(message, at) for message in batch]
        attachments = [row for message in batch for row in _attachment_rows(message)]
        with self._database.transaction() as session:
            session.execute(insert_into(session, CapturedEmail).on_conflict_do_nothing(), emails)
            if attachments:
                session.execute(
                    insert_into(session, CapturedAttachment).on_conflict_do_nothing(), attachments
                )
        return [Accepted(f"mailbox-{message.key}") for message in batch]


def captured(database: Database, recipient: str | None = None) -> list[CapturedEmail]:
    """What was captured, oldest first; only to `recipient` when one is named."""
    query = select(CapturedEmail).order_by(CapturedEmail.sent_at, CapturedEmail.id)
    if recipient:
        query = query.where(CapturedEmail.recipient == recipient)
    with database.reading() as session:
        return list(session.scalars(query))


def attachments_of(database: Database, keys: Sequence[str]) -> dict[str, list[CapturedAttachment]]:
    query = select(CapturedAttachment).where(CapturedAttachment.email_key.in_(keys))
    found: dict[str, list[CapturedAttachment]] = {}
    with database.reading() as session:
        for attachment in session.scalars(query):
            found.setdefault(attachment.email_key, []).append(attachment)
    return found


def _email_row(message: Message, at: datetime) -> dict[str, object]:
    return {
        "key": message.key,
        "sender": str(message.sender),
        "recipient": message.to,
        "subject": message.subject,
        "html": message.html,
        "text": message.text,
        "headers": json.dumps({"Reply-To": message.reply_to, **message.headers}),
        "sent_at": at,
    }


def _attachment_rows(message: Message) -> list[dict[str, object]]:
    return [
        {
            "email_key": message.key,
            "filename": attachment.filename,
            "content_type": attachment.content_type,
            "content": attachment.content,
        }
        for attachment in message.attachments
    ]
