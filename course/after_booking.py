"""What a booked session means for the letters, where the course wants them to stop."""

from datetime import datetime

from sqlalchemy.orm import Session

from course import enrolments
from course.catalogue import Course
from course.enrolments import Enrolment, State


def booked(enrolment: Enrolment, course: Course | None, now: datetime) -> None:
    if course is None or course.after_booking != "stop":
        return
    if enrolment.state in {State.ACTIVE, State.PAUSED}:
        enrolments.finish(enrolment, now)


def freed(session: Session, enrolment: Enrolment, course: Course | None, now: datetime) -> None:
    """The letters that are left go on, or rest on until the day their reader had chosen."""
    if course is None or course.after_booking != "stop" or enrolment.state != State.FINISHED:
        return
    rests = enrolment.paused_until is not None and enrolment.paused_until > now
    enrolment.state = State.PAUSED if rests else State.ACTIVE
    enrolments.schedule(session, enrolment, course, max(now, enrolment.paused_until or now))
    if enrolment.state != State.FINISHED:
        enrolment.finished_at = None
