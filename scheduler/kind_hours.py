"""Letters that could leave only now, at an hour that isn't kind: they wait until those begin.

Planning looks at the hour too, but between it and the call hours may lie, when a provider has
paused or a day's allowance was used up. Who is called in time costs no question.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from course import pacing
from course.bulk import write_alike
from course.catalogue import Catalogue
from course.enrolments import locked_standings
from course.pacing import Postpone
from scheduler.outbox import Delivery, State
from scheduler.slips import Slip


def put_off(
    session: Session, catalogue: Catalogue, slips: Sequence[Slip], now: datetime
) -> list[Slip]:
    """Put back those of these that are out of their readers' hours; returns the others."""
    late = [s for s in slips if s.kind == "lesson" and now - s.due_at > pacing.PUNCTUAL]
    begin = _when_hours_begin(session, catalogue, late, now) if late else {}
    write_alike(session, Delivery, {s.id: _back(s, begin[s.id]) for s in late if s.id in begin})
    return [slip for slip in slips if slip.id not in begin]


def _when_hours_begin(
    session: Session, catalogue: Catalogue, late: Sequence[Slip], now: datetime
) -> dict[int, datetime]:
    """Of those whose readers' hours are over, or haven't begun."""
    ids = {slip.enrolment_id for slip in late if slip.enrolment_id}
    readers = {reader.id: reader for reader in locked_standings(session, ids)}
    begin = {}
    for slip in late:
        reader = readers.get(slip.enrolment_id or 0)
        course = catalogue.get(reader.course) if reader else None
        if reader and course:
            verdict = pacing.kind_hour(reader.pace(course), slip.due_at, now)
            if isinstance(verdict, Postpone):
                begin[slip.id] = verdict.until
    return begin


def _back(slip: Slip, until: datetime) -> dict[str, object]:
    return {
        "state": State.PLANNED,
        "reason": None,
        "ready_at": until,
        "batch_id": None,
        "attempts": slip.attempts - 1,
    }
