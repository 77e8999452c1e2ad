"""What every provider can do, and what can come of handing over a message.

A provider hands messages over. A vendor is one that is a company elsewhere: it can be asked whether
our account with it works, and it calls our webhooks.

An outcome is shaped by what the caller does next, not by what the vendor calls it. A vendor's own
word stays visible in `reason`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from emails.message import Message
from emails.providers.hooks import Event, Hook, Received


@dataclass(frozen=True)
class Accepted:
    """The provider has it and gave it this id; none where only a receipt tells so."""

    provider_id: str | None


@dataclass(frozen=True)
class Rejected:
    """The provider will never take this message; trying again is no use."""

    reason: str


@dataclass(frozen=True)
class TryLater:
    """Certainly not taken; the same message may be tried again, after `after` when it is given.

    `too_fast` where the vendor says that we call too often, which concerns all our calls.
    """

    reason: str
    after: timedelta | None = None
    too_fast: bool = False


@dataclass(frozen=True)
class Alone:
    """The batch was refused as a whole and nothing of it was taken: each may be tried alone."""

    reason: str


@dataclass(frozen=True)
class AccountPaused:
    """Certainly not taken, and nothing else will be until the owner or time has mended it."""

    reason: str
    after: timedelta


@dataclass(frozen=True)
class Unknown:
    """The request left and no answer tells what became of it: neither success nor failure."""

    reason: str


Outcome = Accepted | Rejected | TryLater | Alone | AccountPaused | Unknown


class Provider(Protocol):
    """Somebody who takes messages.

    `dedupe_window` is how long a repeat of the same batch with the same key is recognised; zero
    where it never is, and then what is unknown stays unknown. `attachments_in_batch` is false
    where a message with an attachment must travel alone. `calls_per_second` is what its own pages
    allow; zero where they name nothing.
    """

    name: str
    max_batch: int
    dedupe_window: timedelta
    attachments_in_batch: bool
    calls_per_second: float

    def send(self, batch: Sequence[Message], key: str) -> list[Outcome]:
        """Hand over at most `max_batch` messages; returns one outcome for each, in order.

        Never raises for anything the network or the vendor did.
        """
        ...


class Vendor(Provider, Protocol):
    """A company elsewhere. Its file is all that knows its words."""

    def close(self) -> None: ...

    def probe(self) -> list[str]:
        """What is wrong with our account, in sentences with their cure; empty when it works."""
        ...

    def verify(self, hook: Hook, now: datetime) -> str:
        """The id under which this very call would be repeated.

        Raises HookRefused unless the vendor made it, just now; FetchFailed where that has to be
        asked elsewhere and can't be; HookTried when it only tries whether we answer.
        """
        ...

    def read_events(self, hook: Hook) -> list[Event]:
        """What a verified call says. Raises HookUnreadable."""
        ...

    def read_inbound(self, hook: Hook) -> list[Received]:
        """The emails a verified call brings. Raises HookUnreadable."""
        ...

    def fetch(self, reference: str) -> bytes | None:
        """A received email that was only announced; nothing when the vendor has it no more.

        Raises FetchFailed when it may be there the next time.
        """
        ...
