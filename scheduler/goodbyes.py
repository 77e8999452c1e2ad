"""May it still go? Law 3, asked in the very transaction that hands an email to the provider."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from course import enrolments
from course.catalogue import Catalogue
from course.enrolments import STANDINGS, Enrolment, Standing, State, standings
from emails.suppression import EVERYTHING, Reason, suppressed
from scheduler import outbox
from scheduler.outbox import Delivery
from scheduler.slips import Slip

# These belong to the course and end with it; a booking is a promise between two people. A
# confirmation comes before the course: whoever left and asks for it anew is asked to confirm anew.
OF_THE_COURSE = {"lesson", "welcome-back", "acknowledgement"}


def withhold(
    session: Session, catalogue: Catalogue, slips: Sequence[Slip], now: datetime
) -> list[Slip]:
    """Mark those whose reader must not get them any more; returns the ones that may go."""
    readers = _readers(session, slips)
    barred = suppressed(session, {reader.digest for reader in readers.values()})
    may_go = []
    for slip in slips:
        reader = readers.get(slip.enrolment_id or 0)
        reason = _goodbye(slip, reader, barred, now) or _needless(slip, reader)
        if reason is None:
            may_go.append(slip)
        else:
            _withhold(session, catalogue, slip, reason, now)
    return may_go


def has_left(session: Session, slips: Sequence[Slip], now: datetime) -> bool:
    """Whether any of these readers must not be written to any more."""
    readers = _readers(session, slips)
    barred = suppressed(session, {reader.digest for reader in readers.values()})
    return any(_goodbye(slip, readers.get(slip.enrolment_id or 0), barred, now) for slip in slips)


def _withhold(
    session: Session, catalogue: Catalogue, slip: Slip, reason: str, now: datetime
) -> None:
    session.execute(
        update(Delivery)
        .where(Delivery.id == slip.id)
        .values(
            state=outbox.State.WITHHELD,
            reason=reason,
            ready_at=None,
            settled_at=now,
            batch_id=None,
        )
    )
    if slip.kind != "lesson" or slip.enrolment_id is None:
        return
    reader = enrolments.by_id(session, slip.enrolment_id, for_update=True)
    course = catalogue.get(reader.course) if reader else None
    if reader and course:
        enrolments.take_back(session, reader, course)


def _readers(session: Session, slips: Sequence[Slip]) -> dict[int, Standing]:
    """The enrolments, locked, so that a goodbye waits for us or we for it, never in between."""
    ids = {slip.enrolment_id for slip in slips if slip.enrolment_id}
    query = STANDINGS.where(Enrolment.id.in_(ids)).order_by(Enrolment.id)
    found = standings(session, query.with_for_update(of=Enrolment))
    return {reader.id: reader for reader in found}


def _goodbye(
    slip: Slip,
    reader: Standing | None,
    barred: Mapping[tuple[str, str], Reason],
    now: datetime,
) -> str | None:
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
        return "the address is suppressed"
    if course_mail and (digest, reader.course) in barred:
        return "the reader has left"
    if slip.kind == "lesson" and not enrolments.may_receive(reader, now):
        return f"the reader is {reader.state}"
    ends_with_course = course_mail or slip.kind == "confirmation"
    return "the reader has left" if ends_with_course and reader.state == State.LEFT else None


def _needless(slip: Slip, reader: Standing | None) -> str | None:
    """A question already answered needn't be asked; asked twice by a repeat, it does no harm."""
    answered = reader is not None and reader.state != State.PENDING
    asks = slip.kind == "confirmation"
    return "the address is confirmed already" if asks and answered else None
