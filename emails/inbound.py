"""One received email: stored first, sealed and once; understood afterwards.

Every way in (a hook, a mailbox, a file) calls `store` and nothing else. A job then calls `route`
for each, and what became of it stays with it as its verdict.
"""

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from email.errors import MessageError
from email.message import EmailMessage
from enum import StrEnum
from uuid import uuid4

from sqlalchemy import ForeignKey, LargeBinary, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from course import enrolments, reflections
from course.catalogue import Catalogue
from course.database import Base, index_where_set, insert_into
from course.due import Call
from course.enrolments import CODE_LENGTH, Enrolment
from course.vault import Vault
from emails import autoreplies, replies
from emails.errors import BadToken
from emails.links import Purpose, Tokens, lesson_tag
from emails.unsubscribe import goodbye

ACKNOWLEDGEMENT_REST = timedelta(days=7)
TAGGED = re.compile(r"\+(?P<stop>stop\.)?(?P<token>[a-z2-7]+\.[a-z2-7]+)@", re.IGNORECASE)
MESSAGE_ID = re.compile(
    r"<[0-9a-f]{32}\.(?P<token>[a-z2-7]+\.[a-z2-7]+)@[^<>\s]{1,255}>", re.IGNORECASE
)
# Printable ASCII only, and no encoded word: it becomes a header of ours.
ANSWERABLE_ID = re.compile(r"<(?!.*=\?)[!-;=?-~]{1,900}>")
ADDRESSED = ("To", "Cc", "Delivered-To", "X-Original-To", "Envelope-To")
THREADED = ("In-Reply-To", "References")


PARSER_MISTAKES = (
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    RecursionError,
    MessageError,
)


class Verdict(StrEnum):
    """What became of a received email."""

    REFLECTION = "reflection"
    STOPPED = "stopped"
    BOUNCE = "bounce"
    AUTOMATIC = "automatic"
    EMPTY = "empty"
    # These three are shown to the owner.
    UNVERIFIED = "unverified"
    UNSORTED = "unsorted"
    UNREADABLE = "unreadable"


FOR_THE_OWNER = {
    Verdict.UNVERIFIED: "A message came to a reader’s reply address, but not from that reader.",
    Verdict.UNSORTED: "A message came that belongs to no letter we sent.",
    Verdict.UNREADABLE: "A message came that can’t be read.",
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
    # The Message-ID an acknowledgement answers.
    message_id: Mapped[str | None] = mapped_column(String(1000))
    notice_due_at: Mapped[datetime | None]

    def __repr__(self) -> str:
        return f"ReceivedEmail({self.id})"


for column in ("route_due_at", "notice_due_at"):
    index_where_set(ReceivedEmail, column)

CALL = Call("mail-notice", ReceivedEmail.notice_due_at, ReceivedEmail.id, None)


@dataclass(frozen=True)
class Router:
    """What routing needs to know of this installation."""

    vault: Vault
    tokens: Tokens
    catalogue: Catalogue


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


def route(session: Session, router: Router, received: ReceivedEmail, now: datetime) -> Verdict:
    """Understand one stored email and act on it, in the caller's transaction."""
    try:
        mail = _parse(open_raw(router.vault, received))
        verdict = _act(session, router, received, mail, now)
    except PARSER_MISTAKES:
        # The standard library's parser gives up in many ways on mail that isn't mail. It is kept.
        verdict = Verdict.UNREADABLE
    received.verdict = verdict
    received.route_due_at = None
    received.notice_due_at = now if verdict in FOR_THE_OWNER else None
    return verdict


def open_raw(vault: Vault, received: ReceivedEmail) -> bytes:
    return vault.open(received.raw, _place(received.id))


def for_the_owner(session: Session, limit: int) -> list[ReceivedEmail]:
    """The newest messages that found no letter to belong to."""
    query = (
        select(ReceivedEmail)
        .where(ReceivedEmail.verdict.in_(FOR_THE_OWNER))
        .order_by(ReceivedEmail.received_at.desc())
        .limit(limit)
    )
    return list(session.scalars(query))


def _act(
    session: Session, router: Router, received: ReceivedEmail, mail: EmailMessage, now: datetime
) -> Verdict:
    stop, payload = _find_token(router.tokens, mail)
    enrolment = enrolments.by_code(session, payload[:CODE_LENGTH], for_update=True)
    if enrolment is not None and stop:
        # As with the one-click link the signature is enough: mail programs write this one
        # themselves, often marked as automatic, and from whichever address they like.
        received.enrolment_id = enrolment.id
        goodbye(session, enrolment, means="mail to the unsubscribe address", now=now)
        return Verdict.STOPPED
    if autoreplies.is_bounce(mail):
        return Verdict.BOUNCE
    if autoreplies.is_automatic(mail):
        return Verdict.AUTOMATIC
    if enrolment is None:
        return Verdict.UNSORTED
    received.enrolment_id = enrolment.id
    if _sender(mail) != enrolment.subscriber.email:
        return Verdict.UNVERIFIED
    words = replies.words_of(mail)
    if not words:
        return Verdict.EMPTY
    if words.strip(" .!").casefold() == "stop":
        goodbye(session, enrolment, means="the word STOP in a reply", now=now)
        return Verdict.STOPPED
    _keep(
        session, router, received, enrolment, _lesson(router, enrolment, payload), words, mail, now
    )
    return Verdict.REFLECTION


def _keep(
    session: Session,
    router: Router,
    received: ReceivedEmail,
    enrolment: Enrolment,
    lesson: str | None,
    words: str,
    mail: EmailMessage,
    now: datetime,
) -> None:
    received.message_id = _answerable_id(mail)
    acknowledge = _may_acknowledge(enrolment, mail, now)
    if acknowledge:
        enrolment.subscriber.acknowledged_at = now
    reflections.keep(
        session,
        router.vault,
        enrolment=enrolment,
        lesson=lesson,
        received_id=received.id,
        words=words,
        at=now,
        acknowledge=acknowledge,
    )


def _may_acknowledge(enrolment: Enrolment, mail: EmailMessage, now: datetime) -> bool:
    last = enrolment.subscriber.acknowledged_at
    rested = last is None or now - last >= ACKNOWLEDGEMENT_REST
    return rested and not autoreplies.wants_no_answer(mail)


def _find_token(tokens: Tokens, mail: EmailMessage) -> tuple[bool, str]:
    """Whether it asks to stop, and the signed payload; an empty payload when there is none of ours.

    The address it was sent to speaks first, then the thread it belongs to.
    """
    for found in TAGGED.finditer(_headers(mail, ADDRESSED)):
        purpose = Purpose.UNSUBSCRIBE if found["stop"] else Purpose.REPLY
        try:
            return bool(found["stop"]), tokens.read(purpose, found["token"])
        except BadToken:
            continue
    for found in MESSAGE_ID.finditer(_headers(mail, THREADED)):
        try:
            return False, tokens.read(Purpose.REPLY, found["token"])
        except BadToken:
            continue
    return False, ""


def _headers(mail: EmailMessage, names: tuple[str, ...]) -> str:
    return " ".join(str(value) for name in names for value in mail.get_all(name, []))


def _lesson(router: Router, enrolment: Enrolment, payload: str) -> str | None:
    course, tag = router.catalogue.get(enrolment.course), payload[CODE_LENGTH:]
    if course is None or not tag:
        return None
    return next((slug for slug in course.by_slug if lesson_tag(slug) == tag), None)


def _sender(mail: EmailMessage) -> str:
    """The one address it says it is from; nothing when it names several, or none."""
    addresses = [address for header in mail.get_all("From", []) for address in header.addresses]
    return str(addresses[0].addr_spec).lower() if len(addresses) == 1 else ""


def _answerable_id(mail: EmailMessage) -> str | None:
    value = str(mail.get("Message-ID", "")).strip()
    return value if ANSWERABLE_ID.fullmatch(value) else None


def _parse(raw: bytes) -> EmailMessage:
    mail = message_from_bytes(raw, policy=policy.default)
    assert isinstance(mail, EmailMessage)  # policy.default makes no other
    return mail


def _place(received_id: str) -> str:
    return f"received_emails.raw:{received_id}"
