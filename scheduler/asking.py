"""No mailbox is asked twice within a day, also where the first email was late.

What is called for keeps its distance by itself, see `course.confirmations`; after an outage two may
leave together all the same. Then the newest goes: on its page stands what was asked for before.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from course import tallies
from course.confirmations import REST
from course.enrolments import Enrolment
from course.subscribers import Subscriber
from scheduler.outbox import Delivery, State
from scheduler.reasons import Why
from scheduler.slips import Slip

KINDS = ("confirmation", "welcome-back")
MAY_HAVE_LEFT = (State.CLAIMED, State.ACCEPTED, State.UNKNOWN)


def too_soon(session: Session, slips: Sequence[Slip], now: datetime) -> dict[int, Why]:
    """Those of these that mustn't go so soon, and why."""
    asking = [slip for slip in slips if slip.kind in KINDS and slip.enrolment_id]
    if not asking:
        return {}
    mailboxes = _mailboxes(session, asking)
    # Another worker may have one for the same mailbox in hand: one of the two sees the other's.
    tallies.lock(session, set(mailboxes.values()), now)
    asked = _asked_lately(session, set(mailboxes.values()), asking, now)
    held = {}
    for slip in sorted(asking, key=lambda slip: slip.due_at, reverse=True):
        mailbox = mailboxes.get(slip.enrolment_id or 0)
        if mailbox in asked:
            held[slip.id] = Why.ASKED_TODAY
        elif mailbox is not None:
            asked.add(mailbox)
    return held


def _mailboxes(session: Session, slips: Sequence[Slip]) -> dict[int, str]:
    query = select(Enrolment.id, Subscriber.mailbox).join(Enrolment.subscriber)
    ids = {slip.enrolment_id for slip in slips}
    return dict(session.execute(query.where(Enrolment.id.in_(ids))).all())


def _asked_lately(
    session: Session, mailboxes: set[str], asking: Sequence[Slip], now: datetime
) -> set[str]:
    """Those that another email than these has asked, or is about to."""
    query = (
        select(Subscriber.mailbox)
        .join(Enrolment, Enrolment.subscriber_id == Subscriber.id)
        .join(Delivery, Delivery.enrolment_id == Enrolment.id)
        .where(
            Subscriber.mailbox.in_(mailboxes),
            Delivery.id.not_in({slip.id for slip in asking}),
            Delivery.kind.in_(KINDS),
            Delivery.state.in_(MAY_HAVE_LEFT),
            or_(Delivery.settled_at.is_(None), Delivery.settled_at > now - REST),
        )
    )
    return set(session.scalars(query))
