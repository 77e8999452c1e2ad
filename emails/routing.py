"""What a received email is, and what it does: a report, a command, an answer, or the owner's."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage

from sqlalchemy.orm import Session

from course import changes, enrolments, reflections, subscribers, zones
from course.catalogue import Catalogue
from course.changes import Answer
from course.consents import Means
from course.database import DATABASE_TROUBLE
from course.enrolments import CODE_LENGTH, Enrolment, State
from course.errors import KeyMissing
from course.pacing import rest_end
from course.vault import Vault
from course.wishes import GoOn, NextNow, Rest, Wish
from emails import answering, autoreplies, replies, traces
from emails.answering import Desk
from emails.inbound import FOR_THE_OWNER, ReceivedEmail, Verdict, open_raw
from emails.keywords import Keyword, keyword_of
from emails.links import Tokens, lesson_tagged
from emails.parsing import only_sender, parse
from emails.providers.hooks import Event, EventKind
from emails.reports import Kind, Report, read_report
from emails.unsubscribe import goodbye

# One answer a week for each reader; and in an hour no more than so many in all, whoever writes.
ACKNOWLEDGEMENT_REST = timedelta(days=7)
ACKNOWLEDGEMENTS_AN_HOUR = 200
PAUSE_WEEKS = 2
# A word that changes nothing is answered once in this time: a rule of her mailbox may write it.
PACE_REST = timedelta(days=1)
# Printable ASCII only, and no encoded word: it becomes a header of ours.
ANSWERABLE_ID = re.compile(r"<(?!.*=\?)[!-;=?-~]{1,900}>")

EVENTS = {
    Kind.SOFT: EventKind.SOFT_BOUNCE,
    Kind.HARD: EventKind.HARD_BOUNCE,
    Kind.COMPLAINT: EventKind.COMPLAINT,
}


@dataclass(frozen=True)
class Router:
    """What routing needs to know of this installation.

    `owner` is the address from which answers to readers come by mail; empty where none do. `sender`
    is the one our own emails come from.
    """

    vault: Vault
    tokens: Tokens
    catalogue: Catalogue
    owner: str = ""
    sender: str = ""


def route(session: Session, router: Router, received: ReceivedEmail, now: datetime) -> Verdict:
    """Understand one stored email and act on it, in the caller's transaction.

    Mail that isn't mail gives up in more ways than anybody thought of. It is kept for the owner,
    nothing of it done by half, and those behind it have their turn.
    """
    try:
        with session.begin_nested():
            mail = parse(open_raw(router.vault, received))
            verdict = _act(session, router, received, mail, now)
    except (*DATABASE_TROUBLE, KeyMissing):
        raise
    except Exception:  # noqa: BLE001  whatever it is, it comes of this one email
        verdict = Verdict.UNREADABLE
    settle(received, verdict, now)
    return verdict


def settle(received: ReceivedEmail, verdict: Verdict, now: datetime) -> None:
    """It needn't be looked at again, unless by the owner."""
    received.verdict = verdict
    received.route_due_at = None
    received.notice_due_at = now if verdict in FOR_THE_OWNER else None


def event_of(session: Session, router: Router, received: ReceivedEmail) -> Event | None:
    """What a delivery report that came as mail tells of a letter of ours, if it is one's.

    Anybody can write such a report, so only one that returns a signed Message-ID of ours counts,
    and a bounce only where it names our reader: what a reader passes on may fail elsewhere.
    """
    report = read_report(parse(open_raw(router.vault, received)))
    if report is None or report.kind not in EVENTS:
        return None
    for key, payload in traces.returned_letters(router.tokens, report):
        reader = enrolments.by_code(session, payload[:CODE_LENGTH])
        if reader is not None:
            return _event(received, report, key, reader.subscriber.email)
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
    stop, payload = traces.find_token(router.tokens, mail)
    enrolment = enrolments.by_code(session, payload[:CODE_LENGTH], for_update=True)
    if enrolment is not None and stop:
        # As with the one-click link the signature is enough: mail programs write this one
        # themselves, often marked as automatic, and from whichever address they like.
        received.enrolment_id = enrolment.id
        _stop(session, router, enrolment, Means.GOODBYE_MAIL, now)
        return Verdict.STOPPED
    if read_report(mail):
        return Verdict.BOUNCE
    if autoreplies.is_automatic(mail):
        return Verdict.AUTOMATIC
    if answered := traces.find_answered(router.tokens, mail):
        return answering.take(
            session, Desk(router.vault, router.owner), received, mail, answered, now
        )
    if enrolment is None:
        return Verdict.AUTOMATIC if _is_ours(router, mail) else Verdict.UNSORTED
    received.enrolment_id = enrolment.id
    if only_sender(mail) != enrolment.subscriber.email:
        return Verdict.UNVERIFIED
    words = replies.words_of(mail)
    if not words:
        return Verdict.EMPTY
    command = _command(router, enrolment, words)
    if command is not None:
        return _obey(session, router, received, enrolment, command, mail, now)
    _keep(
        session, router, received, enrolment, _lesson(router, enrolment, payload), words, mail, now
    )
    return Verdict.REFLECTION


def _is_ours(router: Router, mail: EmailMessage) -> bool:
    """A notice to the owner that came back, where a vendor dropped the header that would say so."""
    return bool(router.sender) and only_sender(mail) == router.sender


def _stop(
    session: Session, router: Router, enrolment: Enrolment, means: Means, now: datetime
) -> None:
    language = router.catalogue.language(enrolment.course)
    goodbye(session, enrolment, language, means=means, now=now)


def _command(router: Router, enrolment: Enrolment, words: str) -> Keyword | None:
    course = router.catalogue.get(enrolment.course)
    return keyword_of(words, course.language if course else "")


def _obey(
    session: Session,
    router: Router,
    received: ReceivedEmail,
    enrolment: Enrolment,
    command: Keyword,
    mail: EmailMessage,
    now: datetime,
) -> Verdict:
    course = router.catalogue.get(enrolment.course)
    if command is Keyword.STOP or course is None:
        _stop(session, router, enrolment, Means.WORD, now)
        return Verdict.STOPPED
    match command:
        case Keyword.PAUSE:
            zone = zones.zone(enrolment.subscriber.zone)
            wish: Wish = Rest(rest_end(now, PAUSE_WEEKS, zone))
        case Keyword.RESUME:
            wish = GoOn()
        case Keyword.NEXT:
            wish = NextNow()
    answer = changes.make(session, router.catalogue, enrolment, wish, now)
    if _may_tell_pace(enrolment, mail, now, is_news=answer is Answer.DONE):
        enrolment.pace_told_at = received.pace_due_at = now
        received.message_id = _answerable_id(mail)
    return Verdict.PACED


def _may_tell_pace(
    enrolment: Enrolment, mail: EmailMessage, now: datetime, *, is_news: bool
) -> bool:
    in_course = enrolment.state in {State.ACTIVE, State.PAUSED, State.FINISHED}
    told = enrolment.pace_told_at
    rested = told is None or now - told >= PACE_REST
    return in_course and (is_news or rested) and not autoreplies.wants_no_answer(mail)


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


def _lesson(router: Router, enrolment: Enrolment, payload: str) -> str | None:
    course = router.catalogue.get(enrolment.course)
    lesson = lesson_tagged(course, payload[CODE_LENGTH:])
    return lesson.slug if lesson else None


def _answerable_id(mail: EmailMessage) -> str | None:
    value = str(mail.get("Message-ID", "")).strip()
    return value if ANSWERABLE_ID.fullmatch(value) else None
