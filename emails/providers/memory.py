"""A provider that keeps what it was given: for rehearsals and tests."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from emails.message import Message
from emails.providers.base import Accepted, Outcome

Verdict = Callable[[Message], Outcome]


def accept(message: Message) -> Outcome:
    return Accepted(f"memory-{message.key}")


@dataclass
class MemoryProvider:
    """`verdict` decides each message's outcome; what it accepts is in `sent`, in order."""

    name: str = "memory"
    max_batch: int = 100
    dedupe_window: timedelta = timedelta(0)
    attachments_in_batch: bool = True
    calls_per_second: float = 0
    verdict: Verdict = accept
    sent: list[Message] = field(default_factory=list)
    calls: list[tuple[str, list[Message]]] = field(default_factory=list)

    def send(self, batch: Sequence[Message], key: str) -> list[Outcome]:
        self.calls.append((key, list(batch)))
        outcomes = [self.verdict(message) for message in batch]
        self.sent += [
            message
            for message, outcome in zip(batch, outcomes, strict=True)
            if isinstance(outcome, Accepted)
        ]
        return outcomes
