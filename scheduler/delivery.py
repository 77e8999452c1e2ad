"""From the outbox to the provider: claim, compose, persist the intent, call, persist the outcome.

Between any two of these steps the process may die, and nothing is lost or doubled: before the
intent is persisted nothing has left; after it, only the provider can say, and is asked under the
same key where it knows one.
"""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from course.catalogue import Catalogue
from course.database import Database
from emails.message import Message
from emails.providers.base import Provider
from scheduler import claims, goodbyes, settling
from scheduler.claims import Hold, LostHold
from scheduler.clock import lease_now
from scheduler.composing import Office, compose_all
from scheduler.freezing import freeze, thaw
from scheduler.outbox import Batch, BatchState, Delivery, State
from scheduler.workers import Life


@dataclass(frozen=True)
class Postman:
    """One worker with one provider."""

    database: Database
    office: Office
    provider: Provider
    life: Life

    @property
    def catalogue(self) -> Catalogue:
        return self.office.catalogue


def deliver_due(postman: Postman, now: datetime) -> int:
    """Everything that can be claimed at `now`; returns how many calls were made."""
    calls = 0
    while recover_one(postman, now) or deliver_one(postman, now):
        calls += 1
    return calls


def deliver_one(postman: Postman, now: datetime) -> bool:
    """One batch, from claim to outcome. False when nothing can be claimed."""
    postman.life.renew()
    with postman.database.transaction() as session:
        hold = claims.claim(session, postman.catalogue, postman.provider, postman.life, now)
    if hold is None:
        return False
    # Suppressed: somebody took over while we were frozen, and the batch is theirs.
    with suppress(LostHold):
        messages = _prepare(postman, hold, now)
        if messages:
            _call(postman, hold, messages, now)
    return True


def recover_one(postman: Postman, now: datetime) -> bool:
    """One batch somebody left open. False when there is none."""
    postman.life.renew()
    with postman.database.transaction() as session:
        batch = claims.orphan(session, postman.life, now)
        if batch is None:
            return False
        if batch.state == BatchState.CLAIMED:
            claims.give_back(session, batch, now)
            return True
        hold = claims.take_over(session, batch, postman.life)
        messages = _repeatable(postman, batch, now, session)
    if messages:
        with suppress(LostHold):
            _call(postman, hold, messages, now)
    return True


def _prepare(postman: Postman, hold: Hold, now: datetime) -> list[Message]:
    """Compose outside any transaction, then persist the intent to call with these very messages."""
    with postman.database.reading() as session:
        deliveries = claims.members(session, hold.batch_id)
        composed = compose_all(session, postman.office, deliveries)
    messages = {key: item.message for key, item in composed.items() if item.message}
    with postman.database.transaction() as session:
        batch = claims.check(session, hold, postman.life, BatchState.CLAIMED)
        present = claims.members(session, hold.batch_id)
        broken = {d: " ".join(composed[d.id].problems) for d in present if d.id not in messages}
        settling.set_aside(broken, now)
        # Asked again here: composing takes a moment, and a goodbye may have come in it.
        whole = [delivery for delivery in present if delivery.id in messages]
        may_go = goodbyes.withhold(session, postman.catalogue, whole, now)
        _intend(session, batch, may_go, [messages[delivery.id] for delivery in may_go])
    return [messages[delivery.id] for delivery in may_go]


def _intend(
    session: Session, batch: Batch, deliveries: list[Delivery], messages: list[Message]
) -> None:
    if not deliveries:
        batch.state = BatchState.SETTLED
        return
    batch.state = BatchState.CALLING
    batch.first_called_at = lease_now(session)
    batch.payload = freeze(messages)
    for delivery in deliveries:
        delivery.state = State.CALLING


def _call(postman: Postman, hold: Hold, messages: list[Message], now: datetime) -> None:
    """The network, outside any transaction; then the outcome, if the batch is still ours."""
    outcomes = postman.provider.send(messages, hold.key)
    with postman.database.transaction() as session:
        batch = claims.check(session, hold, postman.life, BatchState.CALLING)
        by_key = {message.key: outcome for message, outcome in zip(messages, outcomes, strict=True)}
        judged = {d: by_key[d.key] for d in claims.unsettled(session, hold.batch_id)}
        settling.settle(session, postman.catalogue, postman.provider, batch, judged, now=now)


def _repeatable(postman: Postman, batch: Batch, now: datetime, session: Session) -> list[Message]:
    """The batch's own messages, if a repeat is harmless; else it is settled as unknown."""
    if not settling.may_ask_again(session, postman.provider, batch):
        reason = "no answer told what became of it, and the provider can't be asked any more"
    elif goodbyes.has_left(session, claims.members(session, batch.id), now):
        # A repeat must be the same to the byte, so it can't leave out the one who has left.
        reason = "a reader of the same batch has left, so the call isn't repeated"
    else:
        return thaw(batch.payload or b"")
    left_open = claims.unsettled(session, batch.id)
    settling.give_up_asking(session, postman.catalogue, batch, left_open, reason=reason, now=now)
    return []
