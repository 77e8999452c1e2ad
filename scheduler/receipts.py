"""What was heard of an email after it was handed over: milestones, each set once.

Vendors tell things twice, late and in any order. A milestone is set only while it is empty, so
that doesn't matter: nothing moves backwards.
"""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ForeignKey, String, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from course.database import Base, Id, Told, insert_into
from course.lists import among
from emails.providers.hooks import Event, EventKind, fingerprint

# Whoever tells these has had the message; only a refusal says that it never left.
PROOFS = (
    EventKind.ACCEPTED,
    EventKind.DELIVERED,
    EventKind.DEFERRED,
    EventKind.SOFT_BOUNCE,
    EventKind.HARD_BOUNCE,
    EventKind.COMPLAINT,
    EventKind.UNSUBSCRIBED,
)


class ProviderEvent(Base):
    """This event was heard; told again it is known by its id."""

    __tablename__ = "provider_events"

    provider: Mapped[str] = mapped_column(String(20), primary_key=True)
    event: Mapped[str] = mapped_column(String(64), primary_key=True)
    kind: Mapped[str] = mapped_column(String(12))
    # Their own word for it, so that one we don't know stays visible.
    word: Mapped[str] = mapped_column(Told(60))
    delivery_id: Mapped[int | None] = mapped_column(
        ForeignKey("deliveries.id", ondelete="CASCADE"), index=True
    )
    heard_at: Mapped[datetime] = mapped_column(index=True)


class Receipt(Base):
    """The milestones of one delivery, by the vendor's clock."""

    __tablename__ = "receipts"

    delivery_id: Mapped[int] = mapped_column(
        Id, ForeignKey("deliveries.id", ondelete="CASCADE"), primary_key=True
    )
    accepted_at: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]
    deferred_at: Mapped[datetime | None]
    soft_bounced_at: Mapped[datetime | None]
    hard_bounced_at: Mapped[datetime | None]
    complained_at: Mapped[datetime | None]
    rejected_at: Mapped[datetime | None]
    unsubscribed_at: Mapped[datetime | None]


MILESTONES = {
    EventKind.ACCEPTED: Receipt.accepted_at,
    EventKind.DELIVERED: Receipt.delivered_at,
    EventKind.DEFERRED: Receipt.deferred_at,
    EventKind.SOFT_BOUNCE: Receipt.soft_bounced_at,
    EventKind.HARD_BOUNCE: Receipt.hard_bounced_at,
    EventKind.COMPLAINT: Receipt.complained_at,
    EventKind.REJECTED: Receipt.rejected_at,
    EventKind.UNSUBSCRIBED: Receipt.unsubscribed_at,
}


def is_new(
    session: Session, provider: str, event: Event, delivery_id: int | None, now: datetime
) -> bool:
    """Note that it was heard; False when it was heard before."""
    row = {
        "provider": provider,
        "event": fingerprint(event.id),
        "kind": event.kind,
        "word": event.word,
        "delivery_id": delivery_id,
        "heard_at": now,
    }
    statement = insert_into(session, ProviderEvent).values(row).on_conflict_do_nothing()
    return session.execute(statement.returning(ProviderEvent.event)).first() is not None


def pass_milestone(session: Session, delivery_id: int, kind: EventKind, at: datetime) -> bool:
    """Set it; False when it was set before."""
    milestone = MILESTONES[kind]
    row = insert_into(session, Receipt).values(delivery_id=delivery_id)
    session.execute(row.on_conflict_do_nothing())
    passed = (
        update(Receipt)
        .where(Receipt.delivery_id == delivery_id, milestone.is_(None))
        .values({milestone.key: at})
        .returning(Receipt.delivery_id)
    )
    return session.execute(passed).first() is not None


def proven(session: Session, delivery_ids: Collection[int]) -> set[int]:
    """Those of these that the vendor has certainly had."""
    if not delivery_ids:
        return set()
    told = [MILESTONES[kind] for kind in PROOFS]
    query = select(Receipt.delivery_id, *told).where(among(Receipt.delivery_id, delivery_ids))
    return {row[0] for row in session.execute(query) if any(row[1:])}
