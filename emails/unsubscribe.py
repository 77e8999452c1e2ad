"""Goodbye: the enrolment stops and the address is suppressed in one and the same transaction."""

from datetime import datetime

from sqlalchemy.orm import Session

from course import consents, enrolments
from course.consents import Act
from course.enrolments import Enrolment
from emails.suppression import Reason, suppress


def goodbye(session: Session, enrolment: Enrolment, *, means: str, now: datetime) -> bool:
    """Stop this course for this reader. A repeat changes nothing and returns False."""
    suppress(session, enrolment.subscriber.digest, enrolment.course, Reason.UNSUBSCRIBED, now)
    if not enrolments.leave(enrolment, now):
        return False
    consents.record(
        session,
        enrolment.subscriber_id,
        enrolment.course,
        Act.WITHDRAWN,
        wording="Stop the letters",
        means=means,
        at=now,
    )
    return True
