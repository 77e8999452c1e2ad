"""Which doubts were looked at, and whether the email was planned again because of one.

A row of its own: `reason` is written over by whatever happens next, a primary key isn't.
"""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ColumnElement, ForeignKey, exists, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from course.database import Base, Id
from course.lists import among
from scheduler.outbox import Delivery


class SecondChance(Base):
    """This doubt was looked at, and whether the email was planned again because of it."""

    __tablename__ = "second_chances"

    delivery_id: Mapped[int] = mapped_column(
        Id, ForeignKey("deliveries.id", ondelete="CASCADE"), primary_key=True
    )
    decided_at: Mapped[datetime]
    given: Mapped[bool]


def was_given() -> ColumnElement[bool]:
    """Whether a delivery is sent once more in doubt, to be asked within a larger question."""
    return exists().where(SecondChance.delivery_id == Delivery.id, SecondChance.given)


def given(session: Session, delivery_ids: Collection[int]) -> set[int]:
    """Those of these that are sent once more in doubt."""
    if not delivery_ids:
        return set()
    query = select(SecondChance.delivery_id).where(SecondChance.given)
    return set(session.scalars(query.where(among(SecondChance.delivery_id, delivery_ids))))
