"""Which emails the facts call for at a moment: the question the scheduler asks."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from course.answers import Answer
from course.bookings import Booking
from course.bulk import read
from course.enrolments import STANDINGS, Enrolment, Standing, standings
from course.reflections import Reflection

Column = InstrumentedAttribute[datetime | None]


@dataclass(frozen=True)
class Call:
    """One column that, while it holds an instant, calls for one kind of email about its row.

    `enrolment` tells whose row it is; nobody's in particular when it is empty.
    """

    kind: str
    due_at: Column
    row: InstrumentedAttribute[int] | InstrumentedAttribute[str]
    enrolment: InstrumentedAttribute[int] | InstrumentedAttribute[int | None] | None


@dataclass(frozen=True)
class Due:
    """One email called for: unique by kind and `about`."""

    kind: str
    row: int | str
    enrolment_id: int | None
    due_at: datetime

    @property
    def about(self) -> str:
        return f"{self.row}@{self.due_at.isoformat()}"


CALLS = (
    Call("confirmation", Enrolment.confirmation_due_at, Enrolment.id, Enrolment.id),
    Call("welcome-back", Enrolment.welcome_back_due_at, Enrolment.id, Enrolment.id),
    Call("invitation", Booking.invitation_due_at, Booking.id, Booking.enrolment_id),
    Call("booking-notice", Booking.notice_due_at, Booking.id, Booking.enrolment_id),
    Call("reminder", Booking.reminder_due_at, Booking.id, Booking.enrolment_id),
    Call("reminder", Booking.second_reminder_due_at, Booking.id, Booking.enrolment_id),
    Call(
        "acknowledgement",
        Reflection.acknowledgement_due_at,
        Reflection.id,
        Reflection.enrolment_id,
    ),
    Call("reflection-notice", Reflection.notice_due_at, Reflection.id, Reflection.enrolment_id),
    Call("answer", Answer.due_at, Answer.id, Answer.enrolment_id),
    Call("answer-notice", Answer.notice_due_at, Answer.id, Answer.enrolment_id),
)


def anything_due(session: Session, columns: Sequence[Column], now: datetime) -> list[bool]:
    """For each column whether any row has come due: one question, whatever the number of rows."""
    found = read(session, select(*(earliest(column) for column in columns)))[0]
    return [has_come(at, now) for at in found]


def earliest(column: Any, *wanted: ColumnElement[bool]) -> ColumnElement[datetime | None]:
    """The first instant in it, as an index tells.

    Whether there is any before a moment, PostgreSQL would look for among all rows, as soon as it
    plans for any moment: it expects to find one soon, and there is none.
    """
    first = select(func.min(column)).where(column.is_not(None), *wanted)
    return first.scalar_subquery()


def has_come(at: datetime | None, now: datetime) -> bool:
    return at is not None and at <= now


def due_calls(session: Session, call: Call, now: datetime, limit: int) -> list[Due]:
    """The rows whose column has come due, earliest first, locked against other planners."""
    owner_row = call.row if call.enrolment is None else call.enrolment
    query = (
        select(call.row, call.due_at, owner_row)
        .where(call.due_at <= now)
        .order_by(call.due_at)
        .limit(limit)
        .with_for_update(skip_locked=True, of=call.row.class_)
    )
    rows: Iterable[Any] = session.execute(query)
    return [
        Due(call.kind, row, enrolment if call.enrolment is not None else None, due_at)
        for row, due_at, enrolment in rows
    ]


def due_lessons(session: Session, now: datetime, limit: int) -> list[Standing]:
    """The enrolments whose next letter is due, earliest first, locked against other planners."""
    query = (
        STANDINGS.where(Enrolment.next_due_at <= now)
        .order_by(Enrolment.next_due_at)
        .limit(limit)
        .with_for_update(skip_locked=True, of=Enrolment)
    )
    return standings(session, query)
