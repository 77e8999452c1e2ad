"""What a reader asks of her pace, by page or by mail, and what it makes of her letters.

A wish that can't be fulfilled as she stands changes nothing. Each changes facts alone, and the
dates that follow from them; none ever brings a letter closer to the last one than the course's gap.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import assert_never

from sqlalchemy import select
from sqlalchemy.orm import Session, contains_eager

from course import bookings, consents, enrolments, zones
from course.catalogue import Catalogue, Course
from course.consents import Act, Means
from course.enrolments import Enrolment, State
from course.language import language_of, mark
from course.lessons import Lesson
from course.pacing import next_lesson, same_wall_time, soonest_due
from course.progress import passed_lessons
from course.skips import Skip

# Whoever wants a longer rest is better served by leaving, and coming back.
LONGEST_REST = timedelta(days=366)
AGAIN_BUTTON = mark("Begin again with the first letter")


@dataclass(frozen=True)
class Rest:
    """No letters before that; then the course goes on by itself."""

    until: datetime


@dataclass(frozen=True)
class GoOn:
    """The rest ends now; or letters that a session has ended come all the same."""


@dataclass(frozen=True)
class NextNow:
    """The next letter as soon as the course's gap allows, instead of at her own slot."""


@dataclass(frozen=True)
class SkipNext:
    """This letter isn't sent; the one after it comes in its place."""

    lesson: str


@dataclass(frozen=True)
class Times:
    """Her own weekday and hour, and the zone she lives in now."""

    weekday: str
    hour: int
    zone: str


@dataclass(frozen=True)
class BeginAgain:
    """The whole course once more, on another turn through it."""


Wish = Rest | GoOn | NextNow | SkipNext | Times | BeginAgain


def is_reading(enrolment: Enrolment) -> bool:
    return enrolment.state in {State.ACTIVE, State.PAUSED}


def may_rest_until(enrolment: Enrolment, until: datetime, now: datetime) -> bool:
    """From tomorrow on, and within a year."""
    zone = zones.zone(enrolment.subscriber.zone)
    today = now.astimezone(zone).date()
    return today < until.astimezone(zone).date() <= today + LONGEST_REST


def fulfil(
    session: Session, catalogue: Catalogue, enrolment: Enrolment, wish: Wish, now: datetime
) -> None:
    course = catalogue.get(enrolment.course)
    if course is None:
        return
    match wish:
        case Rest(until):
            _rest(session, enrolment, course, until, now)
        case GoOn():
            _go_on(session, enrolment, course, now)
        case NextNow():
            _hasten(session, enrolment, course, now)
        case SkipNext(lesson):
            _skip(session, enrolment, course, lesson, now)
        case Times(weekday, hour, zone):
            _keep_to(session, catalogue, enrolment, (weekday, hour, zone), now)
        case BeginAgain():
            _begin_again(session, enrolment, course, now)
        case _:
            assert_never(wish)


def coming_lesson(session: Session, enrolment: Enrolment, course: Course) -> Lesson | None:
    """The one that `next_due_at` is about."""
    passed = passed_lessons(session, {enrolment.id: enrolment.turn})
    return next_lesson(course, passed[enrolment.id])


def ended_by_session(session: Session, enrolment: Enrolment, course: Course) -> bool:
    """Whether her letters stopped because she booked, with some left that she may still want."""
    if enrolment.state != State.FINISHED or course.after_booking != "stop":
        return False
    booked = bookings.of_readers(session, [enrolment.id])
    return bool(booked) and coming_lesson(session, enrolment, course) is not None


def time_anew(session: Session, enrolment: Enrolment, course: Course, now: datetime) -> None:
    """Her next letter at her own slot, as if it had just been decided.

    With a letter in the outbox there is no date, and none is made: it is taken back when it would
    be claimed, or the next one is timed when it is out.
    """
    if is_reading(enrolment) and enrolment.next_due_at is not None:
        enrolments.schedule(session, enrolment, course, max(now, enrolment.paused_until or now))


def move(
    session: Session, catalogue: Catalogue, enrolment: Enrolment, zone: str, at: datetime
) -> None:
    """She lives in another zone now; so do the letters of her other courses."""
    reader = enrolment.subscriber
    if zone == reader.zone:
        return
    before, reader.zone, reader.zone_since = reader.zone, zone, at
    for one in _of_person(session, enrolment):
        course = catalogue.get(one.course)
        if one.paused_until is not None:
            old, new = zones.zone(before), zones.zone(zone)
            one.paused_until = same_wall_time(one.paused_until, old, new)
        if course is not None and one is not enrolment:
            time_anew(session, one, course, at)


def _rest(
    session: Session, enrolment: Enrolment, course: Course, until: datetime, now: datetime
) -> None:
    if not is_reading(enrolment) or not may_rest_until(enrolment, until, now):
        return
    enrolment.state, enrolment.paused_until = State.PAUSED, until
    time_anew(session, enrolment, course, now)


def _go_on(session: Session, enrolment: Enrolment, course: Course, now: datetime) -> None:
    ended = ended_by_session(session, enrolment, course)
    if enrolment.state != State.PAUSED and not ended:
        return
    enrolment.state = State.ACTIVE
    enrolment.paused_until = None
    if ended:
        enrolment.finished_at = None
        enrolments.schedule(session, enrolment, course, now)
    else:
        time_anew(session, enrolment, course, now)


def _hasten(session: Session, enrolment: Enrolment, course: Course, now: datetime) -> None:
    lesson = coming_lesson(session, enrolment, course)
    if enrolment.state == State.ACTIVE and enrolment.next_due_at is not None and lesson is not None:
        soonest = soonest_due(enrolment.pace(course), lesson, enrolment.last_sent_at, now)
        enrolment.next_due_at = min(enrolment.next_due_at, soonest)


def _skip(
    session: Session, enrolment: Enrolment, course: Course, lesson: str, now: datetime
) -> None:
    coming = coming_lesson(session, enrolment, course)
    dated = is_reading(enrolment) and enrolment.next_due_at is not None
    if not dated or coming is None or coming.slug != lesson:
        return
    key = {"enrolment_id": enrolment.id, "turn": enrolment.turn, "lesson": lesson}
    session.add(Skip(**key, skipped_at=now))
    session.flush()
    time_anew(session, enrolment, course, now)


def _keep_to(
    session: Session,
    catalogue: Catalogue,
    enrolment: Enrolment,
    times: tuple[str, int, str],
    now: datetime,
) -> None:
    weekday, hour, zone = times
    course = catalogue[enrolment.course]
    if not is_reading(enrolment) or times == times_of(enrolment, course):
        return
    enrolment.weekday, enrolment.hour = weekday, hour
    move(session, catalogue, enrolment, zone, now)
    time_anew(session, enrolment, course, now)


def times_of(enrolment: Enrolment, course: Course) -> tuple[str, int, str]:
    """Weekday, hour and zone as they are: her own wish, else the course's."""
    weekday = enrolment.weekday or course.rules.weekday
    hour = course.rules.hour if enrolment.hour is None else enrolment.hour
    return weekday, hour, enrolment.subscriber.zone


def _begin_again(session: Session, enrolment: Enrolment, course: Course, now: datetime) -> None:
    begun = passed_lessons(session, {enrolment.id: enrolment.turn})[enrolment.id]
    dated = is_reading(enrolment) and enrolment.next_due_at is not None
    if not begun or not (dated or enrolment.state == State.FINISHED):
        return
    enrolments.begin_again(session, enrolment, course, now)
    consents.record(
        session,
        enrolment.subscriber_id,
        enrolment.course,
        Act.CONFIRMED,
        wording=language_of(course.language).say(AGAIN_BUTTON),
        means=Means.OWN_PAGE,
        at=now,
    )


def _of_person(session: Session, enrolment: Enrolment) -> list[Enrolment]:
    """All her enrolments, this one among them."""
    query = (
        select(Enrolment)
        .join(Enrolment.subscriber)
        .options(contains_eager(Enrolment.subscriber))
        .where(Enrolment.subscriber_id == enrolment.subscriber_id)
        .order_by(Enrolment.id)
    )
    return list(session.scalars(query.with_for_update(of=Enrolment)))
