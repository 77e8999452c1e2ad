"""Sessions booked: a slot is taken once, whatever the race."""

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import uuid4

from sqlalchemy import ColumnElement, ForeignKey, Index, LargeBinary, String, and_, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, Session, mapped_column

from course import after_booking, busy
from course.database import Base, Id, index_where_set
from course.diary import Diary, Wanted
from course.enrolments import Enrolment
from course.errors import SlotTaken
from course.lists import among_given
from course.slots import Kind, OpeningHours, Slot, free_slots
from course.vault import Vault

# One bookings calendar, one lock; the number only has to differ from other advisory locks.
CALENDAR_LOCK = 7_300_001
# What two changes of one session are apart at least, so that each calls for emails of its own.
A_MOMENT = timedelta(microseconds=1)
TOOL_UID_LENGTH = 64


class Booking(Base):
    __tablename__ = "bookings"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    uid: Mapped[str] = mapped_column(String(32), unique=True)
    enrolment_id: Mapped[int] = mapped_column(ForeignKey("enrolments.id"), index=True)
    kind: Mapped[str] = mapped_column(String(60))
    # What readers saw of its kind, which may be offered no more one day.
    kind_name: Mapped[str] = mapped_column(String(60), default="")
    place: Mapped[str] = mapped_column(String(200), default="")
    name: Mapped[str] = mapped_column(String(80))
    note: Mapped[bytes | None] = mapped_column(LargeBinary)
    # Where it was booked with another tool: which, its id there, and that of the one it was before
    # it was moved. The tool writes to both sides then, and we to neither.
    tool: Mapped[str | None] = mapped_column(String(20))
    tool_uid: Mapped[str | None] = mapped_column(String(TOOL_UID_LENGTH))
    moved_from: Mapped[str | None] = mapped_column(String(TOOL_UID_LENGTH))
    # The zone in which the reader chose, for telling her the time in her own words.
    zone: Mapped[str] = mapped_column(String(64))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    booked_at: Mapped[datetime]
    moved_at: Mapped[datetime | None]
    # Empty while it waits for the owner's word.
    confirmed_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]
    cancelled_by_owner: Mapped[bool] = mapped_column(default=False)
    # Calendars take a change for newer by this number.
    sequence: Mapped[int] = mapped_column(default=0)
    changed_at: Mapped[datetime]
    invitation_due_at: Mapped[datetime | None]
    notice_due_at: Mapped[datetime | None]
    reminder_due_at: Mapped[datetime | None]
    second_reminder_due_at: Mapped[datetime | None]

    @property
    def slot(self) -> Slot:
        return Slot(self.starts_at, self.ends_at)

    def kind_in(self, diary: Diary) -> str:
        """What this kind of session is called today; else what it was called."""
        offered = diary.kinds.get(self.kind)
        return offered.name if offered else self.kind_name or self.kind

    def place_in(self, diary: Diary) -> str:
        """Where it takes place, as its kind is offered today; else as it was."""
        offered = diary.kinds.get(self.kind)
        return offered.place if offered else self.place

    def opened_note(self, vault: Vault) -> str:
        return vault.open(self.note, _place(self.uid)).decode() if self.note else ""


Index(
    "uq_bookings_starts_at",
    Booking.starts_at,
    unique=True,
    sqlite_where=and_(Booking.cancelled_at.is_(None), Booking.tool.is_(None)),
    postgresql_where=and_(Booking.cancelled_at.is_(None), Booking.tool.is_(None)),
)
Index("uq_bookings_tool_uid", Booking.tool, Booking.tool_uid, unique=True)
for column in (
    "moved_from",
    "invitation_due_at",
    "notice_due_at",
    "reminder_due_at",
    "second_reminder_due_at",
):
    index_where_set(Booking, column)


def available(
    session: Session, hours: OpeningHours, now: datetime, moving: Booking | None = None
) -> list[Slot]:
    """What can be booked; of a session that is to be moved its own time is free as well."""
    return free_slots(hours, taken_slots(session, now, moving), now, busy.times(session, now))


def taken_slots(session: Session, now: datetime, moving: Booking | None = None) -> list[Slot]:
    """All of today's too, though over: they count for the day's maximum."""
    standing = not_cancelled(session, now - timedelta(days=1))
    return [booking.slot for booking in standing if booking is not moving]


def upcoming(session: Session, enrolment: Enrolment, now: datetime) -> Booking | None:
    """The session this reader has ahead of her, if any."""
    query = select(Booking).where(Booking.enrolment_id == enrolment.id, _ahead(now))
    return session.scalar(query.order_by(Booking.starts_at).limit(1))


def upcoming_by_code(session: Session, code: str, now: datetime) -> Booking | None:
    """The same, by the enrolment's code, and locked: to be changed."""
    query = select(Booking).join(Enrolment).where(Enrolment.code == code, _ahead(now))
    query = query.order_by(Booking.starts_at).limit(1)
    return session.scalar(query.with_for_update(of=Booking))


def by_uid(session: Session, uid: str, *, for_update: bool = False) -> Booking | None:
    query = select(Booking).where(Booking.uid == uid)
    return session.scalar(query.with_for_update() if for_update else query)


def by_ids(session: Session, ids: Collection[int]) -> dict[int, Booking]:
    query = select(Booking).where(Booking.id.in_(ids))
    return {booking.id: booking for booking in session.scalars(query)} if ids else {}


OF_READERS = select(Booking).where(
    among_given(Booking.enrolment_id, "readers"), Booking.cancelled_at.is_(None)
)


def of_readers(session: Session, enrolment_ids: Collection[int]) -> dict[int, Booking]:
    """The latest session of each of these readers who has booked one, over or ahead."""
    if not enrolment_ids:
        return {}
    found = session.scalars(OF_READERS, {"readers": enrolment_ids})
    latest_last = sorted(found, key=lambda booking: booking.starts_at)
    return {booking.enrolment_id: booking for booking in latest_last}


def all_ahead(session: Session, now: datetime) -> list[tuple[Booking, Enrolment]]:
    """Every session that lies ahead, the next one first, with whose it is."""
    query = select(Booking, Enrolment).join(Enrolment, Enrolment.id == Booking.enrolment_id)
    rows = session.execute(query.where(_ahead(now)).order_by(Booking.starts_at))
    return [(booking, enrolment) for booking, enrolment in rows]


def not_cancelled(session: Session, since: datetime) -> list[Booking]:
    """Every session that stands, from those that ended after this instant on, in order."""
    query = select(Booking).where(Booking.ends_at > since, Booking.cancelled_at.is_(None))
    return list(session.scalars(query.order_by(Booking.starts_at)))


def book(
    session: Session, diary: Diary, enrolment: Enrolment, wanted: Wanted, now: datetime
) -> Booking:
    """Take the slot and call for the invitations. Raises SlotTaken when it is no longer free."""
    _lock_calendar(session)
    own = upcoming(session, enrolment, now)
    if own is not None and own.starts_at == wanted.starts_at:
        return own
    slot = _free(session, wanted, now)
    uid = uuid4().hex
    booking = Booking(
        uid=uid,
        enrolment_id=enrolment.id,
        **_facts_of(wanted.kind),
        name=wanted.name,
        note=diary.vault.seal(wanted.note.encode(), _place(uid)) if wanted.note else None,
        zone=wanted.zone,
        starts_at=slot.starts_at,
        ends_at=slot.ends_at,
        booked_at=now,
        confirmed_at=now if diary.instant else None,
        changed_at=now,
    )
    _tell(booking, diary, now)
    _insert(session, booking)
    after_booking.booked(enrolment, diary.catalogue.get(enrolment.course), now)
    return booking


def move(session: Session, diary: Diary, booking: Booking, wanted: Wanted, now: datetime) -> None:
    """Take another slot and give the old one back, at once. Raises SlotTaken as `book` does."""
    _lock_calendar(session)
    slot = _free(session, wanted, now, booking)
    if slot == booking.slot and wanted.kind.slug == booking.kind:
        return
    at = _change(booking, now)
    booking.moved_at = at
    for name, value in _facts_of(wanted.kind).items():
        setattr(booking, name, value)
    booking.zone = wanted.zone
    booking.starts_at, booking.ends_at = slot.starts_at, slot.ends_at
    booking.confirmed_at = at if diary.instant else None
    _tell(booking, diary, at)
    session.flush()


def confirm(booking: Booking, now: datetime) -> bool:
    """The owner's word. Said twice, or too late, it changes nothing and returns False."""
    if booking.confirmed_at or booking.cancelled_at or booking.ends_at <= now:
        return False
    at = _change(booking, now)
    booking.confirmed_at = booking.invitation_due_at = booking.notice_due_at = at
    return True


def cancel(
    session: Session,
    diary: Diary,
    booking: Booking,
    enrolment: Enrolment,
    now: datetime,
    *,
    by_owner: bool = False,
) -> bool:
    """Give the slot back and tell both. Done twice, or too late, it changes nothing: False."""
    if booking.cancelled_at or booking.ends_at <= now:
        return False
    at = _change(booking, now)
    booking.cancelled_at, booking.cancelled_by_owner = at, by_owner
    booking.invitation_due_at = booking.notice_due_at = at
    booking.reminder_due_at = booking.second_reminder_due_at = None
    after_booking.freed(session, enrolment, diary.catalogue.get(enrolment.course), now)
    return True


def _ahead(now: datetime) -> ColumnElement[bool]:
    return and_(Booking.ends_at > now, Booking.cancelled_at.is_(None))


def _free(session: Session, wanted: Wanted, now: datetime, moving: Booking | None = None) -> Slot:
    slots = available(session, wanted.kind.hours, now, moving)
    slot = next((slot for slot in slots if slot.starts_at == wanted.starts_at), None)
    if slot is None:
        raise SlotTaken(SlotTaken.__doc__)
    return slot


def _facts_of(kind: Kind) -> dict[str, str]:
    return {"kind": kind.slug, "kind_name": kind.name, "place": kind.place}


def _change(booking: Booking, now: datetime) -> datetime:
    """When it changed: later than every change before, also where the clock stands still."""
    booking.sequence += 1
    booking.changed_at = max(now, booking.changed_at + A_MOMENT)
    return booking.changed_at


def _tell(booking: Booking, diary: Diary, at: datetime) -> None:
    """Call for the emails to both, and for the reminders that still lie ahead."""
    booking.invitation_due_at = booking.notice_due_at = at
    moments = [booking.starts_at - before if before else at for before in diary.reminders]
    first, second = (moment if moment > at else None for moment in moments)
    booking.reminder_due_at = first
    booking.second_reminder_due_at = second if second != first else None


def _insert(session: Session, booking: Booking) -> None:
    """The last word is the table's own rule: one session for one beginning."""
    try:
        with session.begin_nested():
            session.add(booking)
    except IntegrityError as error:
        raise SlotTaken(SlotTaken.__doc__) from error


def _place(uid: str) -> str:
    return f"bookings.note:{uid}"


def _lock_calendar(session: Session) -> None:
    """One booking at a time. SQLite's transaction is that lock already."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(select(func.pg_advisory_xact_lock(CALENDAR_LOCK)))
