"""May it still go? Law 3, asked in the very transaction that hands an email to the provider."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from course import answers, bookings, enrolments, reflections
from course.bookings import Booking
from course.catalogue import Catalogue
from course.enrolments import Standing, State, locked_standings
from emails.suppression import EVERYTHING, Reason, suppressed
from scheduler import asking, outbox, second_chances
from scheduler.outbox import Delivery
from scheduler.reasons import Why
from scheduler.slips import Slip

# These belong to the course and end with it; a booking is a promise between two people. A
# confirmation comes before the course: whoever left and asks for it anew is asked to confirm anew.
OF_THE_COURSE = {"lesson", "welcome-back", "acknowledgement", "answer", "pace"}
OF_A_SESSION = {"invitation", "booking-notice", "reminder"}

NOT_NOW = {
    State.PENDING: Why.PENDING,
    State.PAUSED: Why.PAUSED,
    State.FINISHED: Why.FINISHED,
    State.LEFT: Why.LEFT,
}


def withhold(
    session: Session, catalogue: Catalogue, slips: Sequence[Slip], now: datetime
) -> list[Slip]:
    """Mark those whose reader must not get them any more; returns the ones that may go."""
    readers = _readers(session, slips)
    barred = suppressed(session, {reader.digest for reader in readers.values()})
    reasons: dict[int, Why] = _private(session, slips) | _overtaken(session, slips, now)
    for slip in slips:
        reader = readers.get(slip.enrolment_id or 0)
        reason = _goodbye(slip, reader, barred, now) or _needless(slip, reader)
        if reason is not None:
            reasons.setdefault(slip.id, reason)
    rest = _keep_back(session, catalogue, slips, reasons, now)
    # Asked only then, since what doesn't go asks nobody.
    return _keep_back(session, catalogue, rest, asking.too_soon(session, rest, now), now)


def _keep_back(
    session: Session,
    catalogue: Catalogue,
    slips: Sequence[Slip],
    reasons: Mapping[int, Why],
    now: datetime,
) -> list[Slip]:
    """Those for which there is a reason; returns the others."""
    for slip in slips:
        if slip.id in reasons:
            _withhold(session, catalogue, slip, reasons[slip.id], now)
    return [slip for slip in slips if slip.id not in reasons]


def has_left(session: Session, slips: Sequence[Slip], now: datetime) -> bool:
    """Whether any of these readers must not be written to any more."""
    readers = _readers(session, slips)
    barred = suppressed(session, {reader.digest for reader in readers.values()})
    return any(_goodbye(slip, readers.get(slip.enrolment_id or 0), barred, now) for slip in slips)


def _withhold(
    session: Session, catalogue: Catalogue, slip: Slip, reason: Why, now: datetime
) -> None:
    # What was in doubt is so again: it counts as had, and isn't planned anew when she comes back.
    in_doubt = second_chances.given(session, [slip.id])
    session.execute(
        update(Delivery)
        .where(Delivery.id == slip.id)
        .values(
            state=outbox.State.UNKNOWN if in_doubt else outbox.State.WITHHELD,
            reason=reason,
            ready_at=None,
            settled_at=now,
            batch_id=None,
            attempts=slip.attempts - 1,
        )
    )
    if slip.kind == "answer":
        answers.hold_back(session, slip.row, now)
    if slip.kind != "lesson" or slip.enrolment_id is None:
        return
    reader = enrolments.by_id(session, slip.enrolment_id, for_update=True)
    if reader:
        enrolments.take_back(session, reader, catalogue.get(reader.course))


def _readers(session: Session, slips: Sequence[Slip]) -> dict[int, Standing]:
    """The enrolments, locked, so that a goodbye waits for us or we for it, never in between."""
    ids = {slip.enrolment_id for slip in slips if slip.enrolment_id}
    return {reader.id: reader for reader in locked_standings(session, ids)}


def _goodbye(
    slip: Slip,
    reader: Standing | None,
    barred: Mapping[tuple[str, str], Reason],
    now: datetime,
) -> Why | None:
    """Why its reader must not get it, if so. The owner's own notices always may go.

    A suppression of everything ends everything. One rule apart: whoever was erased and asks anew
    may be asked to confirm, since nothing else could ever lift an erasure, and whoever asks is
    known by no more than an address that anybody may type.
    """
    if reader is None or slip.kind.endswith("-notice"):
        return None
    digest, course_mail = reader.digest, slip.kind in OF_THE_COURSE
    barred_from_all = barred.get((digest, EVERYTHING))
    asked_anew = barred_from_all == Reason.ERASED and slip.kind == "confirmation"
    if barred_from_all and not asked_anew:
        return Why.SUPPRESSED
    if course_mail and (digest, reader.course) in barred:
        return Why.LEFT
    if slip.kind == "lesson" and not enrolments.may_receive(reader, now):
        return NOT_NOW[State(reader.state)]
    ends_with_course = course_mail or slip.kind == "confirmation"
    return Why.LEFT if ends_with_course and reader.state == State.LEFT else None


def _private(session: Session, slips: Sequence[Slip]) -> dict[int, Why]:
    """The notices of words that their writer has taken back or deleted since."""
    notices = {slip.id: slip.row for slip in slips if slip.kind == "reflection-notice"}
    taken_back = reflections.private(session, notices.values())
    return {slip: Why.TAKEN_BACK for slip, row in notices.items() if row in taken_back}


def _overtaken(session: Session, slips: Sequence[Slip], now: datetime) -> dict[int, Why]:
    """Mail about a session that has been moved or cancelled since, or is over: and why not."""
    about = {slip.id: slip for slip in slips if slip.kind in OF_A_SESSION}
    found = bookings.by_ids(session, {int(slip.row) for slip in about.values()})
    return {
        slip.id: why
        for slip in about.values()
        if (why := _why_overtaken(slip, found.get(int(slip.row)), now))
    }


def _why_overtaken(slip: Slip, booking: Booking | None, now: datetime) -> Why | None:
    if booking is None or slip.due_at < booking.changed_at:
        return Why.SESSION_CHANGED
    needless = booking.confirmed_at is None or booking.starts_at <= now
    return Why.NOTHING_AHEAD if slip.kind == "reminder" and needless else None


def _needless(slip: Slip, reader: Standing | None) -> Why | None:
    """A question already answered needn't be asked; asked twice by a repeat, it does no harm."""
    answered = reader is not None and reader.state != State.PENDING
    asks = slip.kind == "confirmation"
    return Why.CONFIRMED if asks and answered else None
