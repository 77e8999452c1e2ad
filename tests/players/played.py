"""What the contract needs to know of a vendor that is played: each player's file ends with one."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol, Self

from emails.providers.base import Vendor as Ours
from emails.providers.hooks import Hook
from emails.providers.options import Account
from emails.providers.registry import VENDORS as REGISTRY
from tests.players.faults import Fault, Kind
from tests.players.vendor import Call, Item, Journal

# Every player refuses this recipient.
BAD = "bad@example.com"
# How long an answer is waited for: longer than a busy machine takes, and one that hangs costs it.
SHORT_SECONDS = 1.0


class Playing(Protocol):
    """A player at work, whatever protocol it speaks."""

    faults: deque[Fault]
    calls: list[Call]
    journal: Journal

    @property
    def url(self) -> str: ...

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...


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
    # Forms of the letter beside its words, as (type, content in base64).
    alternatives: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True)
class Vendor:
    """`options` are what its account needs.

    `read` tells what its player's journal holds; `sign` makes a call to our webhook, at a moment.
    """

    name: str
    play: Callable[[], Playing]
    options: dict[str, Any]
    read: Callable[[Item], Arrived]
    sign: Callable[[bytes, datetime], Hook]
    maintenance_is_certain: bool = False
    # Where it has no batch of our kind, each message takes a call of its own.
    one_call_each: bool = False
    # Headers that it sets itself, whatever ours say; in lower case.
    own_headers: frozenset[str] = frozenset()
    # Where it takes a whole email, put together by us.
    takes_mime: bool = False
    # Where it tells an attachment's type by its name.
    guesses_types: bool = False
    # Over HTTP there are all of these; another protocol knows some of them.
    faults: frozenset[Kind] = frozenset(Kind)
    scheme: str = "http"
    # The option that proves to it who we are.
    login: str = "api_key"
    has_webhooks: bool = True
    # What its webhooks prove, and where the proof stands.
    signs_the_body: bool = False
    dates_its_calls: bool = False
    proof_in_body: bool = False
    # So old it proves nothing any more; and what to take away so that nobody can be believed.
    stale_after: timedelta = timedelta(hours=2)
    without_proof: dict[str, Any] = field(default_factory=lambda: {"webhook_secret": ""})
    # Where more of it must be played than a server.
    make: Callable[[Any], Ours] | None = None

    @property
    def group(self) -> int:
        """How many messages meet the same fault: those of one call."""
        return 1 if self.one_call_each else 3

    def provider(self, url: str, timeout_seconds: float = SHORT_SECONDS, /, **options: Any) -> Ours:
        entry = REGISTRY[self.name]
        given: dict[str, Any] = self.options | options
        chosen: Account = entry.options(base_url=url, timeout_seconds=timeout_seconds, **given)
        if self.make:
            return self.make(chosen)
        return entry.provider(chosen, lambda: datetime.now(UTC))


def files(items: list[dict[str, Any]], *names: str) -> list[tuple[str, str, str]]:
    first, second, third = names
    return [(item[first], item[second], item[third]) for item in items]
