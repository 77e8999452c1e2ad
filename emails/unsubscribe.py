"""Goodbye: the enrolment stops and the address is suppressed in one and the same transaction."""

from datetime import datetime

from sqlalchemy.orm import Session

from course import consents, enrolments
from course.consents import Act
from course.enrolments import Enrolment
from course.language import Language
from emails.suppression import Reason, suppress


def goodbye(
    session: Session, enrolment: Enrolment, language: Language, *, means: str, now: datetime
) -> bool:
    """Stop this course for this reader. A repeat changes nothing and returns False.

    It is recorded in the words of the link that each email has, in the course's `language`.
    """
    suppress(session, enrolment.subscriber.digest, enrolment.course, Reason.UNSUBSCRIBED, now)
    if not enrolments.leave(enrolment, now):
        return False
    consents.record(
        session,
        enrolment.subscriber_id,
        enrolment.course,
        Act.WITHDRAWN,
        wording=language.say("Stop the letters"),
        means=means,
        at=now,
    )
    return True
