"""When something happens next: what a virtual clock jumps to."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from course.enrolments import Enrolment
from scheduler.allowances import Allowance
from scheduler.outbox import Batch, Delivery
from scheduler.pauses import ProviderPause
from scheduler.planning import CALLS

MOMENTS: tuple[InstrumentedAttribute[datetime | None], ...] = (
    Enrolment.next_due_at,
    Delivery.ready_at,
    Batch.ask_again_at,
    Allowance.wait_until,
    Allowance.resumes_at,
    ProviderPause.until,
    *(call.due_at for call in CALLS),
)


def next_moment(session: Session, after: datetime) -> datetime | None:
    """The earliest instant after `after` at which anything becomes due; nothing when none will."""
    firsts = session.execute(
        select(
            *(
                select(func.min(moment)).where(moment > after).scalar_subquery()
                for moment in MOMENTS
            )
        )
    ).one()
    return min((first for first in firsts if first is not None), default=None)
