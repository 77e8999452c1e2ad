"""What the contract needs to know of a booking tool that is played, and what all of them share."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

from emails.providers.hooks import Hook
from tests.players.faults import Fault
from tests.players.vendor import Call, Item, Journal, Player, Verdict

KEY, SECRET = "a-key-of-theirs", "a-secret-of-ours"
LENGTH = timedelta(minutes=50)
SMALL_PAGE = 2


@dataclass
class Shop:
    """The tool's own books. What it would tell us by webhook is in `calls`, in order."""

    now: datetime
    sessions: dict[str, Item] = field(default_factory=dict)
    calls: list[bytes] = field(default_factory=list)
    numbers: int = 0

    def tick(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now

    def number(self) -> int:
        self.numbers += 1
        return self.numbers

    def tell(self, body: Item) -> None:
        self.calls.append(json.dumps(body).encode())


@dataclass(frozen=True)
class Tool:
    """`book`, `move` and `cancel` do there what its people do; the first two return an id."""

    name: str
    title: str
    page: str
    judge: Callable[[Shop, Call], Verdict]
    sign: Callable[[bytes, datetime], Hook]
    book: Callable[..., str]
    move: Callable[[Shop, str, datetime], str]
    cancel: Callable[[Shop, str], None]
    no_news: Item
    surprise: Item
    dates_its_calls: bool = False

    def play(self, shop: Shop) -> Player:
        return Player(lambda call: self.judge(shop, call), _trouble, Journal(None))


def _trouble(fault: Fault) -> Verdict:
    return Verdict(fault.status, {})


def asked(call: Call) -> tuple[str, Mapping[str, str]]:
    """A GET's path and what stands behind its question mark."""
    parts = urlsplit(call.path.removeprefix("GET "))
    return parts.path, {name: values[0] for name, values in parse_qs(parts.query).items()}


def filled(link: str) -> Mapping[str, str]:
    """What a link to the booking page brings along, as its form reads it."""
    return {name: values[0] for name, values in parse_qs(urlsplit(link).query).items()}


def knows(call: Call) -> bool:
    return call.headers.get("Authorization") == f"Bearer {KEY}"


def stamp(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.000Z")


def instant(at: Any) -> datetime:
    return datetime.fromisoformat(str(at))
