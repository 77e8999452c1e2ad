"""Into a course: a reader asks for it, is asked whether it was her, and confirms."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from course import confirmations
from course.catalogue import Course
from course.enrolments import (
    Enrolment,
    State,
    begin_again,
    of_subscriber,
    schedule,
    subscribers_in,
    with_subscriber,
)
from course.subscribers import Subscriber


def is_full(session: Session, course: Course) -> bool:
    """Whether as many read it as it has places for. Who has confirmed comes in all the same."""
    if course.places is None:
        return False
    reading = (State.ACTIVE, State.PAUSED)
    readers = select(Enrolment.id).where(
        Enrolment.course == course.slug, Enrolment.state.in_(reading)
    )
    return len(session.scalars(readers.limit(course.places)).all()) == course.places


def sign_up(session: Session, subscriber: Subscriber, course: str, now: datetime) -> Enrolment:
    """Want the course: pending until confirmed, which she is asked to do.

    Someone already in stays where she is.
    """
    enrolment = of_subscriber(session, subscriber, course)
    is_news = enrolment is None or enrolment.state == State.LEFT
    if enrolment is None:
        enrolment = _add(session, subscriber, course, now)
    elif enrolment.state == State.LEFT:
        # Her old consent ended with her goodbye: taking back another one mustn't revive it.
        enrolment.state, enrolment.confirmed_at = State.PENDING, None
    ask_to_confirm(session, enrolment, now, is_news=is_news)
    session.flush()
    return enrolment


def bring_in(
    session: Session,
    subscribers: Collection[Subscriber],
    course: Course,
    now: datetime,
    *,
    confirmed: bool,
) -> list[Subscriber]:
    """Those of them who have never signed up do; returns them.

    They are asked to confirm, or have done so already, where their owner says so.
    """
    there = subscribers_in(session, course.slug, {one.id for one in subscribers})
    new = {one.id: one for one in subscribers if one.id not in there}
    for subscriber in new.values():
        enrolment = _add(session, subscriber, course.slug, now)
        if confirmed:
            confirm(session, enrolment, course, now)
        else:
            ask_to_confirm(session, enrolment, now, is_news=True)
    session.flush()
    return list(new.values())


def _add(session: Session, subscriber: Subscriber, course: str, now: datetime) -> Enrolment:
    enrolment = Enrolment(
        subscriber=subscriber, course=course, state=State.PENDING, signed_up_at=now
    )
    session.add(enrolment)
    return enrolment


def pending_beside(
    session: Session, enrolment: Enrolment, *, for_update: bool = False
) -> list[Enrolment]:
    """The other courses that the same reader has asked for and not confirmed."""
    query = select(Enrolment).where(
        Enrolment.subscriber_id == enrolment.subscriber_id,
        Enrolment.id != enrolment.id,
        Enrolment.state == State.PENDING,
    )
    return list(
        session.scalars(with_subscriber(query.order_by(Enrolment.id), for_update=for_update))
    )


def ask_to_confirm(
    session: Session, enrolment: Enrolment, now: datetime, *, is_news: bool = False
) -> None:
    """Call for a confirmation email, or for "you are already in", as far as the limits allow."""
    at = confirmations.book(session, enrolment.subscriber, now, is_news=is_news)
    if at is None:
        return
    if enrolment.state == State.PENDING:
        enrolment.confirmation_due_at = at
    else:
        enrolment.welcome_back_due_at = at


def confirm(session: Session, enrolment: Enrolment, course: Course, now: datetime) -> bool:
    """Start the letters. A second confirmation changes nothing and returns False."""
    if enrolment.state != State.PENDING:
        return False
    enrolment.state = State.ACTIVE
    enrolment.confirmed_at = now
    enrolment.confirmation_due_at = None
    enrolment.left_at = None
    schedule(session, enrolment, course, now)
    if enrolment.state == State.FINISHED:
        # She has had it all, and asks for it anew.
        begin_again(session, enrolment, course, now)
    return True
