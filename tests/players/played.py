"""What the contract needs to know of a vendor that is played: each player's file ends with one."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from emails.providers.base import Vendor as Ours
from emails.providers.hooks import Hook
from emails.providers.options import Options
from emails.providers.registry import VENDORS as REGISTRY
from tests.players.vendor import Item, Player

# Every player refuses this recipient.
BAD = "bad@example.com"
SHORT_SECONDS = 0.3


@dataclass(frozen=True)
class Arrived:
    """One email as the vendor took it, in our words."""

    to: str
    sender: str
    reply_to: str
    subject: str
    html: str
    text: str
    headers: dict[str, str]
    key: str
    attachments: list[tuple[str, str, str]]


@dataclass(frozen=True)
class Vendor:
    """`options` are what its account needs.

    `read` tells what its player's journal holds; `sign` makes a call to our webhook, at a moment.
    """

    name: str
    play: Callable[[], Player]
    options: dict[str, str]
    read: Callable[[Item], Arrived]
    sign: Callable[[bytes, datetime], Hook]
    maintenance_is_certain: bool = False
    # Where it has no batch of our kind, each message takes a call of its own.
    one_call_each: bool = False
    # What its webhooks prove, and where the proof stands.
    signs_the_body: bool = False
    dates_its_calls: bool = False
    proof_in_body: bool = False

    @property
    def group(self) -> int:
        """How many messages meet the same fault: those of one call."""
        return 1 if self.one_call_each else 3

    def provider(self, url: str, timeout_seconds: float = SHORT_SECONDS, **options: str) -> Ours:
        entry = REGISTRY[self.name]
        given: dict[str, Any] = self.options | options
        chosen: Options = entry.options(base_url=url, timeout_seconds=timeout_seconds, **given)
        return entry.make(chosen)


def files(items: list[dict[str, Any]], *names: str) -> list[tuple[str, str, str]]:
    first, second, third = names
    return [(item[first], item[second], item[third]) for item in items]
