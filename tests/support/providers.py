"""Providers for the moments between the steps: the memory provider, with something happening."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from emails.compose import Composed, Composer
from emails.message import Message
from emails.providers.base import Outcome
from emails.providers.memory import MemoryProvider

DAY = timedelta(hours=24)


def nothing() -> None:
    pass


@dataclass
class Interrupted(MemoryProvider):
    """Lets something happen while a call is under way."""

    during: Callable[[], None] = nothing

    def send(self, batch: Sequence[Message], key: str) -> list[Outcome]:
        self.during()
        return super().send(batch, key)


@dataclass
class Scripted(MemoryProvider):
    """Answers whole calls as told, one after the other, and then accepts."""

    answers: list[Outcome] = field(default_factory=list)

    def send(self, batch: Sequence[Message], key: str) -> list[Outcome]:
        answer = self.answers.pop(0) if self.answers else None
        accepting = self.verdict
        self.verdict = (lambda _: answer) if answer else accepting
        try:
            return super().send(batch, key)
        finally:
            self.verdict = accepting


def to(
    addresses: dict[str, Outcome], otherwise: Callable[[Message], Outcome]
) -> Callable[[Message], Outcome]:
    """A verdict by address."""
    return lambda message: addresses.get(message.to) or otherwise(message)


class InterruptedComposer:
    """A composer during whose first letter something happens."""

    def __init__(self, composer: Composer, during: Callable[[], None]) -> None:
        self._composer, self._during = composer, during

    def lesson(self, *arguments: object) -> Composed:
        self._during()
        self._during = nothing
        return self._composer.lesson(*arguments)  # type: ignore[arg-type]
