"""How often a mailbox may be asked to confirm, whoever fills in whichever form."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from course import tallies
from course.subscribers import Subscriber
from course.tallies import Limit

# A forgotten or bombed mailbox hears from us once a day and three times a month at most, about all
# courses together. The hour more is for an email that leaves a little later than it might.
REST = timedelta(hours=24)
A_DAY = REST + timedelta(hours=1)
LIMITS = (Limit(1, A_DAY), Limit(3, timedelta(days=30, hours=1)))


def book(session: Session, reader: Subscriber, now: datetime, *, is_news: bool) -> datetime | None:
    """When she may be asked; None where that has been done lately.

    Whoever asked for another course an hour ago is asked about this one, as news, tomorrow.
    """
    patience = A_DAY if is_news else timedelta()
    return tallies.book(session, reader.mailbox, LIMITS, now, patience)
