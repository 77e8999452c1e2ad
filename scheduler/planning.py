"""From facts due to the outbox: each decision and its delivery row in one transaction."""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from course import due, enrolments, pacing
from course.bulk import write_alike
from course.catalogue import Catalogue, Course
from course.database import Database
from course.due import Call
from course.enrolments import Enrolment, Standing, State
from course.lessons import Lesson
from course.pacing import Postpone
from course.progress import Letter, passed_lessons
from emails import inbound
from scheduler import outbox, retry
from scheduler.outbox import Lane

CALLS = (*due.CALLS, *inbound.CALLS)
CHUNK = 500


def plan_due(database: Database, catalogue: Catalogue, now: datetime) -> int:
    """Everything the facts call for at `now`; returns how many deliveries are new."""
    return plan(database, catalogue, lambda: now)


def plan(database: Database, catalogue: Catalogue, clock: Callable[[], datetime]) -> int:
    """Everything the facts call for, the time read anew for each round of chunks.

    So what somebody waits for at a screen is planned between two chunks of lessons, however many.
    """
    total, more = 0, True
    while more:
        chunks = _one_of_each(database, catalogue, clock())
        total += sum(planned for _, planned in chunks)
        more = any(found == CHUNK for found, _ in chunks)
    return total


def _one_of_each(database: Database, catalogue: Catalogue, now: datetime) -> list[tuple[int, int]]:
    """Of each kind that is due one chunk, a transaction of its own: (rows found, mails planned)."""
    planners = {call.due_at: partial(_plan_call, call=call, now=now) for call in CALLS}
    planners[Enrolment.next_due_at] = partial(_plan_lessons, catalogue=catalogue, now=now)
    with database.reading() as session:
        waiting = due.anything_due(session, list(planners), now)
    chunks = []
    for planner, due_now in zip(planners.values(), waiting, strict=True):
        if due_now:
            with database.transaction() as session:
                chunks.append(planner(session))
    return chunks


def _plan_call(session: Session, call: Call, now: datetime) -> tuple[int, int]:
    calls = due.due_calls(session, call, now, CHUNK)
    planned = outbox.plan(
        session,
        (
            {
                "kind": item.kind,
                "about": item.about,
                "lane": Lane.NOW,
                "enrolment_id": item.enrolment_id,
                "lesson": None,
                "due_at": item.due_at,
            }
            for item in calls
        ),
        now,
    )
    _clear(session, call, [item.row for item in calls])
    return len(calls), planned


def _clear(session: Session, call: Call, rows: Sequence[int | str]) -> None:
    if rows:
        session.execute(
            update(call.row.class_)
            .where(call.row.in_(rows))
            .values({call.due_at.key: None})
            .execution_options(synchronize_session=False)
        )


def _plan_lessons(session: Session, catalogue: Catalogue, now: datetime) -> tuple[int, int]:
    readers = due.due_lessons(session, now, CHUNK)
    ids = [reader.id for reader in readers]
    passed = passed_lessons(session, {reader.id: reader.turn for reader in readers})
    busy = outbox.under_way(session, ids)
    decided = [
        (reader, _decide(reader, course, passed[reader.id], now))
        for reader in readers
        if reader.id not in busy and (course := catalogue.get(reader.course))
    ]
    # Nothing is decided for the readers of a course that isn't there: it may come back.
    later = {"next_due_at": now + retry.MENDING_WAIT}
    waiting = {reader.id: later for reader in readers if catalogue.get(reader.course) is None}
    # Who left and came back has a date while her last letter is under way. That letter sets one.
    moved = waiting | {reader_id: {"next_due_at": None} for reader_id in busy}
    moved |= {reader.id: _moved(reader, decision, now) for reader, decision in decided}
    write_alike(session, Enrolment, moved)
    letters = [_letter_row(r, decision) for r, decision in decided if isinstance(decision, Lesson)]
    return len(readers), outbox.plan(session, letters, now)


def _decide(
    reader: Standing, course: Course, passed: set[str], now: datetime
) -> Lesson | Postpone | None:
    """The letter this reader is to get now, or when; nothing when the course has no more."""
    lesson = pacing.next_lesson(course, passed)
    if lesson is None or reader.next_due_at is None:
        return lesson
    pace = reader.pace(course)
    if not reader.postponed:
        verdict = pacing.decide(pace, lesson.timing, reader.next_due_at, now)
        if isinstance(verdict, Postpone):
            return verdict
    hour = pacing.kind_hour(pace, reader.next_due_at, now)
    return hour if isinstance(hour, Postpone) else lesson


def _moved(reader: Standing, decision: Lesson | Postpone | None, now: datetime) -> dict[str, Any]:
    """What the decision changes for the reader."""
    under_way: dict[str, Any] = {"state": State.ACTIVE, "paused_until": None}
    match decision:
        case None:
            return enrolments.finished(reader, now)
        case Postpone(until):
            return under_way | {"next_due_at": until, "postponed": True}
        case _:
            # Timed again when this letter has really gone out, see enrolments.move_on.
            return under_way | {"next_due_at": None}


def _letter_row(reader: Standing, lesson: Lesson) -> dict[str, Any]:
    return {
        "kind": "lesson",
        "about": outbox.letter_about(Letter(reader.id, reader.turn, lesson.slug)),
        "lane": Lane.LESSONS,
        "enrolment_id": reader.id,
        "lesson": lesson.slug,
        "due_at": reader.next_due_at,
    }
