"""One worker in a process of its own: `python -m bench.worker DATABASE_URL VENDOR_URL`.

Says "ready", waits for a line, plans and delivers until nothing is due, and prints what it cost.
"""

import json
import resource
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from time import perf_counter

from bench.stage import open_house, warm_up


@dataclass(frozen=True)
class Cost:
    seconds: float
    peak_mb: float


def together(number: int, url: str, vendor_url: str) -> Cost:
    """So many workers started at once on what is due; the time until the last has ended."""
    with ExitStack() as stack:
        workers = [stack.enter_context(_worker(url, vendor_url)) for _ in range(number)]
        start = perf_counter()
        for worker in workers:
            _say(worker, "go")
        peaks = [json.loads(_hear(worker)) for worker in workers]
        return Cost(perf_counter() - start, max(peaks))


@contextmanager
def _worker(url: str, vendor_url: str) -> "Iterator[subprocess.Popen[str]]":
    command = [sys.executable, "-m", "bench.worker", url, vendor_url]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as process:
        assert _hear(process) == "ready"
        yield process


def _say(process: "subprocess.Popen[str]", word: str) -> None:
    assert process.stdin is not None
    process.stdin.write(f"{word}\n")
    process.stdin.flush()


def _hear(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def main(url: str, vendor_url: str) -> None:
    house = open_house(url, vendor_url)
    warm_up(house)
    print("ready", flush=True)
    sys.stdin.readline()
    house.engine.tick()
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, flush=True)
    house.life.end()


if __name__ == "__main__":
    main(*sys.argv[1:])
