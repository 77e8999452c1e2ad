"""A letter that was held up is not sent at night: it waits in the outbox until its hours begin."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from shutil import copytree

import pytest
from sqlalchemy import event

from app.bootstrap import House
from app.settings import SHIPPED_COURSES
from course.catalogue import Catalogue, load_catalogue
from course.database import Database
from emails.providers.base import AccountPaused
from tests.support.houses import (
    TUESDAY,
    deliveries,
    enrolment,
    join,
    join_many,
    leave,
    pause,
    tick,
)
from tests.support.providers import Scripted

HOUR = timedelta(hours=1)
# Three in the morning in Berlin, where the reader lives; her hours begin at seven.
NIGHT = datetime(2026, 11, 4, 2, tzinfo=UTC)
MORNING = datetime(2026, 11, 4, 6, tzinfo=UTC)


@pytest.fixture
def catalogue(tmp_path: Path) -> Catalogue:
    courses = copytree(SHIPPED_COURSES, tmp_path / "courses")
    file = next(courses.glob("*/course.toml"))
    file.write_text(file.read_text().replace("# send_between", "send_between"))
    return load_catalogue(courses)


@pytest.fixture
def house(database: Database, houses: Callable[..., House], catalogue: Catalogue) -> House:
    return houses(database, provider=Scripted(), catalogue=catalogue)


def paused_until(house: House, at: datetime) -> None:
    """The provider's account stops when the first letter is due, and goes on then."""
    assert isinstance(house.provider, Scripted)
    house.provider.answers = [AccountPaused("over the quota", at - TUESDAY)]
    tick(house, TUESDAY)


def sent(house: House) -> int:
    assert isinstance(house.provider, Scripted)
    return len(house.provider.sent)


def states(house: House) -> list[tuple[str, datetime | None, int]]:
    return [(d.state, d.ready_at, d.attempts) for d in deliveries(house, "lesson")]


def test_after_a_pause_into_the_night_it_leaves_in_the_morning(house: House) -> None:
    join(house)
    paused_until(house, NIGHT)
    before = sent(house)
    tick(house, NIGHT)
    assert sent(house) == before
    assert states(house) == [("planned", MORNING, 0)]
    tick(house, MORNING - timedelta(seconds=1))
    assert sent(house) == before
    tick(house, MORNING)
    assert [state for state, _, _ in states(house)] == ["accepted"]
    assert enrolment(house, 1).last_sent_at == MORNING


def test_it_is_no_trouble_for_the_owner(house: House) -> None:
    join(house)
    paused_until(house, NIGHT)
    tick(house, NIGHT)
    assert [delivery.reason for delivery in deliveries(house, "lesson")] == [None]


def test_within_its_hours_it_leaves_as_soon_as_it_can(house: House) -> None:
    join(house)
    paused_until(house, TUESDAY + 6 * HOUR)
    tick(house, TUESDAY + 6 * HOUR)
    assert [state for state, _, _ in states(house)] == ["accepted"]


def test_each_reader_has_her_own_night(house: House) -> None:
    join(house)
    join(house, "kiri@example.com", zone="Pacific/Auckland")
    paused_until(house, NIGHT)
    tick(house, NIGHT)
    # In Auckland it is three in the afternoon.
    assert sorted(state for state, _, _ in states(house)) == ["accepted", "planned"]


def test_who_leaves_or_rests_meanwhile_does_not_get_it_in_the_morning(house: House) -> None:
    join_many(house, 2)
    paused_until(house, NIGHT)
    tick(house, NIGHT)
    leave(house, 1)
    pause(house, 2, NIGHT + timedelta(weeks=2))
    before = sent(house)
    tick(house, MORNING)
    assert sent(house) == before
    assert {state for state, _, _ in states(house)} == {"withheld"}


@contextmanager
def counting(house: House) -> Iterator[list[str]]:
    asked: list[str] = []

    def note(_c: object, _k: object, statement: str, *_: object) -> None:
        asked.append(statement)

    event.listen(house.database.engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(house.database.engine, "before_cursor_execute", note)


def test_however_many_are_late_a_few_questions_put_them_off(
    sqlite: Database, houses: Callable[..., House], catalogue: Catalogue
) -> None:
    house = houses(sqlite, provider=Scripted(), catalogue=catalogue)
    join_many(house, 30)
    paused_until(house, NIGHT)
    with counting(house) as asked:
        tick(house, NIGHT)
    late = [one for one in asked if one.startswith("UPDATE deliveries SET state")]
    assert len(asked) < 60
    assert len(late) <= 4
    assert len({(state, at) for state, at, _ in states(house)}) == 1
