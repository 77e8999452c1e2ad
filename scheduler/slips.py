"""What handing an email over needs to know of its delivery, and no more: read by the hundred."""

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import Session

from course import bulk
from scheduler.outbox import Delivery


class Slip(NamedTuple):
    """A delivery as it was read; what becomes of it is written back by id."""

    id: int
    key: str
    kind: str
    about: str
    enrolment_id: int | None
    lesson: str | None
    provider: str | None
    due_at: datetime
    planned_at: datetime
    settled_at: datetime | None
    attempts: int
    alone: bool

    @property
    def row(self) -> str:
        """The row a call was about, see course.due.Due.about."""
        return self.about.partition("@")[0]


SLIPS = select(*(getattr(Delivery, name) for name in Slip._fields))


def read(session: Session, query: Select[Any], **given: Any) -> list[Slip]:
    return [Slip._make(row) for row in bulk.read(session, query, **given)]


def of_batch(session: Session, batch_id: int, *wanted: ColumnElement[bool]) -> list[Slip]:
    return read(session, SLIPS.where(Delivery.batch_id == batch_id, *wanted).order_by(Delivery.id))
