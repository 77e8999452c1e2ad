"""The vendors the contract is stated of, one line each, and each on a stage of its own."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

from emails.providers.base import Vendor as Ours
from tests.players import (
    brevo,
    mailersend,
    mailgun,
    mailjet,
    mailtrap,
    postmark,
    resend,
    sendgrid,
    ses,
    smtp,
    sparkpost,
)
from tests.players.played import SHORT_SECONDS, Arrived, Playing, Vendor
from tests.players.vendor import Item

VENDORS: tuple[Vendor, ...] = (
    resend.PLAYED,
    postmark.PLAYED,
    brevo.PLAYED,
    mailjet.PLAYED,
    mailersend.PLAYED,
    sendgrid.PLAYED,
    mailgun.PLAYED,
    ses.PLAYED,
    sparkpost.PLAYED,
    mailtrap.PLAYED,
    smtp.PLAYED,
)
WITH_WEBHOOKS = tuple(vendor for vendor in VENDORS if vendor.has_webhooks)


def where(holds: Callable[[Vendor], bool]) -> pytest.MarkDecorator:
    """For the truths of some vendors only, in place of the fixture `vendor`."""
    chosen = [vendor for vendor in VENDORS if holds(vendor)]
    return pytest.mark.parametrize("vendor", chosen, ids=[vendor.name for vendor in chosen])


@dataclass(frozen=True)
class Stage:
    """A vendor at work: its player, and our side of it."""

    vendor: Vendor
    player: Playing
    provider: Ours

    @property
    def entries(self) -> list[Item]:
        """What was taken, in the order of the batch; calls side by side arrive as they like."""
        entries = self.player.journal.entries
        return sorted(entries, key=lambda e: e["to"]) if self.vendor.one_call_each else entries

    @property
    def arrived(self) -> list[Arrived]:
        return [self.vendor.read(entry) for entry in self.entries]


@contextmanager
def on_stage(vendor: Vendor, timeout_seconds: float = SHORT_SECONDS) -> Iterator[Stage]:
    with vendor.play() as player:
        provider = vendor.provider(player.url, timeout_seconds)
        try:
            yield Stage(vendor, player, provider)
        finally:
            provider.close()
