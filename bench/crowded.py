"""An installation full of readers, in a process of its own: `python -m bench.crowded URL READERS`.

Answers "idle" and "busy" with the seconds of one such tick, and "memory" with its peak in MB.
"""

import sys
from collections.abc import Callable
from dataclasses import replace
from time import perf_counter

from app.bootstrap import House
from bench.child import READY
from bench.stage import open_house, peak_mb, warm_up
from emails.providers.memory import MemoryProvider
from tests.support.crowd import make_due
from tests.support.houses import MONDAY, TUESDAY

DUE = 1_000


def main(url: str, readers: int) -> None:
    provider = MemoryProvider()
    house = replace(open_house(url, "http://127.0.0.1:1"), provider=provider)
    warm_up(house)
    answers: dict[str, Callable[[], float]] = {
        "idle": lambda: _seconds(lambda: house.engine.tick(MONDAY)),
        "busy": lambda: _busy(house, provider, readers),
        "memory": peak_mb,
    }
    print(READY, flush=True)
    for line in sys.stdin:
        print(answers[line.strip()](), flush=True)
    house.life.end()


def _busy(house: House, provider: MemoryProvider, readers: int) -> float:
    make_due(house.database, DUE, readers, TUESDAY)
    seconds = _seconds(lambda: house.engine.tick(TUESDAY))
    assert len(provider.sent) == DUE
    provider.sent.clear()
    provider.calls.clear()
    return seconds


def _seconds(work: Callable[[], object]) -> float:
    start = perf_counter()
    work()
    return perf_counter() - start


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
