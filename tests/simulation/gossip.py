"""What the provider tells of each email it took: late, twice, in any order, or not at all."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from emails.message import Message
from emails.providers.hooks import Event, EventKind

Kinds = tuple[EventKind, ...]

ARRIVES: tuple[Kinds, ...] = (
    (EventKind.ACCEPTED, EventKind.DELIVERED),
    (EventKind.DELIVERED,),
    # Tried again and again: each is an event of its own, and the first is the milestone.
    (EventKind.ACCEPTED, EventKind.DEFERRED, EventKind.DEFERRED, EventKind.DELIVERED),
    (EventKind.ACCEPTED, EventKind.SOFT_BOUNCE),
    (EventKind.SOFT_BOUNCE,),
)
TROUBLE: tuple[Kinds, ...] = (
    (EventKind.ACCEPTED, EventKind.HARD_BOUNCE),
    (EventKind.HARD_BOUNCE,),
    (EventKind.DELIVERED, EventKind.COMPLAINT),
)
# A mailbox that nobody empties: all that goes there bounces softly, for good.
FULL: Kinds = (EventKind.DEFERRED, EventKind.SOFT_BOUNCE)
MINUTES = (0, 0, 1, 10, 600, 20_000)
TWICE = 0.3


@dataclass(frozen=True)
class Telling:
    """One event, when it is told, and of which message."""

    at: datetime
    event: Event
    message: Message


@dataclass
class Gossip:
    rng: Random
    # How much of what there is to tell is told, and how much of it is bad news.
    chatty: float = 0.0
    trouble: float = 0.0
    full: set[str] = field(default_factory=set)
    waiting: list[Telling] = field(default_factory=list)
    _told: int = 0

    def took(self, message: Message, at: datetime) -> None:
        if self.rng.random() >= self.chatty:
            return
        for kind in self._story(message):
            self._told += 1
            when = at + timedelta(minutes=self.rng.randint(0, self.rng.choice(MINUTES)))
            event = Event(f"event-{self._told}", kind, kind, message.key, at=when)
            times = 2 if self.rng.random() < TWICE else 1
            self.waiting += [Telling(self._later(when), event, message) for _ in range(times)]

    def due(self, now: datetime) -> Sequence[Telling]:
        """What is told by now, in any order; it isn't told again unless it waits twice."""
        told = [one for one in self.waiting if one.at <= now]
        self.waiting = [one for one in self.waiting if one.at > now]
        self.rng.shuffle(told)
        return told

    def last(self) -> datetime | None:
        return max((one.at for one in self.waiting), default=None)

    def _story(self, message: Message) -> Kinds:
        if message.to in self.full:
            return FULL
        return self.rng.choice(TROUBLE if self.rng.random() < self.trouble else ARRIVES)

    def _later(self, at: datetime) -> datetime:
        return at + timedelta(minutes=self.rng.randint(0, self.rng.choice(MINUTES)))
