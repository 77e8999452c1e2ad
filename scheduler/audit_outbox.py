"""Audit of the outbox itself: nothing in it is out of everybody's reach, or within it twice."""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from scheduler import retry
from scheduler.breaches import Breach
from scheduler.clock import lease_now
from scheduler.outbox import Batch, BatchState, Delivery, State

TO_BE_CLAIMED = (State.PLANNED, State.WAITING)
SHOW = "Keep this database, and show this line to whoever mends it."


def out_of_reach(session: Session) -> Iterator[Breach]:
    """To be sent, and without the moment at which it may be: nobody will ever claim it."""
    query = select(Delivery).where(Delivery.state.in_(TO_BE_CLAIMED), Delivery.ready_at.is_(None))
    for delivery in session.scalars(query):
        yield _breach("never dropped", delivery, f"it is {delivery.state} for no moment at all.")


def claimable_twice(session: Session) -> Iterator[Breach]:
    """In a call, or past it, and yet free to be claimed: it could go out again."""
    query = select(Delivery).where(
        Delivery.ready_at.is_not(None), Delivery.state.not_in(TO_BE_CLAIMED)
    )
    for delivery in session.scalars(query):
        yield _breach("once", delivery, f"it is {delivery.state}, and yet free to be sent again.")


def left_behind(session: Session) -> Iterator[Breach]:
    """In a call that is over, or in none: whatever came of it was never recorded."""
    undecided = or_(
        Delivery.state == State.CLAIMED,
        and_(Delivery.state == State.UNKNOWN, Delivery.settled_at.is_(None)),
    )
    query = (
        select(Delivery)
        .outerjoin(Batch, Batch.id == Delivery.batch_id)
        .where(undecided, or_(Batch.id.is_(None), Batch.state == BatchState.SETTLED))
    )
    for delivery in session.scalars(query):
        yield _breach("never dropped", delivery, f"it is {delivery.state} in a call that is over.")


def ownerless(session: Session, now: datetime) -> Iterator[Breach]:
    """A call left open that nobody takes up.

    Whether its worker lives, only that worker's lock could tell; a lease run out, or an hour past
    the moment of asking again, tells that nobody is there to look.
    """
    lapsed = and_(
        Batch.state.in_((BatchState.CLAIMED, BatchState.CALLING)),
        Batch.lease_until <= lease_now(session),
    )
    unasked = and_(
        Batch.state == BatchState.ASKING,
        or_(Batch.ask_again_at.is_(None), Batch.ask_again_at <= now - retry.LONGEST_ASK),
    )
    for batch in session.scalars(select(Batch).where(or_(lapsed, unasked))):
        yield Breach(
            "never dropped",
            f"call {batch.key}",
            f"it is {batch.state}, and nobody is at work on it.",
            "Start lettercourse serve or work; it will be taken up by itself.",
        )


def _breach(law: str, delivery: Delivery, sentence: str) -> Breach:
    what = f"{delivery.kind} {delivery.about}"
    return Breach(law, what, sentence, SHOW)
