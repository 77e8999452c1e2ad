"""Law 1, once, and law 9, kind pace: what is decided, and when."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from threading import Barrier, Thread
from typing import Any

import pytest
from sqlalchemy import update

from app.bootstrap import House
from app.settings import SHIPPED_COURSES
from course import enrolments
from course.catalogue import Catalogue, load_catalogue
from course.database import Database
from course.progress import Letter
from emails.providers.memory import MemoryProvider
from emails.suppression import lift
from scheduler import outbox
from scheduler.outbox import Delivery, Lane, State
from scheduler.planning import plan_due
from tests.support.houses import (
    COURSE,
    MONDAY,
    TUESDAY,
    counts,
    deliveries,
    enrolment,
    go_to,
    join,
    join_many,
    leave,
    now,
    play,
    sign_up,
    tick,
)

Houses = Callable[..., House]


def plan(house: House, at: datetime = TUESDAY) -> int:
    return plan_due(house.database, house.catalogue, at)


def with_rules(**rules: Any) -> Catalogue:
    course = load_catalogue(SHIPPED_COURSES)[COURSE]
    changed = replace(course, rules=course.rules.model_copy(update=rules))
    return Catalogue({COURSE: changed})


def test_planning_twice_plans_once(database: Database, houses: Houses) -> None:
    house = houses(database, provider=MemoryProvider())
    join_many(house, 3)
    assert [plan(house), plan(house)] == [3, 0]
    assert len(deliveries(house)) == 3


def test_a_planned_letter_is_no_longer_due(database: Database, houses: Houses) -> None:
    house = houses(database, provider=MemoryProvider())
    reader = join(house)
    plan(house)
    assert enrolment(house, reader).next_due_at is None


def test_nothing_is_planned_before_its_hour(database: Database, houses: Houses) -> None:
    house = houses(database, provider=MemoryProvider())
    join(house)
    assert plan(house, TUESDAY - timedelta(seconds=1)) == 0


def test_a_confirmation_is_planned_once_for_each_time_it_is_asked(
    database: Database, houses: Houses
) -> None:
    house = houses(database, provider=MemoryProvider())
    sign_up(house)
    sign_up(house)
    plan(house)
    go_to(house, MONDAY + timedelta(hours=25))
    sign_up(house)
    plan(house, now(house))
    assert [delivery.due_at for delivery in deliveries(house, "confirmation")] == [
        MONDAY,
        MONDAY + timedelta(hours=25),
    ]


@pytest.mark.parametrize("workers", [2, 4])
def test_planners_that_race_plan_each_letter_once(
    database: Database, database_url: str, houses: Houses, workers: int
) -> None:
    house = houses(database, provider=MemoryProvider())
    join_many(house, 60)
    start, planned, troubles = Barrier(workers), [], []

    def race() -> None:
        own = Database(database_url)
        start.wait()
        try:
            planned.append(plan_due(own, house.catalogue, TUESDAY))
        except Exception as error:  # noqa: BLE001  a thread's trouble is told below
            troubles.append(error)
        finally:
            own.engine.dispose()

    threads = [Thread(target=race) for _ in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert troubles == []
    assert sum(planned) == len(deliveries(house)) == 60


def row(reader: int, at: datetime) -> dict[str, Any]:
    return {
        "kind": "lesson",
        "about": outbox.letter_about(Letter(reader, 1, "a-letter")),
        "lane": Lane.LESSONS,
        "enrolment_id": reader,
        "lesson": "a-letter",
        "due_at": at,
    }


@pytest.mark.parametrize("state", [State.WITHHELD, State.FAILED])
def test_what_never_left_is_planned_again_as_if_for_the_first_time(
    database: Database, houses: Houses, state: State
) -> None:
    house, later = houses(database, provider=MemoryProvider()), TUESDAY + timedelta(weeks=4)
    reader = join(house)
    with database.transaction() as session:
        outbox.plan(session, [row(reader, TUESDAY)], TUESDAY)
        session.execute(update(Delivery).values(state=state, ready_at=None, attempts=7))
        assert outbox.plan(session, [row(reader, later)], later) == 1
    [again] = deliveries(house)
    assert (again.state, again.ready_at, again.attempts) == (State.PLANNED, later, 0)
    assert (again.planned_at, again.due_at) == (later, later)


@pytest.mark.parametrize("state", [s for s in State if s not in {State.WITHHELD, State.FAILED}])
def test_what_may_have_left_is_never_planned_again(
    database: Database, houses: Houses, state: State
) -> None:
    house = houses(database, provider=MemoryProvider())
    reader = join(house)
    with database.transaction() as session:
        outbox.plan(session, [row(reader, TUESDAY)], TUESDAY)
        session.execute(update(Delivery).values(state=state))
        assert outbox.plan(session, [row(reader, MONDAY)], MONDAY) == 0
    assert [delivery.state for delivery in deliveries(house)] == [state]


def test_the_states_are_counted_zeros_included(database: Database, houses: Houses) -> None:
    house = houses(database, provider=MemoryProvider())
    join_many(house, 2)
    plan(house)
    with database.reading() as session:
        expected = dict.fromkeys(map(str, State), 0) | {"planned": 2}
        assert outbox.count_states(session) == expected


def test_a_course_goes_out_week_by_week_to_its_end(database: Database, houses: Houses) -> None:
    provider = MemoryProvider()
    house = houses(database, provider=provider)
    reader = join(house)
    moments = play(house, MONDAY + timedelta(weeks=10))
    assert moments == [TUESDAY + timedelta(weeks=n) for n in range(6)]
    assert counts(house) == {"accepted": 6}
    assert enrolment(house, reader).state == "finished"


@pytest.mark.parametrize(
    ("catch_up", "first_back"),
    [
        ("at once", datetime(2026, 11, 19, 12, tzinfo=UTC)),
        ("next morning", datetime(2026, 11, 20, 7, tzinfo=UTC)),
        ("next slot", datetime(2026, 11, 24, 7, tzinfo=UTC)),
    ],
)
def test_after_an_outage_letters_keep_their_distance(
    sqlite: Database, houses: Houses, catch_up: str, first_back: datetime
) -> None:
    """Down from the first letter until Thursday of the third week: two letters are late."""
    catalogue = with_rules(catch_up=catch_up)
    provider = MemoryProvider()
    house = houses(sqlite, provider=provider, catalogue=catalogue)
    reader = join(house)
    tick(house, TUESDAY)
    go_to(house, datetime(2026, 11, 19, 12, tzinfo=UTC))
    sent = [TUESDAY]
    house.engine.tick()
    sent += [now(house)] if len(provider.sent) > 1 else []
    while len(provider.sent) < 6:
        before = len(provider.sent)
        [moment] = play(house, _next_due(house, reader))[-1:]
        sent += [moment] * (len(provider.sent) - before)
    assert sent[1] == first_back
    gaps = [after.date() - before.date() for before, after in pairwise(sent)]
    assert min(gaps) >= timedelta(days=catalogue[COURSE].rules.minimum_gap_days)
    assert len({mail.subject for mail in provider.sent}) == 6


def _next_due(house: House, reader: int) -> datetime:
    due_at = enrolment(house, reader).next_due_at
    assert due_at is not None
    return due_at


def test_whoever_left_and_came_back_has_one_letter_under_way_and_not_two(
    database: Database, houses: Houses
) -> None:
    """Her last letter still waits, her return set a date, and the course was reordered since."""
    house = houses(database, provider=MemoryProvider())
    reader = join(house)
    go_to(house, TUESDAY)
    assert plan(house) == 1
    leave(house, reader)
    course = house.catalogue[COURSE]
    with database.transaction() as session:
        found = enrolments.by_id(session, reader, for_update=True)
        assert found is not None
        lift(session, found.subscriber.digest, COURSE)
        assert enrolments.come_back(session, found, course, TUESDAY)
    turned = Catalogue({COURSE: replace(course, lessons=course.lessons[::-1])})
    assert plan_due(database, turned, TUESDAY) == 0
    assert enrolment(house, reader).next_due_at is None
    tick(house)
    assert counts(house) == {"accepted": 1}
    assert enrolment(house, reader).next_due_at == TUESDAY + timedelta(weeks=1)
