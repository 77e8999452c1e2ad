"""What a booking tool was asked, where its calls were lost: nothing stays unknown for long."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from typing import Any, cast

import pytest

from app.overview import look
from course import tool_rounds
from course.database import Database
from course.elsewhere import Told
from emails.booking_tools.base import BookingTool
from emails.booking_tools.registry import TOOLS
from emails.errors import FetchFailed
from scheduler.following import LOOK_BACK, MARGIN, Follower, ask
from tests.support.booked_elsewhere import PLAYED, World, world_with
from tests.support.houses import MONDAY, go_to, join, now
from tests.support.snapshots import everything

THURSDAY = MONDAY + timedelta(days=3)
# Where one of them is enough.
CALCOM = pytest.mark.parametrize("world", ["calcom"], indirect=True)


class Listening:
    """Has nothing to tell, and keeps since when it was asked."""

    name = "calcom"

    def __init__(self) -> None:
        self.since: list[datetime] = []

    def changes(self, since: datetime) -> list[Told]:
        self.since.append(since)
        return []


def follower(world: World, tool: BookingTool) -> Follower:
    return Follower(world.house.database, world.house.catalogue, tool)


def attention(world: World) -> list[str]:
    with world.house.database.reading() as session:
        return look(session, "", now(world.house), tool=world.tool.name).attention


def kept(world: World) -> dict[str, list[Any]]:
    """All but the hour of the last question."""
    tables = everything(world.house.database)
    return {name: rows for name, rows in tables.items() if name != "tool_rounds"}


@contextmanager
def away(world: World) -> Iterator[Follower]:
    """Whoever asks where nobody answers."""
    kind = TOOLS[world.tool.name]
    tool = kind.make(kind.options(base_url="http://127.0.0.1:9", timeout_seconds=1))
    with closing(tool):
        yield follower(world, tool)


@pytest.fixture(params=sorted(PLAYED))
def world(request: pytest.FixtureRequest, sqlite: Database) -> Iterator[World]:
    with world_with(PLAYED[request.param], sqlite) as world:
        yield world


def test_what_was_missed_is_found_by_asking_whatever_the_number(world: World) -> None:
    others = [join(world.house, f"reader{n}@example.com") for n in range(4)]
    link = world.link
    for n, _ in enumerate(others):
        at = THURSDAY + timedelta(hours=n)
        world.tool.book(world.shop, world.tool.page, at, email=f"reader{n}@example.com")
    uid = world.tool.book(world.shop, link, THURSDAY + timedelta(hours=6))
    world.shop.calls.clear()
    world.ask()
    assert [one.enrolment_id for one in world.ahead()] == [*others, world.reader]
    before = kept(world)
    world.ask()
    assert kept(world) == before
    world.tool.cancel(world.shop, uid)
    world.shop.calls.clear()
    world.ask()
    assert [one.enrolment_id for one in world.ahead()] == others


def test_what_was_missed_of_a_move_is_found_by_asking_though_days_ago(world: World) -> None:
    uid = world.tool.book(world.shop, world.link, THURSDAY)
    world.tell_all()
    world.tool.move(world.shop, uid, THURSDAY + timedelta(hours=2))
    world.shop.calls.clear()
    go_to(world.house, now(world.house) + timedelta(days=2))
    world.ask()
    assert [one.starts_at for one in world.ahead()] == [THURSDAY + timedelta(hours=2)]


@CALCOM
def test_calls_and_asking_agree_whichever_comes_first(world: World) -> None:
    world.tool.book(world.shop, world.link, THURSDAY)
    world.ask()
    [first] = world.ahead()
    world.tell_all()
    [second] = world.ahead()
    assert (first.id, first.tool_uid) == (second.id, second.tool_uid)


@CALCOM
def test_after_an_outage_all_that_changed_meanwhile_is_asked_for(world: World) -> None:
    world.ask()
    uid = world.tool.book(world.shop, world.link, THURSDAY + timedelta(days=20))
    go_to(world.house, now(world.house) + tool_rounds.TOLD_AFTER)
    with away(world) as nobody, pytest.raises(FetchFailed, match=r"Cal\.com: no answer"):
        ask(nobody, now(world.house))
    [told] = attention(world)
    assert told.startswith("Cal.com hasn't answered what sessions there are since 2026-11-02 ")
    assert "Cal.com: no answer" in told
    world.ask()
    assert [one.tool_uid for one in world.ahead()] == [uid]
    assert attention(world) == []


@CALCOM
def test_one_that_never_answered_is_told_at_once(world: World) -> None:
    assert attention(world) == []
    with away(world) as nobody, pytest.raises(FetchFailed):
        ask(nobody, now(world.house))
    [told] = attention(world)
    assert "hasn't answered what sessions there are yet" in told


@CALCOM
def test_of_all_processes_one_asks_and_a_new_start_goes_on_where_it_was(world: World) -> None:
    started = now(world.house)
    tool = Listening()
    for later in (timedelta(0), tool_rounds.EVERY - timedelta(seconds=1), tool_rounds.EVERY):
        ask(follower(world, cast("BookingTool", tool)), started + later)
    assert tool.since == [started - LOOK_BACK, started - MARGIN]
