"""What became of a call, message by message, and where each delivery stands because of it."""

import random
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from course import enrolments
from course.catalogue import Catalogue
from emails.providers.base import (
    Accepted,
    AccountPaused,
    Outcome,
    Provider,
    Rejected,
    TryLater,
    Unknown,
)
from scheduler import pauses, retry
from scheduler.clock import lease_now
from scheduler.outbox import Batch, BatchState, Delivery, State

REASON_LENGTH = 300


def settle(
    session: Session,
    catalogue: Catalogue,
    provider: Provider,
    batch: Batch,
    outcomes: Mapping[Delivery, Outcome],
    *,
    now: datetime,
) -> None:
    """Record a call's outcomes. What may be asked about again stays open, with its whole batch."""
    doubtful = any(_is_doubtful(batch, outcome) for outcome in outcomes.values())
    asks = doubtful and may_ask_again(session, provider, batch)
    left_open = {d: outcome for d, outcome in outcomes.items() if asks and not _is_final(outcome)}
    known = {d: outcome for d, outcome in outcomes.items() if d not in left_open}
    for delivery, outcome in known.items():
        _settle_one(session, delivery, _for_certain(batch, outcome), now)
    if left_open:
        _keep_asking(session, batch, left_open, now)
    else:
        batch.state = BatchState.SETTLED
        batch.payload = None
    sent = [d for d in known if d.state in {State.ACCEPTED, State.UNKNOWN}]
    _move_on(session, catalogue, sent, now)


def give_up_asking(
    session: Session,
    catalogue: Catalogue,
    batch: Batch,
    deliveries: Sequence[Delivery],
    *,
    reason: str,
    now: datetime,
) -> None:
    """Nothing will tell what became of these; the owner sees them, and they aren't sent again."""
    for delivery in deliveries:
        delivery.state, delivery.reason, delivery.settled_at = State.UNKNOWN, reason, now
    batch.state = BatchState.SETTLED
    batch.payload = None
    _move_on(session, catalogue, deliveries, now)


def may_ask_again(session: Session, provider: Provider, batch: Batch) -> bool:
    """Whether the provider would still recognise a repeat of this batch."""
    if batch.provider != provider.name or batch.first_called_at is None or batch.payload is None:
        return False
    return lease_now(session) - batch.first_called_at < provider.dedupe_window


def set_aside(deliveries: Mapping[Delivery, str], now: datetime) -> None:
    """These can't become messages yet; the reason tells the owner what to mend.

    They are tried again by themselves, so that mending the file is all there is to do.
    """
    for delivery, reason in deliveries.items():
        delivery.state, delivery.reason = State.WAITING, reason[:REASON_LENGTH]
        delivery.ready_at, delivery.batch_id = now + retry.MENDING_WAIT, None
        delivery.attempts -= 1


def _is_final(outcome: Outcome) -> bool:
    return isinstance(outcome, Accepted | Rejected)


def _is_doubtful(batch: Batch, outcome: Outcome) -> bool:
    """A repeat turned away says nothing about the call it repeats, which may have been taken."""
    return isinstance(outcome, Unknown) or (_is_repeat(batch) and not _is_final(outcome))


def _is_repeat(batch: Batch) -> bool:
    return batch.fence > 1


def _for_certain(batch: Batch, outcome: Outcome) -> Outcome:
    return Unknown(_reason(outcome)) if _is_doubtful(batch, outcome) else outcome


def _keep_asking(
    session: Session, batch: Batch, outcomes: Mapping[Delivery, Outcome], now: datetime
) -> None:
    waits = [o.after for o in outcomes.values() if isinstance(o, TryLater | AccountPaused)]
    batch.state = BatchState.ASKING
    batch.attempts += 1
    wanted = max((wait for wait in waits if wait), default=None)
    batch.ask_again_at = retry.next_ask(now, batch.attempts, wanted)
    for delivery, outcome in outcomes.items():
        delivery.state, delivery.reason = State.UNKNOWN, _reason(outcome)
        if isinstance(outcome, AccountPaused):
            pauses.pause(session, batch.provider, outcome.reason, now + outcome.after)


def _reason(outcome: Outcome) -> str:
    return "" if isinstance(outcome, Accepted) else outcome.reason[:REASON_LENGTH]


def _settle_one(session: Session, delivery: Delivery, outcome: Outcome, now: datetime) -> None:
    delivery.reason = _reason(outcome) or None
    match outcome:
        case Accepted(provider_id):
            delivery.state, delivery.provider_id = State.ACCEPTED, provider_id
            delivery.settled_at = now
        case Rejected():
            delivery.state, delivery.settled_at = State.FAILED, now
        case Unknown():
            delivery.state, delivery.settled_at = State.UNKNOWN, now
        case TryLater(_, after):
            _wait(delivery, retry.next_try(now, delivery.attempts, after, random.random()), now)  # noqa: S311  spreads load, guards nothing
        case AccountPaused(reason, after):
            # The account's trouble, not the message's: it costs the message no attempt.
            delivery.attempts -= 1
            delivery.state, delivery.ready_at = State.WAITING, now + after
            delivery.batch_id = None
            pauses.pause(session, delivery.provider or "", reason, now + after)


def _wait(delivery: Delivery, ready_at: datetime, now: datetime) -> None:
    delivery.batch_id = None
    if retry.gives_up(delivery.planned_at, now, delivery.attempts):
        delivery.state, delivery.settled_at = State.FAILED, now
        return
    delivery.state, delivery.ready_at = State.WAITING, ready_at


def _move_on(
    session: Session, catalogue: Catalogue, sent: Sequence[Delivery], now: datetime
) -> None:
    """The readers of these letters go on to their next one; a doubtful letter counts as sent."""
    letters = [
        (delivery.enrolment_id, delivery.lesson)
        for delivery in sent
        if delivery.kind == "lesson" and delivery.enrolment_id and delivery.lesson
    ]
    session.flush()
    if letters:
        enrolments.move_on(session, catalogue, letters, now)
