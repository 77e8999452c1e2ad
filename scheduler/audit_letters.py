"""Audit of gaps and doubles: every due letter is somewhere, and nowhere twice."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, and_, exists, func, or_, select
from sqlalchemy.orm import Session

from course.enrolments import Enrolment
from course.enrolments import State as Standing
from course.progress import Progress
from course.subscribers import Subscriber
from emails.suppression import EVERYTHING, Suppression
from scheduler.breaches import Breach
from scheduler.outbox import Delivery, State
from scheduler.second_chances import SecondChance

# Planning looks every second; an hour without it means that nobody looks.
PATIENCE = timedelta(hours=1)

# What her course went on from is no reason for it to stand still.
IS_NOTED = exists().where(
    Progress.enrolment_id == Delivery.enrolment_id, Progress.lesson == Delivery.lesson
)
# Under way, or on the owner's list: `status` shows each of these.
SOMEWHERE = (State.PLANNED, State.CLAIMED, State.WAITING)
UNDER_WAY = or_(
    Delivery.state.in_(SOMEWHERE),
    and_(Delivery.state == State.UNKNOWN, Delivery.settled_at.is_(None)),
    and_(Delivery.state == State.FAILED, ~IS_NOTED),
)
# A doubtful letter counts as sent once nobody can be asked any more.
COUNTED = or_(
    Delivery.state == State.ACCEPTED,
    and_(Delivery.state == State.UNKNOWN, Delivery.settled_at.is_not(None)),
)
IS_LESSON = Delivery.kind == "lesson"


def stranded(session: Session) -> Iterator[Breach]:
    """A gap: somebody in the course has no date, and nothing of hers is under way or shown."""
    hers = Delivery.enrolment_id == Enrolment.id
    barred = Suppression.course == EVERYTHING
    query = (
        select(Subscriber.email, Enrolment.course)
        .join(Enrolment.subscriber)
        .where(
            Enrolment.state.in_((Standing.ACTIVE, Standing.PAUSED)),
            Enrolment.next_due_at.is_(None),
            ~exists().where(hers, IS_LESSON, UNDER_WAY),
            ~exists().where(Suppression.digest == Subscriber.digest, barred),
        )
    )
    for email, course in _each(session, query):
        yield Breach(
            "never dropped",
            f"{email}, {course}",
            "no next letter has a date, and none is under way.",
            "Show this line to whoever mends it; leaving and Undo on her page sets a date anew.",
        )


def unplanned(session: Session, now: datetime) -> Iterator[Breach]:
    """A gap in the making: a letter is due and nobody has planned it."""
    query = (
        select(Subscriber.email, Enrolment.course, Enrolment.next_due_at)
        .join(Enrolment.subscriber)
        .where(Enrolment.next_due_at <= now - PATIENCE)
    )
    for email, course, due_at in _each(session, query):
        yield Breach(
            "never dropped",
            f"{email}, {course}",
            f"a letter has been due since {due_at:%Y-%m-%d %H:%M} UTC and isn't planned.",
            "Start lettercourse serve or work; it will be planned by itself.",
        )


def dated_in_vain(session: Session) -> Iterator[Breach]:
    """A date for somebody who isn't in the course: planning would decide a letter for her."""
    out = (Standing.PENDING, Standing.LEFT, Standing.FINISHED)
    query = (
        select(Subscriber.email, Enrolment.course, Enrolment.state)
        .join(Enrolment.subscriber)
        .where(Enrolment.next_due_at.is_not(None), Enrolment.state.in_(out))
    )
    for email, course, state in _each(session, query):
        yield Breach(
            "never after goodbye",
            f"{email}, {course}",
            f"she is {state}, and yet her next letter has a date.",
            "Keep this database, stop lettercourse, and show this line to whoever mends it.",
        )


def doubled(session: Session) -> Iterator[Breach]:
    """More deliveries of one letter to one reader that left, or may have, than she began it."""
    query = (
        select(Subscriber.email, Delivery.lesson, func.count())
        .join(Enrolment, Enrolment.id == Delivery.enrolment_id)
        .join(Enrolment.subscriber)
        .where(IS_LESSON, COUNTED)
        .group_by(Subscriber.email, Delivery.enrolment_id, Delivery.lesson, Enrolment.turn)
        .having(func.count() > Enrolment.turn)
    )
    for email, lesson, count in _each(session, query):
        yield Breach(
            "once",
            f"{email}, letter {lesson}",
            f"it went out {count} times.",
            "Nothing takes it back; show this line to whoever mends it, and tell her yourself.",
        )


def noted_without_delivery(session: Session) -> Iterator[Breach]:
    """A letter counted as had that never left: she would miss it."""
    its_delivery = (
        Delivery.enrolment_id == Progress.enrolment_id,
        Delivery.lesson == Progress.lesson,
        IS_LESSON,
        or_(
            # Refused after it was taken: it stands on the owner's list.
            Delivery.state.in_((State.ACCEPTED, State.UNKNOWN, State.FAILED)),
            # Sent once more because of a doubt, after it was counted as had.
            exists().where(SecondChance.delivery_id == Delivery.id),
        ),
    )
    query = _readers_of(Progress).where(~exists().where(*its_delivery))
    for email, course, lesson in _each(session, query):
        yield Breach(
            "never dropped",
            f"{email}, letter {lesson}",
            "it is noted as had, and no email of it ever left.",
            f"Send it by hand: lettercourse send-test {course} {lesson} {email}.",
        )


def delivered_without_note(session: Session) -> Iterator[Breach]:
    """A letter that left and isn't counted as had: her course doesn't go on from it."""
    query = _readers_of(Delivery).where(IS_LESSON, COUNTED, ~IS_NOTED)
    for email, _, lesson in _each(session, query):
        yield Breach(
            "never dropped",
            f"{email}, letter {lesson}",
            "it left, and isn't noted as had, so the next one doesn't come.",
            "Keep this database, and show this line to whoever mends it.",
        )


def _readers_of(rows: type[Progress] | type[Delivery]) -> Select[str, str, str | None]:
    return (
        select(Subscriber.email, Enrolment.course, rows.lesson)
        .select_from(rows)
        .join(Enrolment, Enrolment.id == rows.enrolment_id)
        .join(Enrolment.subscriber)
    )


def _each(session: Session, query: Select[*tuple[Any, ...]]) -> Iterator[Any]:
    """Row by row, so that an audit of a million readers needs no more memory than one of ten."""
    yield from session.execute(query.execution_options(yield_per=1000))
