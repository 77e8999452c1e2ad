"""The session of somebody who was erased: the owner's calendar hears that it is off, and no more.

No row of hers is left that a notice could be about. So the notice itself holds by what calendars
know the session: a random name, its number of changes and its time.
"""

from collections.abc import Iterable
from datetime import UTC, datetime

from sqlalchemy.orm import Session

from course.bookings import Booking
from course.slots import Slot
from emails.appointments import Appointment, Standing
from scheduler import outbox
from scheduler.outbox import Lane
from scheduler.slips import Slip

KIND = "erasure-notice"
# In her place, also in the calendar that forgets the session.
NOBODY = "somebody"


def plan(session: Session, sessions: Iterable[Booking], now: datetime) -> None:
    """Those that the owner was told of by us: another tool tells her itself."""
    rows = (
        {
            "kind": KIND,
            "about": _about(booking),
            "lane": Lane.NOW,
            "enrolment_id": None,
            "lesson": None,
            "due_at": now,
        }
        for booking in sessions
        if not booking.tool
    )
    outbox.plan(session, rows, now)


def appointment_of(slip: Slip, owner_zone: str) -> Appointment:
    uid, sequence, starts, ends = slip.about.split("/")
    return Appointment(
        uid=uid,
        slot=Slot(_instant(starts), _instant(ends)),
        reader_zone=owner_zone,
        owner_zone=owner_zone,
        name=NOBODY,
        place="",
        changed_at=slip.due_at,
        sequence=int(sequence),
        standing=Standing.CANCELLED,
    )


def _about(booking: Booking) -> str:
    times = (str(int(at.timestamp())) for at in (booking.starts_at, booking.ends_at))
    return "/".join([booking.uid, str(booking.sequence + 1), *times])


def _instant(seconds: str) -> datetime:
    return datetime.fromtimestamp(int(seconds), UTC)
