"""A house whose readers book with a tool elsewhere, which is played."""

import tomllib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import httpx
from sqlalchemy import select

from app.bootstrap import House
from course import bookings, tool_rounds
from course.bookings import Booking
from course.database import Database
from emails.booking_tools.registry import TOOLS
from emails.hook_calls import HookCall
from emails.providers.memory import MemoryProvider
from tests.players import calcom, calendly
from tests.players.booked import KEY, SECRET, Shop, Tool
from tests.players.vendor import Player
from tests.support.houses import (
    MONDAY,
    SHIPPED_SETTINGS,
    enrolment,
    go_to,
    join,
    make_house,
    now,
    tick,
)
from tests.support.pages import pages_of

PLAYED = {tool.name: tool for tool in (calcom.TOOL, calendly.TOOL)}


@dataclass
class World:
    """A house whose readers book with a tool, the tool, and what passes between the two."""

    house: House
    tool: Tool
    shop: Shop
    player: Player
    reader: int
    open: ExitStack

    @cached_property
    def web(self) -> httpx.Client:
        """Its pages, for whoever wants to see one."""
        return self.open.enter_context(pages_of(self.house))

    @property
    def own(self) -> str:
        code = enrolment(self.house, self.reader).code
        url = self.house.links.book(code)
        return url.removeprefix(self.house.settings.web.public_url)

    @property
    def link(self) -> str:
        """What the button on her page leads to."""
        code, reader = enrolment(self.house, self.reader).code, "ana@example.com"
        tool = self.house.booking_tool(self.tool.name)
        return tool.page_for(code, reader, "Ana") if tool else ""

    def call(self, body: bytes, **headers: str) -> int:
        hook = self.tool.sign(body, now(self.house))
        path = f"/hooks/{self.tool.name}/events"
        return self.web.post(path, content=body, headers=dict(hook.headers) | headers).status_code

    def tell_all(self) -> None:
        """Everything the tool has to tell, and then it is understood."""
        for body in self.shop.calls:
            assert self.call(body) == 200
        self.shop.calls.clear()
        tick(self.house)

    def ask(self) -> None:
        """Once it may be asked again."""
        go_to(self.house, now(self.house) + tool_rounds.EVERY)
        self.house.engine.follow()

    def ahead(self) -> list[Booking]:
        with self.house.database.reading() as session:
            return [one for one, _ in bookings.all_ahead(session, now(self.house))]

    def kept(self) -> list[HookCall]:
        with self.house.database.reading() as session:
            return list(session.scalars(select(HookCall)))


@contextmanager
def world_with(tool: Tool, database: Database) -> Iterator[World]:
    shop = Shop(MONDAY)
    with tool.play(shop) as player, ExitStack() as opened:
        house = make_house(database, provider=MemoryProvider(), booking=with_tool(tool, player.url))
        yield World(house, tool, shop, player, join(house), opened)
        close(house)


def close(house: House) -> None:
    for name in TOOLS:
        if tool := house.booking_tool(name):
            tool.close()
    house.life.end()


def with_tool(tool: Tool, url: str, **more: Any) -> dict[str, Any]:
    shipped = tomllib.loads(SHIPPED_SETTINGS.read_text(encoding="utf-8"))["booking"]
    secrets = {"api_key": KEY, "webhook_secret": SECRET}
    section = {"page": tool.page, "base_url": url, "timeout_seconds": 2} | secrets | more
    return dict(shipped | {"tool": tool.name, tool.name: section})
