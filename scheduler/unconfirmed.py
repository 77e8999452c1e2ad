"""Sign-ups that nobody confirmed: most are a slip of the pen, or somebody else's address.

So they are forgotten a month after they were last asked for; the limits on asking anew aren't.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, and_, delete, exists, select
from sqlalchemy.orm import Session

from course.answers import Answer
from course.bookings import Booking
from course.changes import Change
from course.consents import Act, Consent
from course.drafts import Draft
from course.enrolments import Enrolment, State
from course.progress import Progress
from course.reflections import Reflection
from course.skips import Skip
from course.subscribers import Subscriber
from emails.inbound import ReceivedEmail
from emails.providers.mailbox import CapturedAttachment, CapturedEmail
from scheduler.outbox import MAY_LEAVE, Delivery

KEPT = timedelta(days=30)
# Whoever has any of these has been here for more than a moment.
TRACES = tuple(
    model.enrolment_id
    for model in (Answer, Booking, Change, Draft, Progress, Reflection, Skip, ReceivedEmail)
)


def forget(session: Session, now: datetime, most: int) -> int:
    """Delete up to so many; returns how many. Locks in the order in which everybody else does."""
    found = session.scalars(_forgettable(now).limit(most)).all()
    if not found:
        return 0
    letters = select(Delivery.id).where(Delivery.enrolment_id.in_(found)).order_by(Delivery.id)
    session.execute(letters.with_for_update())
    still = _forgettable(now).where(Enrolment.id.in_(found)).order_by(Enrolment.id)
    gone = session.scalars(still.with_for_update(of=Enrolment)).all()
    _delete(session, gone)
    return len(gone)


def _forgettable(now: datetime) -> Select[int]:
    until = now - KEPT
    return select(Enrolment.id).where(
        Enrolment.state == State.PENDING,
        Enrolment.signed_up_at <= until,
        Enrolment.confirmed_at.is_(None),
        ~exists().where(_consent_of_hers(), (Consent.at > until) | (Consent.act != Act.ASKED)),
        ~exists().where(Delivery.enrolment_id == Enrolment.id, Delivery.state.in_(MAY_LEAVE)),
        *(~exists().where(trace == Enrolment.id) for trace in TRACES),
    )


def _consent_of_hers() -> ColumnElement[bool]:
    return and_(
        Consent.subscriber_id == Enrolment.subscriber_id, Consent.course == Enrolment.course
    )


def _delete(session: Session, gone: Sequence[int]) -> None:
    """With whoever has nothing else here. Receipts go with their deliveries."""
    letters = select(Delivery.key).where(Delivery.enrolment_id.in_(gone))
    session.execute(delete(CapturedAttachment).where(CapturedAttachment.email_key.in_(letters)))
    session.execute(delete(CapturedEmail).where(CapturedEmail.key.in_(letters)))
    session.execute(delete(Delivery).where(Delivery.enrolment_id.in_(gone)))
    hers = exists().where(_consent_of_hers(), Enrolment.id.in_(gone))
    session.execute(delete(Consent).where(hers))
    people = session.scalars(select(Enrolment.subscriber_id).where(Enrolment.id.in_(gone))).all()
    session.execute(delete(Enrolment).where(Enrolment.id.in_(gone)))
    alone = ~exists().where(Enrolment.subscriber_id == Subscriber.id)
    session.execute(delete(Subscriber).where(Subscriber.id.in_(people), alone))
