"""What a received email is, and what it does: a report, a command, an answer, or the owner's."""

import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from email.errors import MessageError
from email.message import EmailMessage

from sqlalchemy.orm import Session

from course import enrolments, reflections, subscribers
from course.catalogue import Catalogue
from course.enrolments import CODE_LENGTH, Enrolment
from course.vault import Vault
from emails import autoreplies, replies
from emails.errors import BadToken
from emails.inbound import FOR_THE_OWNER, ReceivedEmail, Verdict, open_raw
from emails.keywords import Keyword, keyword_of
from emails.links import Purpose, Tokens, lesson_tag
from emails.providers.hooks import Event, EventKind
from emails.reports import Kind, Report, read_report
from emails.unsubscribe import goodbye

# One answer a week for each reader; and in an hour no more than so many in all, whoever writes.
ACKNOWLEDGEMENT_REST = timedelta(days=7)
ACKNOWLEDGEMENTS_AN_HOUR = 200
PAUSE = timedelta(weeks=2)
TAGGED = re.compile(r"\+(?P<stop>stop\.)?(?P<token>[a-z2-7]+\.[a-z2-7]+)@", re.IGNORECASE)
MESSAGE_ID = re.compile(
    r"<(?P<key>[0-9a-f]{32})\.(?P<token>[a-z2-7]+\.[a-z2-7]+)@[^<>\s]{1,255}>", re.IGNORECASE
)
# Printable ASCII only, and no encoded word: it becomes a header of ours.
ANSWERABLE_ID = re.compile(r"<(?!.*=\?)[!-;=?-~]{1,900}>")
ADDRESSED = ("To", "Cc", "Delivered-To", "X-Original-To", "Envelope-To")
THREADED = ("In-Reply-To", "References")

EVENTS = {
    Kind.SOFT: EventKind.SOFT_BOUNCE,
    Kind.HARD: EventKind.HARD_BOUNCE,
    Kind.COMPLAINT: EventKind.COMPLAINT,
}

PARSER_MISTAKES = (
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    RecursionError,
    MessageError,
)


@dataclass(frozen=True)
class Router:
    """What routing needs to know of this installation."""

    vault: Vault
    tokens: Tokens
    catalogue: Catalogue


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


def event_of(session: Session, router: Router, received: ReceivedEmail) -> Event | None:
    """What a delivery report that came as mail tells of a letter of ours, if it is one's.

    Anybody can write such a report, so only one that returns a signed Message-ID of ours counts,
    and a bounce only where it names our reader: what a reader passes on may fail elsewhere.
    """
    report = read_report(_parse(open_raw(router.vault, received)))
    if report is None or report.kind not in EVENTS:
        return None
    returned = " ".join((report.original.message_id, *report.original.headers))
    for found in MESSAGE_ID.finditer(returned):
        with suppress(BadToken):
            payload = router.tokens.read(Purpose.REPLY, found["token"])
            reader = enrolments.by_code(session, payload[:CODE_LENGTH])
            if reader is not None:
                return _event(received, report, found["key"], reader.subscriber.email)
    return None


def _event(received: ReceivedEmail, report: Report, key: str, address: str) -> Event:
    named = report.about(address)
    kind = EVENTS[(named or report.gravest).kind]
    if kind == EventKind.HARD_BOUNCE and named is None and report.recipient:
        kind = EventKind.SOFT_BOUNCE
    return Event(
        id=received.fingerprint,
        kind=kind,
        word=f"report: {report.kind}",
        key=key,
        recipient=report.recipient,
        reason=report.reason,
    )


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
    if read_report(mail):
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
    command = _command(router, enrolment, words)
    if command is not None:
        return _obey(session, router, enrolment, command, now)
    _keep(
        session, router, received, enrolment, _lesson(router, enrolment, payload), words, mail, now
    )
    return Verdict.REFLECTION


def _command(router: Router, enrolment: Enrolment, words: str) -> Keyword | None:
    course = router.catalogue.get(enrolment.course)
    return keyword_of(words, course.language if course else "")


def _obey(
    session: Session, router: Router, enrolment: Enrolment, command: Keyword, now: datetime
) -> Verdict:
    course = router.catalogue.get(enrolment.course)
    if command is Keyword.STOP or course is None:
        goodbye(session, enrolment, means=f"the word {command.upper()} in a reply", now=now)
        return Verdict.STOPPED
    match command:
        case Keyword.PAUSE:
            enrolments.pause(session, enrolment, course, now + PAUSE)
        case Keyword.RESUME:
            enrolments.resume(session, enrolment, course, now)
        case Keyword.NEXT:
            enrolments.hasten(session, enrolment, course, now)
    return Verdict.PACED


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
    acknowledge = _may_acknowledge(session, enrolment, mail, now)
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


def _may_acknowledge(
    session: Session, enrolment: Enrolment, mail: EmailMessage, now: datetime
) -> bool:
    last = enrolment.subscriber.acknowledged_at
    rested = last is None or now - last >= ACKNOWLEDGEMENT_REST
    if not rested or autoreplies.wants_no_answer(mail):
        return False
    lately = subscribers.count_acknowledged(session, since=now - timedelta(hours=1))
    return lately < ACKNOWLEDGEMENTS_AN_HOUR


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
