"""Taking work and giving it back: short transactions, nothing called inside."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from sqlalchemy import Integer, bindparam, insert, or_, select, update
from sqlalchemy.orm import Session

from course.bulk import read, write
from course.lists import among, among_given
from emails.providers.base import Provider
from scheduler import allowances, retry, second_chances, slips
from scheduler.clock import lease_clock
from scheduler.doors import Door
from scheduler.outbox import IS_OPEN, LANES, Batch, BatchState, Delivery, Lane, State, change_batch
from scheduler.slips import SLIPS, Slip
from scheduler.workers import Life

WITH_ATTACHMENT = {"invitation", "booking-notice", "erasure-notice"}


HELD = (
    select(Batch)
    .where(
        Batch.id == bindparam("id"),
        Batch.fence == bindparam("fence"),
        Batch.worker == bindparam("worker"),
        Batch.state == bindparam("state"),
    )
    .with_for_update()
)
UNSETTLED = select(Delivery.id).where(
    Delivery.batch_id == bindparam("batch"), Delivery.settled_at.is_(None)
)
# What is sent once more in doubt goes by the one it went by, and by nobody else.
GOES_BY = or_(
    Delivery.provider.is_(None),
    Delivery.provider == bindparam("by"),
    ~second_chances.was_given(),
)
READY = (
    SLIPS.where(Delivery.lane == bindparam("lane"), Delivery.ready_at <= bindparam("now"), GOES_BY)
    .order_by(Delivery.ready_at)
    .limit(bindparam("most", type_=Integer))
    .with_for_update(skip_locked=True)
)
TAKE = (
    update(Delivery)
    .where(among_given(Delivery.id, "ids"))
    .values(
        state=State.CLAIMED,
        batch_id=bindparam("batch"),
        provider=bindparam("by"),
        ready_at=None,
        attempts=Delivery.attempts + 1,
    )
)


@dataclass(frozen=True)
class Hold:
    """What one worker holds: a batch, and the fence number it held it under."""

    batch_id: int
    key: str
    provider: str
    fence: int
    slips: tuple[Slip, ...]


class LostHold(Exception):
    """The batch has changed hands meanwhile; whatever we know of it, we may not record."""


def claim(
    session: Session,
    door: Door,
    life: Life,
    now: datetime,
    *,
    lanes: Sequence[Lane] = LANES,
) -> Hold | None:
    """The next batch that is ready, most urgent lane first; nothing when nothing is.

    Whether its readers may still be written to is asked when the call begins. Raises TooSoon when
    there is a batch, and the provider's rate has it wait.
    """
    provider, limits = door.provider, door.limits
    for lane in lanes:
        if ready := _ready(session, lane, provider, now):
            together = _together(ready, provider)
            allowance = allowances.lock(session, provider.name, limits, now)
            together = allowances.fit(session, allowance, limits, lane, together, now)
            if together:
                allowances.spend(session, allowance, limits, len(together), now)
                return _take(session, together, provider, life)
    return None


def check(session: Session, hold: Hold, life: Life, state: BatchState) -> Batch:
    """The batch, locked, if it is still ours in this state; raises LostHold if it isn't."""
    ours = {"id": hold.batch_id, "fence": hold.fence, "worker": life.worker, "state": state}
    batch = session.scalar(HELD, ours)
    if batch is None:
        raise LostHold(hold.key)
    return batch


def members(session: Session, batch_id: int) -> list[Slip]:
    return slips.of_batch(session, batch_id)


def unsettled(session: Session, hold: Hold) -> list[Slip]:
    """Those still in the batch, their outcome not known yet: a reader may have been erased."""
    found = {row.id for row in read(session, UNSETTLED, batch=hold.batch_id)}
    return [slip for slip in hold.slips if slip.id in found]


def hurry(session: Session, tried: Iterable[Slip], now: datetime) -> None:
    """Those of these that certainly haven't left needn't wait for the one who is silent."""
    session.execute(
        update(Delivery)
        .where(
            among(Delivery.id, [slip.id for slip in tried]),
            Delivery.state == State.WAITING,
        )
        .values(ready_at=now)
        .execution_options(synchronize_session=False)
    )


def give_back(session: Session, batch: Batch, now: datetime) -> None:
    """Nothing of it has left: its deliveries are planned again and the batch is no more."""
    session.execute(
        update(Delivery)
        .where(Delivery.batch_id == batch.id, Delivery.state == State.CLAIMED)
        .values(state=State.PLANNED, ready_at=now, batch_id=None, attempts=Delivery.attempts - 1)
    )
    change_batch(session, batch, state=BatchState.SETTLED)


def orphan(session: Session, life: Life, now: datetime) -> Batch | None:
    """An open batch whose worker is gone or overdue, or whose answer is to be asked for again."""
    query = select(Batch, Batch.lease_until <= lease_clock(session)).where(IS_OPEN)
    found = session.execute(query.order_by(Batch.lease_until)).all()
    lost = life.lost({batch.worker for batch, _ in found if batch.state != BatchState.ASKING})
    for batch, overdue in found:
        # Looked at first and locked only then: a worker that lives is never kept waiting.
        gone = overdue or batch.worker in lost
        if _is_left_open(batch, now, gone=gone) and _lock(session, batch):
            return batch
    return None


def take_over(session: Session, batch: Batch, life: Life) -> Hold:
    """From now on it is ours, and whoever held it before can record nothing."""
    fence, lease_until = batch.fence + 1, lease_clock(session) + retry.LEASE
    change_batch(
        session,
        batch,
        worker=life.worker,
        fence=fence,
        state=BatchState.CALLING,
        lease_until=lease_until,
    )
    return Hold(batch.id, batch.key, batch.provider, fence, tuple(members(session, batch.id)))


def _is_left_open(batch: Batch, now: datetime, *, gone: bool) -> bool:
    if batch.state == BatchState.ASKING:
        return batch.ask_again_at is not None and batch.ask_again_at <= now
    return gone


def _lock(session: Session, batch: Batch) -> bool:
    """Whether it is still as we saw it, and nobody else is about to take it."""
    query = select(Batch.id).where(
        Batch.id == batch.id, Batch.fence == batch.fence, Batch.state == batch.state
    )
    return session.scalar(query.with_for_update(skip_locked=True)) is not None


def _ready(session: Session, lane: Lane, provider: Provider, now: datetime) -> list[Slip]:
    return slips.read(session, READY, lane=lane, now=now, by=provider.name, most=provider.max_batch)


def _together(ready: Sequence[Slip], provider: Provider) -> Sequence[Slip]:
    """Those of one call: all, but for those that have to travel alone."""

    def alone(slip: Slip) -> bool:
        attached = slip.kind in WITH_ATTACHMENT and not provider.attachments_in_batch
        return slip.alone or attached

    return ready[:1] if alone(ready[0]) else [slip for slip in ready if not alone(slip)]


def _take(session: Session, together: Sequence[Slip], provider: Provider, life: Life) -> Hold:
    key = uuid4().hex
    made = insert(Batch).values(
        key=key,
        provider=provider.name,
        state=BatchState.CLAIMED,
        worker=life.worker,
        lease_until=lease_clock(session) + retry.LEASE,
    )
    batch_id = read(session, made.returning(Batch.id))[0].id
    write(session, TAKE, ids=[s.id for s in together], batch=batch_id, by=provider.name)
    # As they are now, with this attempt counted.
    taken = (slip._replace(provider=provider.name, attempts=slip.attempts + 1) for slip in together)
    return Hold(batch_id, key, provider.name, 1, tuple(sorted(taken)))
