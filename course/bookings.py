"""Sessions booked: a slot is taken once, whatever the race."""

from datetime import datetime
from uuid import uuid4

from sqlalchemy import ForeignKey, Index, String, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, Session, mapped_column

from course.database import Base, Id, index_where_set
from course.enrolments import Enrolment
from course.errors import SlotTaken
from course.slots import OpeningHours, Slot, free_slots

# One bookings calendar, one lock; the number only has to differ from other advisory locks.
CALENDAR_LOCK = 7_300_001


class Booking(Base):
    __tablename__ = "bookings"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    uid: Mapped[str] = mapped_column(String(32), unique=True)
    enrolment_id: Mapped[int] = mapped_column(ForeignKey("enrolments.id"), index=True)
    name: Mapped[str] = mapped_column(String(80))
    # The zone in which the reader chose, for telling her the time in her own words.
    zone: Mapped[str] = mapped_column(String(64))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    booked_at: Mapped[datetime]
    cancelled_at: Mapped[datetime | None]
    invitation_due_at: Mapped[datetime | None]
    notice_due_at: Mapped[datetime | None]

    @property
    def slot(self) -> Slot:
        return Slot(self.starts_at, self.ends_at)


Index(
    "uq_bookings_starts_at",
    Booking.starts_at,
    unique=True,
    sqlite_where=Booking.cancelled_at.is_(None),
    postgresql_where=Booking.cancelled_at.is_(None),
)
for column in ("invitation_due_at", "notice_due_at"):
    index_where_set(Booking, column)


def available(session: Session, hours: OpeningHours, now: datetime) -> list[Slot]:
    return free_slots(hours, taken_slots(session, now), now)


def taken_slots(session: Session, now: datetime) -> list[Slot]:
    query = select(Booking).where(Booking.ends_at > now, Booking.cancelled_at.is_(None))
    return [booking.slot for booking in session.scalars(query)]


def upcoming(session: Session, enrolment: Enrolment, now: datetime) -> Booking | None:
    """The session this reader has ahead of her, if any."""
    query = select(Booking).where(
        Booking.enrolment_id == enrolment.id,
        Booking.ends_at > now,
        Booking.cancelled_at.is_(None),
    )
    return session.scalar(query.order_by(Booking.starts_at).limit(1))


def book(
    session: Session,
    enrolment: Enrolment,
    hours: OpeningHours,
    starts_at: datetime,
    *,
    name: str,
    zone: str,
    now: datetime,
) -> Booking:
    """Take the slot and call for the invitations. Raises SlotTaken when it is no longer free."""
    _lock_calendar(session)
    own = upcoming(session, enrolment, now)
    if own is not None and own.starts_at == starts_at:
        return own
    slot = next((s for s in available(session, hours, now) if s.starts_at == starts_at), None)
    if slot is None:
        raise SlotTaken(SlotTaken.__doc__)
    booking = Booking(
        uid=uuid4().hex,
        enrolment_id=enrolment.id,
        name=name,
        zone=zone,
        starts_at=slot.starts_at,
        ends_at=slot.ends_at,
        booked_at=now,
        invitation_due_at=now,
        notice_due_at=now,
    )
    try:
        with session.begin_nested():
            session.add(booking)
    except IntegrityError as error:
        raise SlotTaken(SlotTaken.__doc__) from error
    return booking


def _lock_calendar(session: Session) -> None:
    """One booking at a time. SQLite's transaction is that lock already."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(select(func.pg_advisory_xact_lock(CALENDAR_LOCK)))
