"""One reader in one course, and where she stands: pending, active, paused, finished or left.

`next_due_at` is when the next letter is due. It is empty while a letter is in the outbox, so that
the following one is only ever timed from the moment this one really went out.
"""

import secrets
from collections.abc import Collection
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import ForeignKey, Index, Select, String, UniqueConstraint, inspect, select
from sqlalchemy.orm import Mapped, Session, contains_eager, mapped_column, relationship

from course import zones
from course.bulk import read, write_alike
from course.catalogue import Catalogue, Course
from course.database import Base, Id, index_where_set, is_postgresql
from course.lists import among, among_given
from course.pacing import Pace, first_due, next_lesson, resumed_due
from course.progress import Letter, passed_lessons, record_sent
from course.subscribers import Subscriber

# 65 bits; links carry a signature beside it, so it needn't resist guessing, only collisions.
CODE_ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"
CODE_LENGTH = 13
A_WEEK = timedelta(weeks=1)


class State(StrEnum):
    PENDING = "pending"
    ACTIVE = "active"
    PAUSED = "paused"
    FINISHED = "finished"
    LEFT = "left"


def new_code() -> str:
    return "".join(secrets.choice(CODE_ALPHABET) for _ in range(CODE_LENGTH))


class Enrolment(Base):
    __tablename__ = "enrolments"
    __table_args__ = (UniqueConstraint("subscriber_id", "course"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    # Names the enrolment in links and addresses, where a running number would tell how many we are.
    code: Mapped[str] = mapped_column(String(CODE_LENGTH), unique=True, default=new_code)
    subscriber_id: Mapped[int] = mapped_column(ForeignKey("subscribers.id"))
    course: Mapped[str] = mapped_column(String(60))
    state: Mapped[str] = mapped_column(String(10))
    # How often she has begun the course; what she has had and skipped is kept by turn.
    turn: Mapped[int] = mapped_column(default=1)
    # The reader's own weekday and hour, where she has chosen other ones than the course's.
    weekday: Mapped[str | None] = mapped_column(String(10))
    hour: Mapped[int | None]
    signed_up_at: Mapped[datetime]
    confirmation_due_at: Mapped[datetime | None]
    welcome_back_due_at: Mapped[datetime | None]
    # When a word of hers such as PAUSE was last answered.
    pace_told_at: Mapped[datetime | None]
    confirmed_at: Mapped[datetime | None]
    next_due_at: Mapped[datetime | None]
    # A letter that was too late has been moved once; the next time it is due it goes.
    postponed: Mapped[bool] = mapped_column(default=False)
    last_sent_at: Mapped[datetime | None]
    paused_until: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    left_at: Mapped[datetime | None]

    subscriber: Mapped[Subscriber] = relationship(lazy="raise")

    def pace(self, course: Course) -> Pace:
        zone = zones.zone(self.subscriber.zone)
        return Pace(course.rules, zone, self.weekday, self.hour)


# The few whom nobody has confirmed, by when they signed up.
Index(
    "ix_enrolments_unconfirmed",
    Enrolment.signed_up_at,
    sqlite_where=Enrolment.confirmed_at.is_(None),
    postgresql_where=Enrolment.confirmed_at.is_(None),
)


class Standing(NamedTuple):
    """Where a reader stands, as far as letters by the hundred need to know it."""

    id: int
    course: str
    state: str
    turn: int
    weekday: str | None
    hour: int | None
    zone: str
    digest: str
    next_due_at: datetime | None
    postponed: bool
    paused_until: datetime | None
    finished_at: datetime | None

    def pace(self, course: Course) -> Pace:
        return Pace(course.rules, zones.zone(self.zone), self.weekday, self.hour)


STANDINGS = select(
    *(
        getattr(Subscriber if name in {"zone", "digest"} else Enrolment, name)
        for name in Standing._fields
    )
).join(Enrolment.subscriber)
LOCKED_STANDINGS = (
    STANDINGS.where(among_given(Enrolment.id, "ids"))
    .order_by(Enrolment.id)
    .with_for_update(of=Enrolment)
)


for column in ("next_due_at", "confirmation_due_at", "welcome_back_due_at"):
    index_where_set(Enrolment, column)


def by_code(session: Session, code: str, *, for_update: bool = False) -> Enrolment | None:
    return _one(session, select(Enrolment).where(Enrolment.code == code), for_update=for_update)


def by_id(session: Session, enrolment_id: int, *, for_update: bool = False) -> Enrolment | None:
    query = select(Enrolment).where(Enrolment.id == enrolment_id)
    return _one(session, query, for_update=for_update)


def of_subscriber(session: Session, subscriber: Subscriber, course: str) -> Enrolment | None:
    query = select(Enrolment).where(
        Enrolment.subscriber_id == subscriber.id, Enrolment.course == course
    )
    return _one(session, query, for_update=True)


def subscribers_in(session: Session, course: str, among_these: Collection[int]) -> set[int]:
    """Which of these subscribers, by id, have ever signed up for this course."""
    query = select(Enrolment.subscriber_id).where(
        among(Enrolment.subscriber_id, among_these), Enrolment.course == course
    )
    return set(session.scalars(query))


def standings(session: Session, query: Select[Any], **given: Any) -> list[Standing]:
    """What a query of STANDINGS finds; the enrolments are locked by whoever asks for that."""
    return [Standing._make(row) for row in read(session, query, **given)]


def locked_standings(session: Session, ids: Collection[int]) -> list[Standing]:
    """These readers', held until the transaction ends, in the order in which everybody does."""
    return standings(session, LOCKED_STANDINGS, ids=ids)


def begin_again(session: Session, enrolment: Enrolment, course: Course, now: datetime) -> None:
    """On another turn through the course, in which she has had nothing yet."""
    enrolment.turn += 1
    enrolment.state, enrolment.paused_until = State.ACTIVE, None
    schedule(session, enrolment, course, now)


def leave(enrolment: Enrolment, now: datetime) -> bool:
    """Stop at once. Leaving twice changes nothing and returns False."""
    if enrolment.state == State.LEFT:
        return False
    enrolment.state = State.LEFT
    enrolment.left_at = now
    enrolment.next_due_at = None
    enrolment.confirmation_due_at = None
    enrolment.welcome_back_due_at = None
    enrolment.paused_until = None
    return True


def come_back(session: Session, enrolment: Enrolment, course: Course, now: datetime) -> bool:
    """Take a goodbye back: the letters go on, or wait for the confirmation they never had.

    Returns False, and changes nothing, for a reader who hasn't left.
    """
    if enrolment.state != State.LEFT:
        return False
    enrolment.left_at = None
    enrolment.state = State.PENDING if enrolment.confirmed_at is None else State.ACTIVE
    if enrolment.state == State.ACTIVE:
        schedule(session, enrolment, course, now)
    return True


def may_receive(enrolment: Enrolment | Standing, now: datetime) -> bool:
    """Whether a lesson may go to this reader at this moment."""
    if enrolment.state == State.PAUSED:
        return enrolment.paused_until is None or enrolment.paused_until <= now
    return enrolment.state == State.ACTIVE


def take_back(session: Session, enrolment: Enrolment, course: Course | None) -> None:
    """A letter left the outbox unsent because its reader paused: it is due again afterwards."""
    if enrolment.state != State.PAUSED or enrolment.paused_until is None:
        return
    if course is None:
        enrolment.next_due_at = _unpaced(enrolment.last_sent_at, enrolment.paused_until)
    else:
        schedule(session, enrolment, course, enrolment.paused_until)


def schedule(session: Session, enrolment: Enrolment, course: Course, not_before: datetime) -> None:
    """Time her next letter anew, at her own slot; or finish, where none is left."""
    passed = _passed(session, enrolment)
    lesson = next_lesson(course, passed)
    if lesson is None:
        finish(enrolment, not_before)
        return
    pace, last = enrolment.pace(course), enrolment.last_sent_at
    enrolment.postponed = False
    if last is None and not passed and enrolment.state == State.ACTIVE:
        enrolment.next_due_at = first_due(pace, lesson, not_before)
    else:
        enrolment.next_due_at = resumed_due(pace, lesson, last, not_before)


def _passed(session: Session, enrolment: Enrolment) -> set[str]:
    if not inspect(enrolment).persistent:  # only just made, so nothing can be behind her
        return set()
    return passed_lessons(session, {enrolment.id: enrolment.turn})[enrolment.id]


def move_on(
    session: Session, catalogue: Catalogue, letters: Collection[Letter], at: datetime
) -> None:
    """These letters went out: note them and time each reader's next one.

    The one place where a course advances, so a letter sent late shifts all that follow it.
    """
    readers = locked_standings(session, {letter.reader for letter in letters})
    turns = {reader.id: reader.turn for reader in readers}
    record_sent(session, (letter for letter in letters if letter.reader in turns), at)
    passed = passed_lessons(session, turns)
    sent = {"last_sent_at": at, "postponed": False}
    write_alike(
        session,
        Enrolment,
        {
            reader.id: sent
            | _time_next(reader, catalogue.get(reader.course), passed[reader.id], at)
            for reader in readers
        },
    )


def _time_next(
    reader: Standing, course: Course | None, passed: set[str], at: datetime
) -> dict[str, Any]:
    """What changes for a reader who has just been sent a letter."""
    if reader.state not in {State.ACTIVE, State.PAUSED}:
        return {}
    not_before = max(at, reader.paused_until or at)
    if course is None:
        return {"next_due_at": _unpaced(at, not_before)}
    lesson = next_lesson(course, passed)
    if lesson is None:
        return finished(reader, at)
    return {"next_due_at": resumed_due(reader.pace(course), lesson, at, not_before)}


def _unpaced(last_sent_at: datetime | None, not_before: datetime) -> datetime:
    """Where her course isn't there to ask, as when its folder is being moved: it may come back."""
    return max(not_before, last_sent_at + A_WEEK) if last_sent_at else not_before


def finish(enrolment: Enrolment, at: datetime) -> None:
    for name, value in finished(enrolment, at).items():
        setattr(enrolment, name, value)


def finished(reader: Enrolment | Standing, at: datetime) -> dict[str, Any]:
    """What changes for a reader for whom there is nothing left to send."""
    return {
        "state": State.FINISHED,
        "next_due_at": None,
        "finished_at": reader.finished_at or at,
    }


def _one(session: Session, query: Select[Enrolment], *, for_update: bool) -> Enrolment | None:
    if for_update and is_postgresql(session):
        # All of the person's, in the order in which everybody does: what she says in one course
        # may change the others, and whoever records a call may hold one of those.
        person = query.with_only_columns(Enrolment.subscriber_id)
        hers = select(Enrolment.id).where(Enrolment.subscriber_id.in_(person))
        session.execute(hers.order_by(Enrolment.id).with_for_update())
    return session.scalar(with_subscriber(query, for_update=for_update))


def with_subscriber(query: Select[Enrolment], *, for_update: bool) -> Select[Enrolment]:
    query = query.join(Enrolment.subscriber).options(contains_eager(Enrolment.subscriber))
    return query.with_for_update(of=Enrolment) if for_update else query
