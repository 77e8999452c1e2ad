"""What became of a call, message by message, and where each delivery stands because of it."""

import random
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from course import enrolments
from course.bulk import write_alike, write_each
from course.catalogue import Catalogue
from emails.providers.base import (
    Accepted,
    AccountPaused,
    Alone,
    Outcome,
    Provider,
    Rejected,
    TryLater,
    Unknown,
)
from scheduler import allowances, pauses, receipts, retry, second_chances
from scheduler.clock import lease_now
from scheduler.outbox import Batch, BatchState, Delivery, State, change_batch, letter_of
from scheduler.reasons import Why
from scheduler.slips import Slip


def settle(
    session: Session,
    catalogue: Catalogue,
    provider: Provider,
    batch: Batch,
    outcomes: Mapping[Slip, Outcome],
    *,
    now: datetime,
) -> None:
    """Record a call's outcomes. What may be asked about again stays open, with its whole batch."""
    outcomes = _with_receipts(session, outcomes)
    doubtful = any(_is_doubtful(batch, outcome) for outcome in outcomes.values())
    asks = doubtful and may_ask_again(session, provider, batch)
    left_open = {s: outcome for s, outcome in outcomes.items() if asks and not _is_final(outcome)}
    certain = {s: _for_certain(batch, o) for s, o in outcomes.items() if s not in left_open}
    known = _with_doubts(session, certain, now)
    allowances.learn(session, batch.provider, known.values(), outcomes.values(), now)
    _write(session, known, now)
    _pause_account(session, batch, outcomes.values(), now)
    if left_open:
        _keep_asking(session, batch, left_open, now)
    else:
        _close(session, batch)
    sent = [slip for slip, outcome in known.items() if isinstance(outcome, Accepted | Unknown)]
    _move_on(session, catalogue, sent, now)


def give_up_asking(
    session: Session,
    catalogue: Catalogue,
    batch: Batch,
    slips: Sequence[Slip],
    *,
    reason: str,
    now: datetime,
) -> None:
    """No answer will tell what became of these; the owner sees them, and they aren't sent again."""
    outcomes = _with_receipts(session, dict.fromkeys(slips, Unknown(reason)))
    _write(session, outcomes, now)
    _close(session, batch)
    _move_on(session, catalogue, slips, now)


def may_ask_again(session: Session, provider: Provider, batch: Batch) -> bool:
    """Whether the provider would still recognise a repeat of this batch.

    A call of the future was made before the clock was set back; how old it is, nobody knows.
    """
    if batch.provider != provider.name or batch.first_called_at is None or batch.payload is None:
        return False
    age = lease_now(session) - batch.first_called_at
    return timedelta(0) <= age < provider.dedupe_window


def set_aside(session: Session, broken: Mapping[Slip, str], now: datetime) -> None:
    """These can't become messages yet; the reason tells the owner what to mend.

    They are tried again by themselves, so that mending the file is all there is to do.
    """
    write_alike(
        session,
        Delivery,
        {
            slip.id: {
                "state": State.WAITING,
                "reason": reason,
                "ready_at": now + retry.MENDING_WAIT,
                "batch_id": None,
                "attempts": slip.attempts - 1,
            }
            for slip, reason in broken.items()
        },
    )


def _with_receipts(session: Session, outcomes: Mapping[Slip, Outcome]) -> Mapping[Slip, Outcome]:
    """What the provider has told by webhook before its answer came, or didn't, counts as much."""
    open_still = [slip.id for slip, outcome in outcomes.items() if not _is_final(outcome)]
    proven = receipts.proven(session, open_still)
    return {s: Accepted(None) if s.id in proven else o for s, o in outcomes.items()}


def _with_doubts(
    session: Session, outcomes: Mapping[Slip, Outcome], now: datetime
) -> Mapping[Slip, Outcome]:
    """What was sent once more may have arrived the first time, though it is refused the second."""
    refused = [slip.id for slip, outcome in outcomes.items() if _is_refusal(slip, outcome, now)]
    in_doubt = second_chances.given(session, refused)
    return {s: Unknown(_reason(o)) if s.id in in_doubt else o for s, o in outcomes.items()}


def _is_refusal(slip: Slip, outcome: Outcome, now: datetime) -> bool:
    if isinstance(outcome, TryLater):
        return retry.gives_up(slip.planned_at, now, slip.attempts)
    return isinstance(outcome, Rejected)


def _is_final(outcome: Outcome) -> bool:
    return isinstance(outcome, Accepted | Rejected)


def _is_doubtful(batch: Batch, outcome: Outcome) -> bool:
    """A repeat turned away says nothing about the call it repeats, which may have been taken."""
    return isinstance(outcome, Unknown) or (_is_repeat(batch) and not _is_final(outcome))


def _is_repeat(batch: Batch) -> bool:
    return batch.fence > 1


def _for_certain(batch: Batch, outcome: Outcome) -> Outcome:
    return Unknown(_reason(outcome)) if _is_doubtful(batch, outcome) else outcome


def _close(session: Session, batch: Batch) -> None:
    change_batch(session, batch, state=BatchState.SETTLED, payload=None)


def _keep_asking(
    session: Session, batch: Batch, outcomes: Mapping[Slip, Outcome], now: datetime
) -> None:
    waits = [o.after for o in outcomes.values() if isinstance(o, TryLater | AccountPaused)]
    attempts = batch.attempts + 1
    wanted = max((wait for wait in waits if wait), default=None)
    ask_again_at = retry.next_ask(now, attempts, wanted)
    change_batch(
        session, batch, state=BatchState.ASKING, attempts=attempts, ask_again_at=ask_again_at
    )
    write_alike(
        session,
        Delivery,
        {s.id: {"state": State.UNKNOWN, "reason": _reason(o)} for s, o in outcomes.items()},
    )


def _pause_account(
    session: Session, batch: Batch, outcomes: Iterable[Outcome], now: datetime
) -> None:
    paused = {outcome for outcome in outcomes if isinstance(outcome, AccountPaused)}
    for outcome in paused:
        pauses.pause(session, batch.provider, outcome.reason, now + outcome.after)


def _reason(outcome: Outcome) -> str:
    """Never empty, but for what was accepted: the owner's list is what has a reason."""
    return "" if isinstance(outcome, Accepted) else outcome.reason or Why.NO_REASON


def _write(session: Session, outcomes: Mapping[Slip, Outcome], now: datetime) -> None:
    write_each(session, Delivery, {slip.id: _result(slip, o, now) for slip, o in outcomes.items()})


def _result(slip: Slip, outcome: Outcome, now: datetime) -> dict[str, Any]:
    """What an outcome makes of a delivery; columns it leaves alone aren't named."""
    known = {"reason": _reason(outcome) or None}
    match outcome:
        case Accepted(provider_id):
            result = {"state": State.ACCEPTED, "provider_id": provider_id, "settled_at": now}
        case Rejected():
            result = {"state": State.FAILED, "settled_at": now}
        case Unknown():
            result = {"state": State.UNKNOWN, "settled_at": now}
        case TryLater(_, after):
            result = _wait(slip, after, now)
        case Alone():
            # The batch's trouble, not the message's: it costs the message no attempt.
            result = _waiting(now) | {"alone": True, "attempts": slip.attempts - 1}
        case AccountPaused(_, after):
            # The account's trouble, not the message's: it costs the message no attempt.
            result = _waiting(now + after) | {"attempts": slip.attempts - 1}
    return known | result


def _wait(slip: Slip, after: timedelta | None, now: datetime) -> dict[str, Any]:
    if retry.gives_up(slip.planned_at, now, slip.attempts):
        return {"state": State.FAILED, "settled_at": now, "batch_id": None}
    chance = random.random()  # noqa: S311  spreads load, guards nothing
    return _waiting(retry.next_try(now, slip.attempts, after, chance))


def _waiting(ready_at: datetime) -> dict[str, Any]:
    return {"state": State.WAITING, "ready_at": ready_at, "batch_id": None}


def _move_on(session: Session, catalogue: Catalogue, sent: Sequence[Slip], now: datetime) -> None:
    """The readers of these letters go on to their next one; a doubtful letter counts as sent."""
    letters = [letter_of(slip.about) for slip in sent if slip.kind == "lesson"]
    if letters:
        enrolments.move_on(session, catalogue, letters, now)
