"""What an examination finds, a line each, and how questions are asked that may get no answer."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from threading import Thread

# A single call gives up a little earlier, so that it can still say why.
CALL_SECONDS = 4.0
PATIENCE_SECONDS = 5.0


class Mark(StrEnum):
    OK = "ok"
    LOOK = "look"
    WRONG = "wrong"


@dataclass(frozen=True)
class Finding:
    mark: Mark
    what: str
    says: str
    cure: str = ""

    def as_json(self) -> dict[str, str]:
        return {"mark": self.mark, "what": self.what, "says": self.says, "cure": self.cure}


@dataclass(frozen=True)
class Question:
    """`ask` may raise and may hang; it finds at least one thing."""

    what: str
    ask: Callable[[], list[Finding]]


def ok(what: str, says: str) -> Finding:
    return Finding(Mark.OK, what, says)


def look(what: str, says: str, cure: str = "") -> Finding:
    return Finding(Mark.LOOK, what, says, cure)


def wrong(what: str, says: str, cure: str = "") -> Finding:
    return Finding(Mark.WRONG, what, says, cure)


def answers(questions: Sequence[Question], seconds: float = PATIENCE_SECONDS) -> list[Finding]:
    """All are asked at once; whatever isn't answered in time is said to be so.

    In threads that nobody waits for at the end: looking up a name obeys no timeout.
    """
    found: dict[int, list[Finding]] = {}

    def ask(n: int) -> None:
        found[n] = _answer(questions[n])

    threads = [Thread(target=ask, args=(n,), daemon=True) for n in range(len(questions))]
    for thread in threads:
        thread.start()
    until = time.monotonic() + seconds
    for thread in threads:
        thread.join(max(0.0, until - time.monotonic()))
    return [
        finding
        for n, question in enumerate(questions)
        for finding in found.get(n) or [_unasked(question, f"no answer within {seconds:g} seconds")]
    ]


def _answer(question: Question) -> list[Finding]:
    try:
        return question.ask()
    except Exception as error:  # noqa: BLE001  one question's trouble leaves the others theirs
        return [_unasked(question, f"couldn't be asked ({type(error).__name__})")]


def _unasked(question: Question, why: str) -> Finding:
    return look(question.what, f"{why}.", "Run this again; if it stays so, look there yourself.")
