"""One person gone: every row of hers in one transaction, and on SQLite no trace in its files.

What stays is a keyed hash of her address, so that nothing goes there until somebody asks anew and
confirms. Where her mailbox refused or complained before, that word stays instead: no erasure makes
us write to it again. What vendors told us and no job has worked yet is left to that job, and
forgotten with the rest of its kind.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, func, or_, select, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from app.bootstrap import House
from app.tombstones import remember
from course.answers import Answer
from course.bookings import Booking
from course.changes import Change
from course.consents import Consent
from course.database import Base, is_deadlock
from course.drafts import Draft
from course.enrolments import Enrolment
from course.progress import Progress
from course.reflections import Reflection
from course.review import HeldSignUp
from course.skips import Skip
from course.slots import Slot
from course.subscribers import Subscriber
from emails import hook_calls, inbound
from emails.hook_calls import HookCall
from emails.inbound import ReceivedEmail
from emails.providers.mailbox import CapturedAttachment, CapturedEmail
from emails.suppression import EVERYTHING, Reason, Suppression, suppress
from scheduler import freed_sessions
from scheduler.outbox import IS_OPEN, Batch, BatchState, Delivery

ID_LENGTH = 32
UNDER_WAY = (BatchState.CALLING, BatchState.ASKING)
PAST_THE_SESSION = {"synchronize_session": False}


@dataclass(frozen=True)
class Erased:
    """What there was. `sessions` lie ahead; `under_way` were being handed over at that moment.

    `rows` counts everything; `without_trace` is False where SQLite's log couldn't be emptied.
    """

    courses: int
    emails: int
    answers: int
    sessions: tuple[Slot, ...]
    under_way: int
    rows: int = 0
    without_trace: bool = False


@dataclass(frozen=True)
class _Person:
    """Whom to erase, and the ids of what belongs to no course of hers and yet names her."""

    email: str
    digest: str
    received: tuple[str, ...]
    calls: tuple[str, ...]

    @property
    def subscriber(self) -> Any:
        return select(Subscriber.id).where(Subscriber.email == self.email)

    @property
    def enrolments(self) -> Any:
        return select(Enrolment.id).where(Enrolment.subscriber_id.in_(self.subscriber))

    @property
    def mails(self) -> ColumnElement[bool]:
        """Emails that she sent us, or that tell of her."""
        named = ReceivedEmail.id.in_(self.received)
        return or_(ReceivedEmail.enrolment_id.in_(self.enrolments), named)

    @property
    def letters(self) -> ColumnElement[bool]:
        """Emails to her or about her: also the owner’s notices of mail, which name no course."""
        about = func.substr(Delivery.about, 1, ID_LENGTH)
        hers = about.in_(select(ReceivedEmail.id).where(self.mails))
        notices = and_(Delivery.kind == inbound.CALL.kind, hers)
        return or_(Delivery.enrolment_id.in_(self.enrolments), notices)


def erase(house: House, email: str) -> Erased | None:
    """Everything of whoever has this (clean) address; nothing when there was nothing of hers."""
    person, now = _find(house, email), house.clock.now()
    erased = None
    while erased is None:
        erased = _once(house, person, now)
    if not erased.rows:
        return None
    return replace(erased, without_trace=house.database.leave_no_trace())


def _find(house: House, email: str) -> _Person:
    """Found before anything is locked: every email that belongs to no reader has to be opened."""
    with house.database.snapshot() as session:
        codes = select(Enrolment.code).join(Enrolment.subscriber).where(Subscriber.email == email)
        named = _pattern(email, list(session.scalars(codes)))
        received = inbound.naming(session, house.vault, named)
        calls = hook_calls.naming(session, house.vault, named)
    return _Person(email, house.keys.digest(email), tuple(received), tuple(calls))


def _once(house: House, person: _Person, now: datetime) -> Erased | None:
    """Nothing where a worker was in the way: then it is all over again."""
    try:
        with house.database.transaction() as session:
            return _try(session, house, person, now)
    except OperationalError as error:
        if is_deadlock(error):
            return None
        raise


def _try(session: Session, house: House, person: _Person, now: datetime) -> Erased | None:
    batches = _hold_still(session, person)
    if batches is None:
        return None
    ahead = _ahead(session, person, now)
    seen = _look(session, person, ahead)
    made_at = session.scalar(select(Subscriber.created_at).where(Subscriber.email == person.email))
    rows = _delete(session, person, batches)
    freed_sessions.plan(session, ahead, now)
    if rows:
        suppress(session, person.digest, EVERYTHING, Reason.ERASED, now)
        # Before it is committed: a crash in between means that it is done at the next start.
        if house.tombstones is not None:
            remember(house.tombstones, person.digest, made_at or now)
    return replace(seen, rows=rows)


def _pattern(email: str, codes: list[str]) -> re.Pattern[bytes]:
    """Her address, as whole as in a header or a form's body, or what stands in links of hers."""
    address = re.escape(email).replace("@", "(?:@|%40)")
    begins, ends = r"(?:(?<![\w.+%-])|(?<=%[\da-f]{2}))", r"(?![\w-])(?!\.\w)"
    return re.compile("|".join([f"{begins}{address}{ends}", *codes]).encode(), re.IGNORECASE)


def _hold_still(session: Session, person: _Person) -> list[int] | None:
    """Lock what is hers, in the order in which everybody else locks; returns the open calls.

    So no worker ever finds half of her: an outcome is recorded before, or finds nothing after.
    Nothing where a worker claimed an email of hers in between.
    """
    mails = select(ReceivedEmail.id).where(person.mails).order_by(ReceivedEmail.id)
    session.execute(mails.with_for_update())
    batches = _open_batches(session, person)
    letters = select(Delivery.id).where(person.letters).order_by(Delivery.id)
    session.execute(letters.with_for_update())
    if _open_batches(session, person) != batches:
        return None
    for model in (Reflection, Answer, Draft, Booking):
        rows = select(model.id).where(model.enrolment_id.in_(person.enrolments))
        session.execute(rows.order_by(model.id).with_for_update())
    session.execute(person.enrolments.order_by(Enrolment.id).with_for_update())
    session.execute(person.subscriber.with_for_update())
    return batches


def _open_batches(session: Session, person: _Person) -> list[int]:
    hers = select(Delivery.batch_id).where(person.letters)
    query = select(Batch.id).where(Batch.id.in_(hers), IS_OPEN)
    return list(session.scalars(query.order_by(Batch.id).with_for_update()))


def _ahead(session: Session, person: _Person, now: datetime) -> list[Booking]:
    query = select(Booking).where(
        Booking.enrolment_id.in_(person.enrolments),
        Booking.ends_at > now,
        Booking.cancelled_at.is_(None),
    )
    return list(session.scalars(query.order_by(Booking.starts_at)))


def _look(session: Session, person: _Person, ahead: Sequence[Booking]) -> Erased:
    """What there is, before it is gone."""
    handing_over = select(Batch.id).where(Batch.state.in_(UNDER_WAY))
    in_a_call = and_(Delivery.batch_id.in_(handing_over), Delivery.settled_at.is_(None))
    return Erased(
        courses=_count(session, Enrolment, Enrolment.id.in_(person.enrolments)),
        emails=_count(session, Delivery, person.letters),
        answers=_count(session, Reflection, Reflection.enrolment_id.in_(person.enrolments)),
        sessions=tuple(booking.slot for booking in ahead),
        under_way=_count(session, Delivery, person.letters, in_a_call),
    )


def _count(session: Session, model: type[Base], *which: ColumnElement[bool]) -> int:
    return session.scalar(select(func.count()).select_from(model).where(*which)) or 0


def _delete(session: Session, person: _Person, batches: list[int]) -> int:
    """Every row of hers, from the leaves down; returns how many there were.

    Receipts, events and second chances go with their deliveries, by the database's own rule.
    """
    _stop_repeats(session, batches)
    captured = or_(
        CapturedEmail.recipient == person.email,
        CapturedEmail.key.in_(select(Delivery.key).where(person.letters)),
    )
    attached = CapturedAttachment.email_key.in_(select(CapturedEmail.key).where(captured))
    hers = person.enrolments
    leaves: tuple[tuple[type[Base], ColumnElement[bool]], ...] = (
        (CapturedAttachment, attached),
        (CapturedEmail, captured),
        (HookCall, HookCall.id.in_(person.calls)),
        (Delivery, person.letters),
        (ReceivedEmail, person.mails),
        (Reflection, Reflection.enrolment_id.in_(hers)),
        (Answer, Answer.enrolment_id.in_(hers)),
        (Draft, Draft.enrolment_id.in_(hers)),
        (Booking, Booking.enrolment_id.in_(hers)),
        (Progress, Progress.enrolment_id.in_(hers)),
        (Skip, Skip.enrolment_id.in_(hers)),
        (Change, Change.enrolment_id.in_(hers)),
        (Consent, Consent.subscriber_id.in_(person.subscriber)),
        (Enrolment, Enrolment.subscriber_id.in_(person.subscriber)),
        (Subscriber, Subscriber.email == person.email),
        (HeldSignUp, HeldSignUp.email == person.email),
        # Goodbyes to single courses name them; the one row that stays covers them all.
        (Suppression, and_(Suppression.digest == person.digest, Suppression.course != EVERYTHING)),
    )
    return sum(_rows(session, model, which) for model, which in leaves)


def _stop_repeats(session: Session, batches: list[int]) -> None:
    """A call that may be asked about again is kept to the byte, her letter in it.

    Without its bytes it is never made again: the call at hand ends as it ends, and a neighbour of
    hers whose outcome it doesn't tell is unknown, as where a reader of the same batch has left.
    """
    session.execute(
        update(Batch)
        .where(Batch.id.in_(batches))
        .values(payload=None)
        .execution_options(**PAST_THE_SESSION)
    )


def _rows(session: Session, model: type[Base], which: ColumnElement[bool]) -> int:
    statement = delete(model).where(which).execution_options(**PAST_THE_SESSION)
    result: Any = session.execute(statement)
    return int(result.rowcount)
