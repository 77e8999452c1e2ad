"""What would leave at once if everything that waits were let go."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session

from scheduler.outbox import Batch, BatchState, Delivery

DOUBTFUL = (BatchState.CALLING, BatchState.ASKING)


@dataclass(frozen=True)
class Waiting:
    """Counts of what may be claimed.

    `under_way` were with the provider when the database was last at work: it is asked about them
    again where it would recognise them, and else they go on the owner's list.
    """

    by_kind: dict[str, int]
    readers: int
    oldest_due_at: datetime | None
    under_way: int

    @property
    def total(self) -> int:
        return sum(self.by_kind.values())


def look(session: Session, now: datetime) -> Waiting:
    ready = and_(Delivery.ready_at.is_not(None), Delivery.ready_at <= now)
    kinds = select(Delivery.kind, func.count()).where(ready).group_by(Delivery.kind)
    readers, oldest = session.execute(
        select(func.count(Delivery.enrolment_id.distinct()), func.min(Delivery.due_at)).where(ready)
    ).one()
    by_kind: dict[str, int] = dict(session.execute(kinds.order_by(Delivery.kind)).all())
    return Waiting(by_kind, readers, oldest, _count_under_way(session))


def _count_under_way(session: Session) -> int:
    doubtful: ColumnElement[bool] = Batch.state.in_(DOUBTFUL)
    query = select(func.count()).select_from(Delivery).join(Batch, Batch.id == Delivery.batch_id)
    return session.scalar(query.where(doubtful, Delivery.settled_at.is_(None))) or 0
