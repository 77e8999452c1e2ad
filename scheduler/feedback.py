"""From what vendors tell of our emails to facts: each event once, whatever the order.

A receipt proves that an email left, so it settles one that was unknown. A hard bounce or a
complaint stops everything for that address; soft bounces do when they don't end.
"""

import re
from datetime import datetime, timedelta

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, contains_eager

from course import enrolments
from course.catalogue import Catalogue
from course.consents import Means
from course.enrolments import Enrolment
from course.subscribers import Subscriber
from emails.providers.hooks import Event, EventKind
from emails.suppression import EVERYTHING, Reason, suppress
from emails.unsubscribe import goodbye
from scheduler import receipts, reputation
from scheduler.outbox import Batch, BatchState, Delivery, State, letter_of
from scheduler.receipts import PROOFS, Receipt

# So many emails that bounced softly, the first and the last so far apart, and none delivered since
# the first of them: nobody reads there any more.
SOFT_BOUNCES = 4
SOFT_SPAN = timedelta(days=14)

# What a delivery's own key looks like; whatever else a vendor names, the database isn't asked for.
KEY = re.compile("[0-9a-f]{32}")

# What waits was thought not to have left, or is to be sent once more because of a doubt, which a
# receipt ends.
UNDECIDED = {State.UNKNOWN, State.PLANNED, State.WAITING}

TOLD = {EventKind.SOFT_BOUNCE, EventKind.HARD_BOUNCE, EventKind.REJECTED, EventKind.COMPLAINT}


def hear(
    session: Session, catalogue: Catalogue, provider: str, event: Event, now: datetime
) -> bool:
    """Act on one event, in the caller's transaction; False when it was heard before."""
    delivery = _delivery(session, event.key)
    if not receipts.is_new(session, provider, event, delivery.id if delivery else None, now):
        return False
    if delivery is None or event.kind == EventKind.OTHER:
        return True
    at = min(event.at or now, now)
    if receipts.pass_milestone(session, delivery.id, event.kind, at):
        _settle(session, catalogue, delivery, event, now)
        _heed(session, catalogue, delivery, event.kind, now)
    return True


def _delivery(session: Session, key: str | None) -> Delivery | None:
    """The delivery, and its batch locked: whoever records a call's outcome waits for us, or we."""
    if key is None or not KEY.fullmatch(key):
        return None
    query = select(Delivery.id, Delivery.batch_id).where(Delivery.key == key)
    found = session.execute(query).first()
    if found is None:
        return None
    if found.batch_id is not None:
        session.execute(select(Batch.id).where(Batch.id == found.batch_id).with_for_update())
    return session.scalar(select(Delivery).where(Delivery.id == found.id).with_for_update())


def _settle(
    session: Session, catalogue: Catalogue, delivery: Delivery, event: Event, now: datetime
) -> None:
    """What it says of where the delivery stands. One under way is left to its worker."""
    if event.kind in TOLD and event.reason:
        delivery.reason = event.reason
    if event.kind == EventKind.REJECTED:
        _reject(session, catalogue, delivery, event, now)
    elif event.kind in PROOFS and _is_undecided(session, delivery):
        _accept(session, catalogue, delivery, event, now)


def _is_undecided(session: Session, delivery: Delivery) -> bool:
    """Whether what is heard may decide it: while it is in a call, the call's own answer does."""
    if delivery.state != State.CLAIMED:
        return delivery.state in UNDECIDED
    return not _is_in_call(session, delivery)


def _accept(
    session: Session, catalogue: Catalogue, delivery: Delivery, event: Event, now: datetime
) -> None:
    waited = delivery.settled_at is None
    if delivery.state != State.UNKNOWN:
        # Out of reach of whoever would claim it, or has claimed it and not called yet.
        delivery.ready_at = delivery.batch_id = None
    delivery.state, delivery.settled_at = State.ACCEPTED, delivery.settled_at or now
    delivery.provider_id = event.provider_id or delivery.provider_id
    delivery.reason = event.reason if event.kind in TOLD else None
    session.flush()
    if waited:
        _move_on(session, catalogue, delivery, now)


def _reject(
    session: Session, catalogue: Catalogue, delivery: Delivery, event: Event, now: datetime
) -> None:
    """Taken, and then thrown away: it stands on the owner's list, and the course goes on.

    Also where the call's own answer is still on its way, which leaves alone what is settled.
    """
    if not (_is_taken(delivery) or _is_in_call(session, delivery)):
        return
    waited = delivery.settled_at is None
    delivery.state, delivery.settled_at = State.FAILED, now
    delivery.reason = f"refused after it was taken: {event.reason or event.word}"
    session.flush()
    if waited:
        _move_on(session, catalogue, delivery, now)


def _is_taken(delivery: Delivery) -> bool:
    return delivery.state in {State.ACCEPTED, State.UNKNOWN}


def _is_in_call(session: Session, delivery: Delivery) -> bool:
    query = select(Batch.state).where(Batch.id == delivery.batch_id)
    return delivery.state == State.CLAIMED and session.scalar(query) == BatchState.CALLING


def _move_on(session: Session, catalogue: Catalogue, delivery: Delivery, now: datetime) -> None:
    if delivery.kind == "lesson":
        enrolments.move_on(session, catalogue, [letter_of(delivery.about)], now)


def _heed(
    session: Session, catalogue: Catalogue, delivery: Delivery, kind: EventKind, now: datetime
) -> None:
    """What it means for the reader; the owner's own notices have none."""
    session.flush()
    enrolment = _enrolment(session, delivery)
    if enrolment is None:
        return
    language = catalogue.language(enrolment.course)
    match kind:
        case EventKind.HARD_BOUNCE:
            _stop_everything(session, enrolment.subscriber, Reason.HARD_BOUNCE, now)
        case EventKind.COMPLAINT:
            goodbye(session, enrolment, language, means=Means.COMPLAINT, now=now)
            _stop_everything(session, enrolment.subscriber, Reason.COMPLAINT, now)
        case EventKind.UNSUBSCRIBED:
            goodbye(session, enrolment, language, means=Means.MAILBOX_BUTTON, now=now)
        case EventKind.SOFT_BOUNCE if _never_ends(session, enrolment.subscriber):
            _stop_everything(session, enrolment.subscriber, Reason.SOFT_BOUNCES, now)
    if kind in reputation.WATCHED:
        reputation.watch(session, now)


def _enrolment(session: Session, delivery: Delivery) -> Enrolment | None:
    if delivery.enrolment_id is None or delivery.kind.endswith("-notice"):
        return None
    return enrolments.by_id(session, delivery.enrolment_id, for_update=True)


def _stop_everything(
    session: Session, subscriber: Subscriber, reason: Reason, now: datetime
) -> None:
    """Nothing goes to this address any more, in whatever course; the owner can take it back."""
    suppress(session, subscriber.digest, EVERYTHING, reason, now)
    for enrolment in session.scalars(_enrolments(subscriber)):
        enrolments.leave(enrolment, now)


def _enrolments(subscriber: Subscriber) -> Select[Enrolment]:
    return (
        select(Enrolment)
        .join(Enrolment.subscriber)
        .options(contains_eager(Enrolment.subscriber))
        .where(Enrolment.subscriber_id == subscriber.id)
        .order_by(Enrolment.id)
        .with_for_update(of=Enrolment)
    )


def _never_ends(session: Session, subscriber: Subscriber) -> bool:
    """Whether the last emails to this reader bounced softly, for long enough."""
    query = (
        select(Receipt.soft_bounced_at, Receipt.delivered_at)
        .join(Delivery, Delivery.id == Receipt.delivery_id)
        .join(Enrolment, Enrolment.id == Delivery.enrolment_id)
        .where(Enrolment.subscriber_id == subscriber.id)
        # The owner's notices about her go to another mailbox.
        .where(Delivery.kind.not_like("%-notice"))
        .order_by(Delivery.id.desc())
        .limit(SOFT_BOUNCES)
    )
    latest = session.execute(query).all()
    bounced = [soft for soft, delivered in latest if soft and not delivered]
    long = bounced and max(bounced) - min(bounced) >= SOFT_SPAN
    return len(bounced) == SOFT_BOUNCES and bool(long)
