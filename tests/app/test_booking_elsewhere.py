"""Sessions booked with Cal.com or Calendly, each played: the page, its calls, what it is asked."""

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from app.booking_account import booking_account
from app.cli import bookings as command
from app.erasure import erase
from app.errors import SettingsError
from app.reader_export import export
from app.settings import load_settings
from course.bookings import TOOL_UID_LENGTH
from course.catalogue import Catalogue
from course.database import Database
from emails import hook_calls
from emails.booking_tools.registry import TOOLS
from emails.errors import HookUnreadable
from emails.providers.hooks import Hook
from emails.providers.memory import MemoryProvider
from tests.players.booked import Shop, Tool, filled
from tests.support.booked_elsewhere import PLAYED, World, with_tool, world_with
from tests.support.houses import (
    MONDAY,
    SHIPPED_SETTINGS,
    TUESDAY,
    enrolment,
    go_to,
    join,
    make_house,
    now,
    shipped_catalogue,
    tick,
)
from tests.support.letters import PRESSED
from tests.support.pages import pages_of
from tests.support.snapshots import everything

THURSDAY = MONDAY + timedelta(days=3)
COURSE = "six-letters"
WRONG: tuple[Any, ...] = (None, [], {}, 7, -1e300, True, "", "x\x00" * 300, "\ud800", [None])


# Where one of them is enough.
CALCOM = pytest.mark.parametrize("world", ["calcom"], indirect=True)
CALENDLY = pytest.mark.parametrize("world", ["calendly"], indirect=True)


@pytest.fixture(params=sorted(PLAYED))
def world(request: pytest.FixtureRequest, sqlite: Database) -> Iterator[World]:
    with world_with(PLAYED[request.param], sqlite) as world:
        yield world


def test_each_tool_that_is_known_is_played() -> None:
    assert PLAYED.keys() == TOOLS.keys()


def test_the_page_says_what_the_tool_will_know_and_leads_there_with_a_code_alone(
    world: World,
) -> None:
    page = world.web.get(world.own)
    [there] = re.findall(r'class="button" href="([^"]*)"', page.text)
    given = filled(unescape(there))
    code = enrolment(world.house, world.reader).code
    assert unescape(there).startswith(world.tool.page)
    assert {"ana@example.com", "Ana", code} < set(given.values())
    assert COURSE not in there
    assert f"booked there, so {world.tool.title} then knows your name" in page.text
    assert "<script" not in page.text
    assert page.headers["referrer-policy"] == "no-referrer"


@CALCOM
def test_looking_changes_nothing_and_no_button_books_here(world: World) -> None:
    before = everything(world.house.database)
    assert world.web.get(world.own).status_code == 200
    assert world.web.head(world.own).status_code == 200
    form = {"starts_at": THURSDAY.isoformat(), "kind": "video", "name": "Ana"}
    assert world.tool.title in world.web.post(world.own, data=form).text
    assert everything(world.house.database) == before
    assert world.player.calls == []


def test_a_booking_there_is_a_session_here_and_only_the_tool_writes_of_it(world: World) -> None:
    world.tool.book(world.shop, world.link, THURSDAY)
    world.tell_all()
    [booking] = world.ahead()
    assert (booking.enrolment_id, booking.starts_at) == (world.reader, THURSDAY)
    assert (booking.name, booking.zone) == ("Ana", "America/St_Johns")
    tick(world.house, TUESDAY)
    [letter] = world.house.provider.sent  # type: ignore[attr-defined]
    assert letter.subject != ""
    assert "See you on Thursday, 5 November 2026, 08:30" in letter.text
    page = world.web.get(world.own).text
    assert f"It was booked with {world.tool.title}" in page
    assert f"{world.own}/move" not in page


def test_moved_there_it_is_moved_here_and_cancelled_there_it_is_cancelled(world: World) -> None:
    uid = world.tool.book(world.shop, world.link, THURSDAY)
    world.tell_all()
    uid = world.tool.move(world.shop, uid, THURSDAY + timedelta(hours=2))
    world.tell_all()
    assert [one.starts_at for one in world.ahead()] == [THURSDAY + timedelta(hours=2)]
    world.tool.cancel(world.shop, uid)
    world.tell_all()
    assert world.ahead() == []
    assert world.tool.title in world.web.get(world.own).text


def test_told_backwards_and_twice_it_ends_the_same(world: World) -> None:
    uid = world.tool.book(world.shop, world.link, THURSDAY)
    world.tool.move(world.shop, uid, THURSDAY + timedelta(hours=2))
    world.shop.calls.reverse()
    again = list(world.shop.calls)
    world.tell_all()
    assert [one.starts_at for one in world.ahead()] == [THURSDAY + timedelta(hours=2)]
    before = everything(world.house.database)
    world.shop.calls += again
    world.tell_all()
    assert everything(world.house.database) == before


@CALENDLY
def test_letters_that_stop_with_a_booking_go_on_when_it_is_cancelled(world: World) -> None:
    course = replace(shipped_catalogue()[COURSE], after_booking="stop")
    vars(world.house.receiver.router)["catalogue"] = Catalogue({COURSE: course})
    uid = world.tool.book(world.shop, world.link, THURSDAY)
    world.tell_all()
    assert enrolment(world.house, world.reader).state == "finished"
    uid = world.tool.move(world.shop, uid, THURSDAY + timedelta(hours=2))
    cancelled, made = world.shop.calls
    world.shop.calls[:] = [cancelled]
    world.tell_all()
    assert enrolment(world.house, world.reader).state == "finished"
    world.shop.calls[:] = [made]
    world.tool.cancel(world.shop, uid)
    world.tell_all()
    assert enrolment(world.house, world.reader).state == "active"


def test_forged_cut_off_or_unsigned_calls_are_refused_and_not_kept(world: World) -> None:
    world.tool.book(world.shop, world.link, THURSDAY)
    [body] = world.shop.calls
    headers = dict(world.tool.sign(body, now(world.house)).headers)
    path = f"/hooks/{world.tool.name}/events"
    forged = body.replace(b"Ana", b"Eve")
    for sent, proof in ((forged, headers), (body[:-9], headers), (body, {}), (b"", headers)):
        assert world.web.post(path, content=sent, headers=proof).status_code == 401
    assert world.call(body, **{"content-type": "text/plain"}) == 200
    assert len(world.kept()) == 1


def test_a_stale_call_is_refused_where_calls_are_dated_and_else_known_again(world: World) -> None:
    world.tool.book(world.shop, world.link, THURSDAY)
    [body] = world.shop.calls
    hook = world.tool.sign(body, now(world.house))
    assert world.call(body) == 200
    go_to(world.house, now(world.house) + timedelta(minutes=6))
    path = f"/hooks/{world.tool.name}/events"
    answer = world.web.post(path, content=body, headers=dict(hook.headers))
    if world.tool.dates_its_calls:
        assert answer.status_code == 401
    else:
        assert answer.json() == {"status": "known"}
    assert world.call(body) == 200
    assert len(world.kept()) == 1


@CALCOM
def test_without_a_secret_nobody_is_believed_and_tools_have_no_other_door(
    world: World, sqlite: Database
) -> None:
    assert world.web.post(f"/hooks/{world.tool.name}/inbound", content=b"{}").status_code == 404
    bare = with_tool(world.tool, "http://127.0.0.1:9", webhook_secret="")
    with pages_of(make_house(sqlite, provider=MemoryProvider(), booking=bare)) as web:
        hook = world.tool.sign(b"{}", MONDAY)
        path = f"/hooks/{world.tool.name}/events"
        assert web.post(path, content=b"{}", headers=dict(hook.headers)).status_code == 401


def test_what_is_no_news_passes_and_what_is_unknown_is_seen_by_the_owner(world: World) -> None:
    surprise = json.dumps(world.tool.surprise).encode()
    bad = [b"[]", b"{", b'{"triggerEvent": [], "event": {}}', surprise]
    for body in (json.dumps(world.tool.no_news).encode(), *bad):
        assert world.call(body) == 200
    tick(world.house)
    with world.house.database.reading() as session:
        troubled = hook_calls.troubled(session)
    assert sum(troubled.values()) == len(bad)
    assert any("sung" in why.lower() for _, why in troubled)


@pytest.mark.parametrize("played", PLAYED.values(), ids=PLAYED)
def test_a_call_with_anything_wrong_in_it_is_understood_or_said_to_be_unreadable(
    played: Tool,
) -> None:
    shop = Shop(MONDAY)
    played.book(shop, f"{played.page}&email=ana@example.com", THURSDAY)
    entry, said = TOOLS[played.name], json.loads(shop.calls[0])
    tool = entry.make(entry.options(base_url="http://127.0.0.1:9"))
    for broken in damaged(said):
        told = None
        with suppress(HookUnreadable):
            told = tool.read(Hook({}, json.dumps(broken).encode()))
        if told is not None:
            assert all(word.isprintable() for word in vars(told).values() if isinstance(word, str))
            assert len(told.uid) <= TOOL_UID_LENGTH
    tool.close()


def damaged(said: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for name, value in said.items():
        yield from ({**said, name: wrong} for wrong in WRONG)
        if isinstance(value, dict):
            yield from ({**said, name: inner} for inner in damaged(value))


@CALCOM
def test_a_stranger_leaves_nothing_behind_and_nobody_is_told(world: World) -> None:
    world.tool.book(world.shop, world.tool.page, THURSDAY, email="stranger@example.com")
    world.tell_all()
    world.house.engine.follow()
    assert world.ahead() == []
    [call] = world.kept()
    assert hook_calls.open_hook(world.house.vault, call) == Hook({}, b"")
    assert call.trouble is None
    tick(world.house)
    assert world.house.provider.sent == []  # type: ignore[attr-defined]


def test_our_code_comes_before_the_address_typed_there(world: World) -> None:
    other = join(world.house, "eve@example.com")
    world.tool.book(world.shop, world.link, THURSDAY, email="eve@example.com")
    world.tool.book(world.shop, world.link, THURSDAY + timedelta(hours=1), email="new@example.com")
    world.tell_all()
    assert {one.enrolment_id for one in world.ahead()} == {world.reader} != {other}


@CALCOM
def test_nothing_here_moves_or_cancels_what_was_booked_there(world: World) -> None:
    world.tool.book(world.shop, world.link, THURSDAY)
    world.tell_all()
    before = everything(world.house.database)
    [booking] = world.ahead()
    form = {"session": booking.uid, "starts_at": THURSDAY.isoformat(), "kind": "video"} | PRESSED
    for act in ("move", "cancel"):
        assert world.tool.title in world.web.get(f"{world.own}/{act}").text
        refused = world.web.post(f"{world.own}/{act}", data=form)
        assert f"use the link in the email from {world.tool.title}" in refused.text
    assert everything(world.house.database) == before


@CALCOM
def test_all_that_is_kept_of_it_is_handed_out_and_erased(world: World) -> None:
    world.tool.book(world.shop, world.link, THURSDAY)
    world.tell_all()
    [session] = export(world.house, "ana@example.com")["sessions"]
    assert (session["tool"], session["starts_at"]) == (world.tool.name, THURSDAY.isoformat())
    assert erase(world.house, "ana@example.com") is not None
    assert world.ahead() == []
    world.tool.book(world.shop, world.tool.page, THURSDAY, email="ana@example.com")
    world.tell_all()
    world.house.engine.follow()
    assert world.ahead() == []
    assert "ana@example.com" not in str(everything(world.house.database))


def test_the_doctor_says_whether_key_and_secret_are_there(world: World, sqlite: Database) -> None:
    found = booking_account(world.house, world.tool.name)
    assert [(each.mark, each.what) for each in found] == [
        ("ok", f"account with {world.tool.title}"),
        ("ok", f"webhook of {world.tool.title}"),
    ]
    section = with_tool(world.tool, world.player.url, api_key="another", webhook_secret="")
    key, hooks = booking_account(
        make_house(sqlite, provider=MemoryProvider(), booking=section), world.tool.name
    )
    assert (key.mark, hooks.mark) == ("wrong", "look")
    assert f"{world.tool.title} doesn't accept our key" in key.says
    assert f"booking.{world.tool.name}.api_key" in key.says
    assert "WEBHOOK_SECRET" in hooks.cure


@CALCOM
def test_the_owner_sees_it_in_her_list_and_changes_it_there(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.tool.book(world.shop, world.link, THURSDAY)
    world.tell_all()
    monkeypatch.setattr(command, "open_house", lambda: world.house)
    told = CliRunner().invoke(command.command, ["list", "--json"]).output
    [listed] = json.loads(told)["sessions"]
    assert listed["tool"] == "Cal.com"
    for act in ("confirm", "cancel"):
        refused = CliRunner().invoke(command.command, [act, listed["id"]])
        assert "was booked with Cal.com" in str(refused.exception)
    assert len(world.ahead()) == 1


def test_what_a_chosen_tool_needs_is_named_at_once_with_other_mistakes(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("LETTERCOURSE_SETTINGS", str(SHIPPED_SETTINGS))
    monkeypatch.setenv("LETTERCOURSE_BOOKING__TOOL", "calendly")
    monkeypatch.setenv("LETTERCOURSE_BOKING__TOOL", "own")
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert [line.split(":")[0] for line in caught.value.mistakes] == [
        "LETTERCOURSE_BOKING__TOOL",
        "booking.calendly.page",
        "booking.calendly.api_key",
    ]
    monkeypatch.delenv("LETTERCOURSE_BOKING__TOOL")
    (tmp_path / "key").write_text("abc\n")
    monkeypatch.setenv("LETTERCOURSE_BOOKING__CALENDLY__API_KEY_FILE", str(tmp_path / "key"))
    monkeypatch.setenv("LETTERCOURSE_BOOKING__CALENDLY__PAGE", "https://calendly.com/you/session")
    assert load_settings().booking.options("calendly").secret("api_key") == "abc"
    assert "abc" not in repr(load_settings())
