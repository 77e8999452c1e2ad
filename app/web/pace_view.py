"""How a reader stands to each letter of her course at one moment, and what she may change.

What her page promises is read from the same rules that send the letters, so that both say the same.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy.orm import Session

from course import changes, wishes
from course.catalogue import Course
from course.changes import Change
from course.enrolments import Enrolment, State
from course.lessons import Lesson
from course.pacing import forecast, lessons_left, next_due, soonest_due
from course.progress import history
from scheduler import outbox


class Stand(StrEnum):
    HAD = "had"
    SKIPPED = "skipped"
    ON_ITS_WAY = "on its way"
    # It couldn't be sent; the owner has been told.
    HELD_UP = "held up"
    COMING = "coming"
    # To nobody who has left, finished or not confirmed yet.
    NOT_COMING = "not coming"


TO_COME = (Stand.ON_ITS_WAY, Stand.HELD_UP, Stand.COMING)


@dataclass(frozen=True)
class Step:
    """One letter; `at` is when it came or is to come, where there is a date for it."""

    lesson: Lesson
    number: int
    stand: Stand
    at: datetime | None
    readable: bool


@dataclass(frozen=True)
class View:
    enrolment: Enrolment
    course: Course
    now: datetime
    # Names the facts this was read from, see `changes`.
    version: str
    steps: list[Step]
    # What she has just changed, while it is news.
    change: Change | None
    # The soonest that her next letter may come, where that is sooner than it will.
    soonest: datetime | None
    # Her letters stopped when she booked, and there are some left.
    ended_by_session: bool = False

    @property
    def zone(self) -> str:
        return self.enrolment.subscriber.zone

    @property
    def may_undo(self) -> bool:
        return self.change is not None and self.change.is_undoable

    @property
    def resting(self) -> bool:
        until = self.enrolment.paused_until
        return self.enrolment.state == State.PAUSED and until is not None and until > self.now

    @property
    def out_of_reach(self) -> bool:
        return self.count(Stand.ON_ITS_WAY) + self.count(Stand.HELD_UP) > 0

    @property
    def to_come(self) -> list[Step]:
        """In the order in which they come, the one on its way among them."""
        return [step for step in self.steps if step.stand in TO_COME]

    @property
    def next_step(self) -> Step | None:
        return next(iter(self.to_come), None)

    @property
    def after_next(self) -> Step | None:
        return next(iter(self.to_come[1:]), None)

    @property
    def may_skip(self) -> bool:
        return self.next_step is not None and not self.out_of_reach

    @property
    def may_begin_again(self) -> bool:
        begun = self.count(Stand.HAD) + self.count(Stand.SKIPPED) > 0
        return begun and (self.may_skip or self.enrolment.state == State.FINISHED)

    def count(self, stand: Stand) -> int:
        return sum(step.stand == stand for step in self.steps)


def look(session: Session, enrolment: Enrolment, course: Course, now: datetime) -> View:
    past = history(session, enrolment.id)
    facts = changes.facts_of(session, enrolment)
    skipped = set(facts.skipped)
    sent = {had.lesson: had.sent_at for had in past if had.turn == enrolment.turn}
    left = lessons_left(course, sent.keys() | skipped) if wishes.is_reading(enrolment) else []
    undated = out_of_reach(session, enrolment)
    stands = dict.fromkeys(skipped, Stand.SKIPPED) | dict.fromkeys(sent, Stand.HAD)
    stands |= {lesson.slug: Stand.COMING for lesson in left}
    if left and undated is not None:
        stands[left[0].slug] = undated
    dates = sent | _dates(enrolment, course, left, now, undated=undated)
    return View(
        enrolment=enrolment,
        course=course,
        now=now,
        version=facts.version,
        steps=_steps(course, stands, dates, {had.lesson for had in past} | skipped),
        change=changes.last(session, enrolment, facts, now),
        soonest=_soonest(enrolment, course, left, now) if undated is None else None,
        ended_by_session=wishes.ended_by_session(session, enrolment, course),
    )


def out_of_reach(session: Session, enrolment: Enrolment) -> Stand | None:
    """How her next letter stands in the outbox, where only a rest or a goodbye reaches it."""
    if outbox.under_way(session, [enrolment.id]):
        return Stand.ON_ITS_WAY
    undated = wishes.is_reading(enrolment) and enrolment.next_due_at is None
    return Stand.HELD_UP if undated else None


def _steps(
    course: Course,
    stands: Mapping[str, Stand],
    dates: Mapping[str, datetime],
    readable: set[str],
) -> list[Step]:
    return [
        Step(
            lesson=lesson,
            number=number,
            stand=stands.get(lesson.slug, Stand.NOT_COMING),
            at=dates.get(lesson.slug),
            readable=lesson.slug in readable,
        )
        for number, lesson in enumerate(course.lessons, 1)
    ]


def _dates(
    enrolment: Enrolment,
    course: Course,
    left: list[Lesson],
    now: datetime,
    *,
    undated: Stand | None,
) -> dict[str, datetime]:
    """When each comes. What follows one that is on its way is timed as if that came now.

    But not while she rests: then nobody can tell whether it was in time.
    """
    pace, first = enrolment.pace(course), enrolment.next_due_at
    if undated == Stand.ON_ITS_WAY and enrolment.state != State.PAUSED:
        left = left[1:]
        first = next_due(pace, left[0], now) if left else None
    elif undated is not None:
        first = None
    if first is None or not left:
        return {}
    slugs = [lesson.slug for lesson in left]
    return dict(zip(slugs, forecast(pace, left, first), strict=True))


def _soonest(
    enrolment: Enrolment, course: Course, left: list[Lesson], now: datetime
) -> datetime | None:
    due_at = enrolment.next_due_at
    if enrolment.state != State.ACTIVE or due_at is None or not left:
        return None
    soonest = soonest_due(enrolment.pace(course), left[0], enrolment.last_sent_at, now)
    return soonest if soonest < due_at else None
