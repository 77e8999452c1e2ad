"""How the letters of one reader stand at a moment, to be told to her by mail."""

from datetime import datetime

from sqlalchemy.orm import Session

from course import enrolments, wishes
from course.catalogue import Course
from course.enrolments import State
from emails.pace import Pace
from scheduler import outbox
from scheduler.slips import Slip


def pace_of(session: Session, slip: Slip, course: Course, now: datetime) -> Pace:
    """Of the reader whom this email is for."""
    reader = enrolments.by_id(session, slip.enrolment_id or 0)
    assert reader is not None  # or it would be for nobody
    rests = reader.state == State.PAUSED and not enrolments.may_receive(reader, now)
    is_due = reader.next_due_at is not None and reader.next_due_at <= now
    return Pace(
        zone=reader.subscriber.zone,
        rests_until=reader.paused_until if rests else None,
        next_at=reader.next_due_at,
        on_its_way=is_due or bool(outbox.under_way(session, [reader.id])),
        finished=reader.state == State.FINISHED,
        ended_by_session=wishes.ended_by_session(session, reader, course),
    )
