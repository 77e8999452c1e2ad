"""From facts due to the outbox: each decision and its delivery row in one transaction."""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from course import due, enrolments, pacing
from course.catalogue import Catalogue, Course
from course.database import Database
from course.due import Call
from course.enrolments import Enrolment, State
from course.lessons import Lesson
from course.pacing import Postpone
from course.progress import had_lessons
from emails import inbound
from scheduler import outbox
from scheduler.outbox import Lane

CALLS = (*due.CALLS, inbound.CALL)
CHUNK = 500


def plan_due(database: Database, catalogue: Catalogue, now: datetime) -> int:
    """Everything the facts call for at `now`; returns how many deliveries are new."""
    planners = {call.due_at: partial(_plan_call, call=call, now=now) for call in CALLS}
    planners[Enrolment.next_due_at] = partial(_plan_lessons, catalogue=catalogue, now=now)
    with database.reading() as session:
        waiting = due.anything_due(session, list(planners), now)
    return sum(
        _until_empty(database, planner)
        for planner, due_now in zip(planners.values(), waiting, strict=True)
        if due_now
    )


def _until_empty(database: Database, plan_chunk: Callable[[Session], tuple[int, int]]) -> int:
    """Chunk after chunk, each a transaction of its own, until one finds nothing due."""
    total = 0
    while True:
        with database.transaction() as session:
            found, planned = plan_chunk(session)
        total += planned
        if found < CHUNK:
            return total


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
    had = had_lessons(session, [reader.id for reader in readers])
    letters = [
        (reader, lesson, due_at)
        for reader in readers
        if (due_at := reader.next_due_at) is not None
        and (
            lesson := _decide(reader, catalogue.get(reader.course), had.get(reader.id, set()), now)
        )
    ]
    planned = outbox.plan(session, map(_letter_row, letters), now)
    return len(readers), planned


def _decide(
    reader: Enrolment, course: Course | None, had: set[str], now: datetime
) -> Lesson | None:
    """The letter this reader is to get now, if any; the enrolment moves on accordingly."""
    lesson = pacing.next_lesson(course, had) if course else None
    if course is None or lesson is None:
        enrolments.finish(reader, now)
        return None
    reader.state, reader.paused_until = State.ACTIVE, None
    if not reader.postponed and reader.next_due_at is not None:
        verdict = pacing.decide(reader.pace(course), lesson.timing, reader.next_due_at, now)
        if isinstance(verdict, Postpone):
            reader.next_due_at, reader.postponed = verdict.until, True
            return None
    # Timed again when this letter has really gone out, see enrolments.move_on.
    reader.next_due_at = None
    return lesson


def _letter_row(letter: tuple[Enrolment, Lesson, datetime]) -> dict[str, Any]:
    reader, lesson, due_at = letter
    return {
        "kind": "lesson",
        "about": outbox.letter_about(reader.id, lesson.slug),
        "lane": Lane.LESSONS,
        "enrolment_id": reader.id,
        "lesson": lesson.slug,
        "due_at": due_at,
    }
