"""From the outbox to the provider: claim, compose, persist the intent, call, persist the outcome.

Between any two of these steps the process may die, and nothing is lost or doubled: before the
intent is persisted nothing has left; after it, only the provider can say, and is asked under the
same key where it knows one.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from threading import Event

from sqlalchemy.orm import Session

from course.catalogue import Catalogue
from course.database import Database
from emails.message import Message
from emails.providers.base import Outcome, Provider, TryLater, Unknown
from scheduler import allowances, claims, goodbyes, kind_hours, pauses, settling
from scheduler.allowances import TooSoon
from scheduler.claims import Hold, LostHold
from scheduler.clock import lease_clock
from scheduler.composing import Office, compose_all
from scheduler.doors import Door
from scheduler.freezing import freeze, thaw
from scheduler.outbox import Batch, BatchState, change_batch
from scheduler.outlook import Outlook, look
from scheduler.reasons import Why, unforeseen
from scheduler.terms import ANY, Terms
from scheduler.workers import Life

LONGEST_WAIT_SECONDS = 1.0


@dataclass(frozen=True)
class Postman:
    """One worker. Once `stop` is set, the call at hand is its last.

    `second` is who emails are handed to while the provider's account is paused or it is silent.
    """

    database: Database
    office: Office
    provider: Provider
    life: Life
    terms: Terms = ANY
    second: Door | None = None
    stop: Event = field(default_factory=Event)

    @property
    def doors(self) -> tuple[Door, ...]:
        """In the order in which they are tried."""
        first = Door(self.provider, self.terms.limits)
        return (first,) if self.second is None else (first, self.second)

    def provider_named(self, name: str) -> Provider | None:
        """Who has a batch, if it is still one of ours."""
        return next((door.provider for door in self.doors if door.name == name), None)

    @property
    def catalogue(self) -> Catalogue:
        return self.office.catalogue


def deliver_due(postman: Postman, now: datetime) -> int:
    """Everything that can be claimed at `now`; returns how many calls were made."""
    return deliver(postman, lambda: now)


def deliver(postman: Postman, clock: Callable[[], datetime]) -> int:
    """Everything that can be claimed, the time read anew for each call; how many were made.

    A hundred thousand letters take minutes, and what is asked for meanwhile goes before the rest.
    """
    calls = 0
    with postman.database.reading() as session:
        if _look(session, postman, clock()).idle:
            return calls
    while not postman.stop.is_set():
        at = clock()
        postman.life.renew()
        try:
            if not deliver_one(postman, at):
                break
            calls += 1
        except TooSoon as turn:
            # Before anything is claimed, so that what is most urgent by then goes first.
            postman.stop.wait(min(turn.seconds, LONGEST_WAIT_SECONDS))
    return calls


def deliver_one(postman: Postman, now: datetime) -> bool:
    """One batch, what somebody left open before anything new. False when there is nothing."""
    repeated: list[Message] | None = None
    with postman.database.transaction() as session:
        outlook = _look(session, postman, now)
        if outlook.idle:
            return False
        batch = claims.orphan(session, postman.life, now) if outlook.open_batches else None
        if batch is None:
            hold = _claim(session, postman, outlook, now)
        elif batch.state == BatchState.CLAIMED:
            claims.give_back(session, batch, now)
            return True
        else:
            hold = claims.take_over(session, batch, postman.life)
            repeated = _repeatable(session, postman, batch, hold, now)
    if hold is None:
        return False
    # Suppressed: somebody took over while we were frozen, and the batch is theirs.
    with suppress(LostHold):
        messages = _prepare(postman, hold, now) if repeated is None else repeated
        if messages:
            _call(postman, hold, messages, now)
    return True


def _look(session: Session, postman: Postman, now: datetime) -> Outlook:
    return look(session, postman.doors, postman.terms.mark, now)


def _claim(session: Session, postman: Postman, outlook: Outlook, now: datetime) -> Hold | None:
    """A batch for the first provider that isn't paused."""
    if not outlook.doors:
        return None
    return claims.claim(session, outlook.doors[0], postman.life, now, lanes=outlook.lanes)


def _prepare(postman: Postman, hold: Hold, now: datetime) -> list[Message]:
    """Compose outside any transaction, then persist the intent to call with these very messages.

    Law 3 is asked in that last transaction, since composing takes a moment: from there on nothing
    but the call is left.
    """
    with postman.database.reading() as session:
        composed = compose_all(session, postman.office, hold.slips, now)
    messages = {key: item.message for key, item in composed.items() if item.message}

    def intend(session: Session) -> list[Message]:
        batch = claims.check(session, hold, postman.life, BatchState.CLAIMED)
        present = claims.unsettled(session, hold)
        wanted = goodbyes.withhold(session, postman.catalogue, present, now)
        may_go = kind_hours.put_off(session, postman.catalogue, wanted, now)
        broken = {s: " ".join(composed[s.id].problems) for s in may_go if s.id not in messages}
        settling.set_aside(session, broken, now)
        leaving = [messages[slip.id] for slip in may_go if slip.id in messages]
        _intend(session, batch, leaving)
        return leaving

    leaving = postman.database.persist(intend)
    _return_unused(postman, hold, len(hold.slips) - len(leaving), now)
    return leaving


def _return_unused(postman: Postman, hold: Hold, number: int, now: datetime) -> None:
    """In a transaction of its own, because readers are never locked before the allowance is."""
    if number:
        with postman.database.transaction() as session:
            allowances.give_back(session, hold.provider, number, now)


def _intend(session: Session, batch: Batch, messages: list[Message]) -> None:
    if not messages:
        change_batch(session, batch, state=BatchState.SETTLED)
        return
    change_batch(
        session,
        batch,
        state=BatchState.CALLING,
        first_called_at=lease_clock(session),
        payload=freeze(messages),
    )


def _call(postman: Postman, hold: Hold, messages: list[Message], now: datetime) -> None:
    """The network, outside any transaction; then the outcome, if the batch is still ours."""
    provider = postman.provider_named(hold.provider)
    assert provider is not None  # claimed for it, or asked about above
    outcomes = _send(provider, messages, hold.key)

    def record(session: Session) -> None:
        batch = claims.check(session, hold, postman.life, BatchState.CALLING)
        judged = {slip: outcomes[slip.key] for slip in claims.unsettled(session, hold)}
        settling.settle(session, postman.catalogue, provider, batch, judged, now=now)
        if postman.second is not None:
            spoke = any(map(_speaks, outcomes.values()))
            if pauses.listen(session, hold.provider, now, spoke=spoke):
                claims.hurry(session, judged, now)

    postman.database.persist(record)


def _send(provider: Provider, messages: Sequence[Message], key: str) -> dict[str, Outcome]:
    """The outcomes by the messages' keys.

    What nobody foresaw may have come of an answer, so the call may have been taken.
    """
    try:
        outcomes = provider.send(messages, key)
        return {message.key: outcome for message, outcome in zip(messages, outcomes, strict=True)}
    except Exception as error:  # noqa: BLE001  see above
        unknown = Unknown(unforeseen(error))
        return {message.key: unknown for message in messages}


def _speaks(outcome: Outcome) -> bool:
    """Somebody is there: a verdict, or a word about the account or our haste."""
    return not isinstance(outcome, Unknown | TryLater) or (
        isinstance(outcome, TryLater) and outcome.too_fast
    )


def _repeatable(
    session: Session, postman: Postman, batch: Batch, hold: Hold, now: datetime
) -> list[Message]:
    """The batch's own messages, if a repeat is harmless; else it is settled as unknown."""
    provider = postman.provider_named(batch.provider)
    left_open = claims.unsettled(session, hold)
    if not left_open:
        reason = Why.RECEIPTS_TOLD
    elif provider is None or not settling.may_ask_again(session, provider, batch):
        reason = Why.NO_ANSWER
    elif goodbyes.has_left(session, hold.slips, now):
        # A repeat must be the same to the byte, so it can't leave out the one who has left.
        reason = Why.NEIGHBOUR_LEFT
    else:
        return thaw(batch.payload or b"")
    settling.give_up_asking(session, postman.catalogue, batch, left_open, reason=reason, now=now)
    return []
