"""The registry of vendors the contract is stated of: one line each, and how to read its journal."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

import httpx

from emails.providers.base import Provider
from emails.providers.postmark import PostmarkProvider
from emails.providers.resend import ResendProvider
from tests.players import postmark, resend
from tests.players.vendor import Item, Player

BAD = "bad@example.com"
SHORT = httpx.Timeout(0.3)


class Closing(Provider, Protocol):
    def close(self) -> None: ...


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
    name: str
    play: Callable[[], Player]
    provider: Callable[[str, httpx.Timeout], Closing]
    impostor: Callable[[str], Closing]
    read: Callable[[Item], Arrived]
    maintenance_is_certain: bool


@dataclass(frozen=True)
class Stage:
    """A vendor at work: its player, and our side of it."""

    vendor: Vendor
    player: Player
    provider: Closing

    @property
    def arrived(self) -> list[Arrived]:
        return [self.vendor.read(entry) for entry in self.player.journal.entries]


@contextmanager
def on_stage(vendor: Vendor, timeout: httpx.Timeout = SHORT) -> Iterator[Stage]:
    with vendor.play() as player:
        provider = vendor.provider(player.url, timeout)
        try:
            yield Stage(vendor, player, provider)
        finally:
            provider.close()


def _read_resend(entry: Item) -> Arrived:
    message = entry["message"]
    return Arrived(
        to=message["to"][0],
        sender=message["from"],
        reply_to=message["reply_to"][0],
        subject=message["subject"],
        html=message["html"],
        text=message["text"],
        headers=message["headers"],
        key=message["tags"][0]["value"],
        attachments=_files(message.get("attachments", []), "filename", "content_type", "content"),
    )


def _read_postmark(entry: Item) -> Arrived:
    message = entry["message"]
    return Arrived(
        to=message["To"],
        sender=message["From"],
        reply_to=message["ReplyTo"],
        subject=message["Subject"],
        html=message["HtmlBody"],
        text=message["TextBody"],
        headers=entry["headers"],
        key=message["Metadata"]["key"],
        attachments=_files(message["Attachments"], "Name", "ContentType", "Content"),
    )


def _files(items: list[dict[str, Any]], *names: str) -> list[tuple[str, str, str]]:
    first, second, third = names
    return [(item[first], item[second], item[third]) for item in items]


VENDORS = (
    Vendor(
        "resend",
        lambda: resend.make_resend(rules=resend.Rules(bad={BAD})),
        lambda url, timeout: ResendProvider(resend.API_KEY, url, timeout),
        lambda url: ResendProvider("re_somebody_else", url, SHORT),
        _read_resend,
        maintenance_is_certain=False,
    ),
    Vendor(
        "postmark",
        lambda: postmark.make_postmark(rules=postmark.Rules(bad={BAD})),
        lambda url, timeout: PostmarkProvider(postmark.TOKEN, url, "outbound", timeout),
        lambda url: PostmarkProvider("somebody-else", url, "outbound", SHORT),
        _read_postmark,
        maintenance_is_certain=True,
    ),
)
