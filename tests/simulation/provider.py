"""A provider that may do whatever a real one does, and remembers what it really took."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from emails.message import Message
from emails.providers.base import (
    Accepted,
    AccountPaused,
    Outcome,
    Rejected,
    TryLater,
    Unknown,
)
from scheduler.freezing import freeze
from tests.simulation.faults import Crash, demand

# What the vendor really remembers; what its adapter declares is an hour less, as Resend's is.
REAL_WINDOW = timedelta(hours=24)
DECLARED_WINDOW = timedelta(hours=23)
LONGEST_CALL = 60

WHOLE = ("accept", "429", "429 with a wait", "account paused", "502 before", "502 after")
DEATHS = ("crash before", "crash after", "frozen before", "frozen after")


@dataclass
class Weather:
    """How often anything goes wrong; zeros in fine weather."""

    call: float = 0.0
    message: float = 0.0
    death: float = 0.0


@dataclass
class Remembered:
    """What the vendor keeps under an idempotency key."""

    since: datetime
    body: bytes
    taken: dict[str, Outcome] = field(default_factory=dict)


class ModelProvider:
    name = "model"
    calls_per_second = 0.0

    def __init__(self, rng: Random, true_now: Callable[[], datetime], *, keyed: bool) -> None:
        self._rng, self._true_now = rng, true_now
        self.max_batch = rng.choice((1, 2, 3, 100, 100))
        self.dedupe_window = DECLARED_WINDOW if keyed else timedelta(0)
        self.attachments_in_batch = rng.random() < 0.5
        self.weather = Weather()
        self.bad: set[str] = set()
        self.calls = 0
        self.handed_over: Callable[[Sequence[Message], str], None] = lambda _batch, _key: None
        self.answered: Callable[[Sequence[Message]], None] = lambda _batch: None
        self.took: Callable[[Message, str], None] = lambda _message, _key: None
        # Between its taking the messages and our having its answer.
        self.meanwhile: Callable[[], None] = lambda: None
        self.pass_time: Callable[[timedelta], None] = lambda _length: None
        self.frozen: Callable[[], None] = lambda: None
        self.said: Callable[[str], None] = lambda _line: None
        self._memory: dict[str, Remembered] = {}

    def send(self, batch: Sequence[Message], key: str) -> list[Outcome]:
        self.calls += 1
        self.handed_over(batch, key)
        try:
            return self._carry(batch, key, self._fate())
        finally:
            self.answered(batch)

    def _carry(self, batch: Sequence[Message], key: str, fate: str) -> list[Outcome]:
        self.said(f"call of {len(batch)}: {fate}")
        if fate == "frozen before":
            self.frozen()
        if fate == "crash before":
            raise Crash(fate)
        self.pass_time(timedelta(seconds=self._rng.randrange(LONGEST_CALL)))
        outcomes = self._judge(batch, key, fate)
        self.meanwhile()
        if fate == "frozen after":
            self.frozen()
        if fate == "crash after":
            raise Crash(fate)
        return outcomes

    def _fate(self) -> str:
        if self._rng.random() < self.weather.death:
            return self._rng.choice(DEATHS)
        return self._rng.choice(WHOLE) if self._rng.random() < self.weather.call else "accept"

    def _judge(self, batch: Sequence[Message], key: str, fate: str) -> list[Outcome]:
        match fate:
            case "429":
                return [TryLater("429", too_fast=self._rng.random() < 0.5)] * len(batch)
            case "429 with a wait":
                wait = timedelta(seconds=self._rng.choice((0, 5, 900, 90_000)))
                return [TryLater("429", wait)] * len(batch)
            case "account paused":
                wait = timedelta(minutes=self._rng.choice((5, 300)))
                return [AccountPaused("quota", wait)] * len(batch)
            case "502 before":
                return [Unknown("502")] * len(batch)
        remembered = self._recall(batch, key)
        outcomes = [self._take(message, key, remembered) for message in batch]
        return [Unknown("502")] * len(batch) if fate == "502 after" else outcomes

    def _recall(self, batch: Sequence[Message], key: str) -> Remembered:
        """What the vendor knows under this key: nothing without keys, or once it has forgotten."""
        now, body = self._true_now(), freeze(batch)
        known = self._memory.get(key)
        if known is None or not self.dedupe_window or now - known.since >= REAL_WINDOW:
            known = self._memory[key] = Remembered(now, body)
        demand(known.body == body, 5, "a repeat under the same key isn't the same to the byte")
        return known

    def _take(self, message: Message, key: str, remembered: Remembered) -> Outcome:
        if message.key in remembered.taken:
            return remembered.taken[message.key]
        outcome = self._verdict(message)
        if isinstance(outcome, Accepted):
            self.took(message, key)
        if isinstance(outcome, Accepted | Rejected):
            remembered.taken[message.key] = outcome
        if isinstance(outcome, Accepted) and self._rng.random() < self.weather.message / 2:
            return Unknown("its line of the answer can't be read")
        return outcome

    def _verdict(self, message: Message) -> Outcome:
        if message.to in self.bad:
            return Rejected("no such box")
        if self._rng.random() >= self.weather.message:
            return Accepted(f"model-{message.key[:8]}")
        return self._rng.choice((Rejected("spam"), TryLater("its turn didn't come"), Unknown("?")))
