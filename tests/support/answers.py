"""A vendor that gives the one answer a test is about."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from emails.providers.base import Outcome
from emails.providers.base import Vendor as Ours
from tests.players.played import SHORT_SECONDS, Vendor
from tests.players.vendor import Call, Journal, Player, Verdict
from tests.support.messages import messages


@contextmanager
def answering(vendor: Vendor, judge: Callable[[Call], Verdict], **options: str) -> Iterator[Ours]:
    with Player(judge, lambda _: Verdict(500, {}), Journal(None)) as player:
        provider = vendor.provider(player.url, SHORT_SECONDS, **options)
        yield provider
        provider.close()


def outcomes_of(
    vendor: Vendor,
    status: int,
    body: Any,
    headers: Mapping[str, str] | None = None,
    *,
    size: int = 1,
) -> list[Outcome]:
    """What becomes of messages when every call is answered so."""
    with answering(vendor, lambda _: Verdict(status, body, headers=headers or {})) as provider:
        return provider.send(messages(size), "0123456789abcdef0123456789abcdef")
