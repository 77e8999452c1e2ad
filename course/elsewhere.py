"""Sessions booked with another tool, followed as it tells of them: twice, late and in any order.

A session has an id there, and one that is moved gets a new id. So each only ever goes forward, from
asked for to booked to over, and whatever comes late or again changes nothing.
"""

from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import uuid4

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from course import after_booking, bookings, enrolments, zones
from course.bookings import Booking
from course.catalogue import Catalogue, Course
from course.enrolments import Enrolment
from course.errors import SignUpError
from course.slots import Slot
from course.subscribers import NAME_LENGTH, Subscriber, clean_email, clean_name

KIND_LENGTH = 60


class Stage(StrEnum):
    # It waits for the owner's word.
    ASKED = "asked"
    BOOKED = "booked"
    # Over, because another one has taken its place.
    MOVED = "moved"
    CANCELLED = "cancelled"


OVER = {Stage.MOVED, Stage.CANCELLED}


@dataclass(frozen=True)
class Told:
    """What a tool says of one session, and when that was so, by its own clock.

    `uid` is its id there, `moved_from` that of the session it replaces. `code` is the reader's, as
    our link carried it; whoever came another way brings none.
    """

    uid: str
    stage: Stage
    slot: Slot
    at: datetime
    kind: str = ""
    zone: str = ""
    moved_from: str | None = None
    code: str = ""
    email: str = field(default="", repr=False)
    name: str = field(default="", repr=False)


def follow(session: Session, catalogue: Catalogue, tool: str, told: Told, now: datetime) -> bool:
    """Take in what was told; False where its reader is nobody we know: then nothing is kept."""
    rows = _rows(session, tool, told)
    known = next((row for row in rows if row.tool_uid == told.uid), None)
    before = next((row for row in rows if row.tool_uid == told.moved_from), None)
    reader = _whose(session, told, known or before)
    if reader is None:
        return False
    over = told.stage in OVER or any(row.moved_from == told.uid for row in rows)
    stood = known is not None and known.cancelled_at is None
    booking = known or _add(session, tool, told, reader, now)
    if stood or known is None:
        _advance(booking, told, now, over=over)
    if before is not None and before.cancelled_at is None:
        before.cancelled_at = now
    session.flush()
    course = catalogue.get(reader.course)
    if booking.cancelled_at is None and not stood:
        after_booking.booked(reader, course, now)
    if over and told.stage != Stage.MOVED and (stood or before is not None):
        _free(session, reader, course, now)
    return True


def _rows(session: Session, tool: str, told: Told) -> list[Booking]:
    """This session, the one it replaces and the one that replaced it, as far as they are known."""
    uids = [uid for uid in (told.uid, told.moved_from) if uid]
    query = (
        select(Booking)
        .where(Booking.tool == tool)
        .where(or_(Booking.tool_uid.in_(uids), Booking.moved_from == told.uid))
    )
    return list(session.scalars(query.order_by(Booking.id).with_for_update()))


def _whose(session: Session, told: Told, known: Booking | None) -> Enrolment | None:
    if known is not None:
        return enrolments.by_id(session, known.enrolment_id, for_update=True)
    by_code = enrolments.by_code(session, told.code, for_update=True) if told.code else None
    return by_code or _by_address(session, told)


def _by_address(session: Session, told: Told) -> Enrolment | None:
    """The course she began last; what was before it is no doing of its letters."""
    with suppress(SignUpError):
        query = (
            select(Enrolment.id)
            .join(Enrolment.subscriber)
            .where(Subscriber.email == clean_email(told.email), Enrolment.confirmed_at <= told.at)
            .order_by(Enrolment.confirmed_at.desc())
        )
        found = session.scalar(query.limit(1))
        return enrolments.by_id(session, found, for_update=True) if found else None
    return None


def _add(session: Session, tool: str, told: Told, reader: Enrolment, now: datetime) -> Booking:
    booking = Booking(
        uid=uuid4().hex,
        tool=tool,
        tool_uid=told.uid,
        moved_from=told.moved_from,
        enrolment_id=reader.id,
        kind=told.kind[:KIND_LENGTH],
        name=_name(told) or reader.subscriber.name or "",
        zone=told.zone if zones.is_zone(told.zone) else reader.subscriber.zone,
        starts_at=told.slot.starts_at,
        ends_at=told.slot.ends_at,
        booked_at=now,
        moved_at=told.at if told.moved_from else None,
        changed_at=told.at,
    )
    session.add(booking)
    return booking


def _name(told: Told) -> str | None:
    with suppress(SignUpError):
        return clean_name(told.name[:NAME_LENGTH])
    return None


def _advance(booking: Booking, told: Told, now: datetime, *, over: bool) -> None:
    if told.stage == Stage.BOOKED:
        booking.confirmed_at = booking.confirmed_at or now
    if over:
        booking.cancelled_at = now
    elif told.at > booking.changed_at:
        # Some sessions are moved without a new id: those of several people.
        if told.slot != booking.slot:
            booking.starts_at, booking.ends_at = told.slot.starts_at, told.slot.ends_at
            booking.moved_at = told.at
        booking.changed_at = told.at


def _free(session: Session, reader: Enrolment, course: Course | None, now: datetime) -> None:
    if bookings.upcoming(session, reader, now) is None:
        after_booking.freed(session, reader, course, now)
