"""May it still go? Law 3, asked in the very transaction that hands an email to the provider."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, contains_eager

from course import enrolments
from course.catalogue import Catalogue
from course.enrolments import Enrolment, State
from emails.suppression import EVERYTHING, suppressed
from scheduler import outbox
from scheduler.outbox import Delivery

# These belong to the course and end with it; a booking is a promise between two people. A
# confirmation comes before the course: whoever left and asks for it anew is asked to confirm anew.
OF_THE_COURSE = {"lesson", "welcome-back", "acknowledgement"}


def withhold(
    session: Session, catalogue: Catalogue, deliveries: Sequence[Delivery], now: datetime
) -> list[Delivery]:
    """Mark those whose reader must not get them any more; returns the ones that may go."""
    readers = _readers(session, deliveries)
    digests = {reader.subscriber.digest for reader in readers.values()}
    barred = suppressed(session, digests)
    may_go = []
    for delivery in deliveries:
        reader = readers.get(delivery.enrolment_id or 0)
        reason = _goodbye(delivery, reader, barred, now) or _needless(delivery, reader)
        if reason is None:
            may_go.append(delivery)
            continue
        delivery.state = outbox.State.WITHHELD
        delivery.reason, delivery.ready_at, delivery.settled_at = reason, None, now
        delivery.batch_id = None
        course = catalogue.get(reader.course) if reader else None
        if delivery.kind == "lesson" and reader and course:
            enrolments.take_back(session, reader, course)
    return may_go


def has_left(session: Session, deliveries: Sequence[Delivery], now: datetime) -> bool:
    """Whether any of these readers must not be written to any more."""
    readers = _readers(session, deliveries)
    barred = suppressed(session, {reader.subscriber.digest for reader in readers.values()})
    return any(_goodbye(d, readers.get(d.enrolment_id or 0), barred, now) for d in deliveries)


def _readers(session: Session, deliveries: Sequence[Delivery]) -> dict[int, Enrolment]:
    """The enrolments, locked, so that a goodbye waits for us or we for it, never in between."""
    ids = {delivery.enrolment_id for delivery in deliveries if delivery.enrolment_id}
    query = (
        select(Enrolment)
        .join(Enrolment.subscriber)
        .options(contains_eager(Enrolment.subscriber))
        .where(Enrolment.id.in_(ids))
        .order_by(Enrolment.id)
        .with_for_update(of=Enrolment)
        .execution_options(populate_existing=True)
    )
    return {enrolment.id: enrolment for enrolment in session.scalars(query)}


def _goodbye(
    delivery: Delivery,
    reader: Enrolment | None,
    barred: set[tuple[str, str]],
    now: datetime,
) -> str | None:
    """Why its reader must not get it, if so. The owner's own notices always may go."""
    if reader is None or delivery.kind.endswith("-notice"):
        return None
    digest, course_mail = reader.subscriber.digest, delivery.kind in OF_THE_COURSE
    if (digest, EVERYTHING) in barred:
        return "the address is suppressed"
    if course_mail and (digest, reader.course) in barred:
        return "the reader has left"
    if delivery.kind == "lesson" and not enrolments.may_receive(reader, now):
        return f"the reader is {reader.state}"
    ends_with_course = course_mail or delivery.kind == "confirmation"
    return "the reader has left" if ends_with_course and reader.state == State.LEFT else None


def _needless(delivery: Delivery, reader: Enrolment | None) -> str | None:
    """A question already answered needn't be asked; asked twice by a repeat, it does no harm."""
    answered = reader is not None and reader.state != State.PENDING
    asks = delivery.kind == "confirmation"
    return "the address is confirmed already" if asks and answered else None
