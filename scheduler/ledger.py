"""Every email ever planned for one person, with where it stands and since when."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from course.enrolments import Enrolment
from scheduler.outbox import Delivery


@dataclass(frozen=True)
class Entry:
    """One email. `due_at` is when the facts called for it, `settled_at` when its fate was known.

    `reason` is a provider's word or ours; what readers write never stands in it.
    """

    course: str
    kind: str
    lesson: str | None
    state: str
    due_at: datetime
    planned_at: datetime
    settled_at: datetime | None
    provider: str | None
    provider_id: str | None
    reason: str | None

    @property
    def what(self) -> str:
        return f"letter {self.lesson}" if self.lesson else self.kind

    def as_json(self) -> dict[str, Any]:
        return {
            name: value.isoformat() if isinstance(value, datetime) else value
            for name, value in asdict(self).items()
        }


def of_subscriber(session: Session, subscriber_id: int) -> list[Entry]:
    """In the order in which they came due, whatever the course."""
    query = (
        select(Delivery, Enrolment.course)
        .join(Enrolment, Enrolment.id == Delivery.enrolment_id)
        .where(Enrolment.subscriber_id == subscriber_id)
        .order_by(Delivery.due_at, Delivery.id)
    )
    return [_entry(delivery, course) for delivery, course in session.execute(query)]


def _entry(delivery: Delivery, course: str) -> Entry:
    return Entry(
        course=course,
        kind=delivery.kind,
        lesson=delivery.lesson,
        state=delivery.state,
        due_at=delivery.due_at,
        planned_at=delivery.planned_at,
        settled_at=delivery.settled_at,
        provider=delivery.provider,
        provider_id=delivery.provider_id,
        reason=delivery.reason,
    )
