"""The outbox: every email ever decided, with where it stands.

    planned -> claimed -> accepted
                  |-----> waiting  (certainly not taken, tried again)
                  |-----> failed   (never will be taken)
                  |-----> unknown  (no answer tells)
                  '-----> withheld (its reader has left, paused or is suppressed)

A delivery is unique by kind and `about`, made in the transaction that decides it: nothing is
decided twice. A batch is what one call to the provider carries: its lease says who is at work, and
its own state whether the call has begun.
"""

from collections.abc import Collection, Iterable
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import uuid4

from sqlalchemy import (
    ForeignKey,
    Index,
    LargeBinary,
    String,
    UniqueConstraint,
    func,
    literal_column,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from course.bulk import insert_each, read
from course.database import Base, Id, Insert, Told, index_where_set
from course.enrolments import Enrolment
from course.lists import items_given
from course.progress import Letter


class State(StrEnum):
    PLANNED = "planned"
    CLAIMED = "claimed"
    ACCEPTED = "accepted"
    WAITING = "waiting"
    WITHHELD = "withheld"
    FAILED = "failed"
    UNKNOWN = "unknown"


NEVER_LEFT = (State.WITHHELD, State.FAILED)
MAY_LEAVE = (State.PLANNED, State.CLAIMED, State.WAITING)

# Of a delivery that never left, what is as at first when it is planned again.
PLANNED_ANEW = (
    "state",
    "reason",
    "due_at",
    "ready_at",
    "planned_at",
    "attempts",
    "batch_id",
    "settled_at",
)


class BatchState(StrEnum):
    CLAIMED = "claimed"
    CALLING = "calling"
    # The call's outcome is unknown, and the provider will recognise the same batch again.
    ASKING = "asking"
    SETTLED = "settled"


class Lane(StrEnum):
    """What somebody is waiting for at a screen goes before what comes by the week."""

    NOW = "now"
    LESSONS = "lessons"


LANES = (Lane.NOW, Lane.LESSONS)


class Batch(Base):
    __tablename__ = "batches"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    # The idempotency key of the call: random, so that a restored copy never reuses an old one.
    key: Mapped[str] = mapped_column(String(32), unique=True)
    provider: Mapped[str] = mapped_column(String(20))
    state: Mapped[str] = mapped_column(String(10))
    worker: Mapped[str] = mapped_column(String(32))
    # Rises whenever the batch changes hands; a worker that holds an old number can record nothing.
    fence: Mapped[int] = mapped_column(default=1)
    lease_until: Mapped[datetime]
    first_called_at: Mapped[datetime | None]
    # When an open batch may be taken up again by the clock that decides what is due.
    ask_again_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    # The very messages of the first call, packed, so that a repeat is the same to the byte.
    payload: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)


# Spelled out: told by a parameter, no database knows that the index below has them all.
IS_OPEN = Batch.state != literal_column(f"'{BatchState.SETTLED}'")
Index("ix_batches_open", Batch.lease_until, sqlite_where=IS_OPEN, postgresql_where=IS_OPEN)


class Delivery(Base):
    __tablename__ = "deliveries"
    __table_args__ = (
        UniqueConstraint("kind", "about"),
        # PostgreSQL writes a changed row anew, beside the old one if there is room.
        {"postgresql_with": {"fillfactor": 50}},
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    key: Mapped[str] = mapped_column(String(32), unique=True, default=lambda: uuid4().hex)
    kind: Mapped[str] = mapped_column(String(20))
    about: Mapped[str] = mapped_column(String(100))
    lane: Mapped[str] = mapped_column(String(10))
    enrolment_id: Mapped[int | None] = mapped_column(ForeignKey("enrolments.id"), index=True)
    lesson: Mapped[str | None] = mapped_column(String(60))
    state: Mapped[str] = mapped_column(String(10))
    reason: Mapped[str | None] = mapped_column(Told(300))
    due_at: Mapped[datetime]
    # When it may next be claimed; empty while it isn't waiting to be.
    ready_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    # A batch with it was refused as a whole: from now on it travels in a call of its own.
    alone: Mapped[bool] = mapped_column(default=False)
    # Without a foreign key: batches are never deleted, and to prove it for each letter takes time.
    batch_id: Mapped[int | None]
    provider: Mapped[str | None] = mapped_column(String(20))
    provider_id: Mapped[str | None] = mapped_column(Told(200))
    planned_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]


Index(
    "ix_deliveries_lane_ready_at",
    Delivery.lane,
    Delivery.ready_at,
    sqlite_where=Delivery.ready_at.is_not(None),
    postgresql_where=Delivery.ready_at.is_not(None),
)
# What went through says nothing: so the few that an owner asks for are found by it, and the many
# that are accepted change in no index.
index_where_set(Delivery, "reason")
index_where_set(Delivery, "batch_id")


def change_batch(session: Session, batch: Batch, **values: Any) -> None:
    """Past the session, see course.bulk: each call does this twice."""
    session.connection().execute(update(Batch).where(Batch.id == batch.id).values(values))


ASKED_ABOUT = items_given(Enrolment.id, "enrolment_ids")
# Looked for reader by reader, as a limit has it: PostgreSQL, which learns of new rows a minute
# late, would else compare each reader with every letter of the first morning.
UNDER_WAY = select(ASKED_ABOUT).where(
    select(Delivery.id)
    .where(
        Delivery.enrolment_id == ASKED_ABOUT,
        Delivery.kind == "lesson",
        Delivery.settled_at.is_(None),
    )
    .limit(1)
    .scalar_subquery()
    .is_not(None)
)


def under_way(session: Session, enrolment_ids: Collection[int]) -> set[int]:
    """Those of these enrolments who have a letter that may still go out, or just did."""
    return {reader for (reader,) in read(session, UNDER_WAY, enrolment_ids=enrolment_ids)}


def letter_about(letter: Letter) -> str:
    return f"{letter.reader}/{letter.turn}/{letter.lesson}"


def letter_of(about: str) -> Letter:
    """What it was made of. Not of the reader as she is now: she may be on another turn."""
    reader, turn, lesson = about.split("/", 2)
    return Letter(int(reader), int(turn), lesson)


def plan(session: Session, rows: Iterable[dict[str, Any]], now: datetime) -> int:
    """Decide these deliveries; returns how many are new.

    What was decided before stays as it is, except what was withheld or refused: that is planned
    again, as if for the first time, since it never left and its reader has come back.
    """
    complete = [
        {"key": uuid4().hex, "state": State.PLANNED, "planned_at": now, "ready_at": now, **row}
        for row in rows
    ]
    return insert_each(session, Delivery, complete, _unless_it_may_still_leave)


def count_states(session: Session) -> dict[str, int]:
    """How many deliveries stand in each state, zeros included."""
    query = select(Delivery.state, func.count()).group_by(Delivery.state)
    counts = {str(state): 0 for state in State}
    counts.update(session.execute(query).all())
    return counts


def _unless_it_may_still_leave(insert: Insert) -> Insert:
    # Spelled out: an IN can't be used where many rows are inserted at once.
    never_left = or_(*(Delivery.state == state for state in NEVER_LEFT))
    return insert.on_conflict_do_update(
        index_elements=["kind", "about"],
        set_={name: insert.excluded[name] for name in PLANNED_ANEW},
        where=never_left,
    )
