"""One worker in a process of its own: `python -m bench.worker DATABASE_URL VENDOR_URL`.

Says "ready", waits for a line, plans and delivers until nothing is due, and prints its memory.
"""

import sys
from contextlib import ExitStack
from dataclasses import dataclass
from time import perf_counter

from bench.child import READY, child
from bench.stage import open_house, peak_mb, warm_up


@dataclass(frozen=True)
class Cost:
    seconds: float
    peak_mb: float


def together(number: int, url: str, vendor_url: str) -> Cost:
    """So many workers started at once on what is due; the time until the last has ended."""
    with ExitStack() as stack:
        workers = [
            stack.enter_context(child("bench.worker", url, vendor_url)) for _ in range(number)
        ]
        start = perf_counter()
        for worker in workers:
            worker.say("go")
        peaks = [float(worker.hear()) for worker in workers]
        return Cost(perf_counter() - start, max(peaks))


def main(url: str, vendor_url: str) -> None:
    house = open_house(url, vendor_url)
    warm_up(house)
    print(READY, flush=True)
    sys.stdin.readline()
    house.engine.tick()
    print(peak_mb(), flush=True)
    house.life.end()


if __name__ == "__main__":
    main(*sys.argv[1:])
