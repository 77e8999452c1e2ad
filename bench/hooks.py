"""Events a second that our webhooks take, each stored for good: `python -m bench.hooks`.

The floor is a bare endpoint that compares the same password and commits one insert. Then the
server is killed while it answers, and every event it had acknowledged is looked for.
"""

import hashlib
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import select

from bench.stage import databases, empty, median
from course.database import Database
from emails.hook_calls import HookCall
from tests.support.served import await_up, free_port, serving
from tests.support.vendor_calls import ACCOUNT, CALLERS, post_events

CALLS, ROUNDS = 3_000, 3
KILLED_AFTER = 1_000
WANTED = 500


def main(calls: int) -> None:
    print(f"{calls} calls a round from {CALLERS} connections, median of {ROUNDS} rounds\n")
    print(f"{'':12}{'':28}{'floor /s':>10}{'ours /s':>10}{'ratio':>8}  wanted")
    with databases() as kinds:
        for name, make_url in kinds.items():
            floor, ours = _against_the_floor(make_url, calls)
            measure = "events, one a call"
            ratio = f"{floor:10.0f}{ours:10.0f}{ours / floor:8.2f}"
            print(f"{name:12}{measure:28}{ratio}  >= {WANTED}/s")
            acknowledged, lost = _killed(make_url())
            print(f"{name:12}killed after {acknowledged} answers, {lost} of them lost", flush=True)


def _against_the_floor(make_url: Callable[[], str], calls: int) -> tuple[float, float]:
    pairs = []
    for _ in range(ROUNDS):
        with _bare(make_url()) as port:
            floor = _rate(port, calls)
        with _ours(make_url()) as (port, _kill):
            pairs.append((floor, _rate(port, calls)))
    floors, ours = zip(*pairs, strict=True)
    return median(floors), median(ours)


def _killed(url: str) -> tuple[int, int]:
    """How many events were acknowledged before the server died, and how many aren't there."""
    with _ours(url) as (port, kill):
        answered = post_events(port, CALLS, lambda done: kill() if done == KILLED_AFTER else None)
    database = Database(url)
    with database.reading() as session:
        kept = set(session.scalars(select(HookCall.digest)))
    database.engine.dispose()
    return len(answered), len({hashlib.sha256(body).hexdigest() for body in answered} - kept)


def _rate(port: int, calls: int) -> float:
    post_events(port, CALLERS * 4)
    started = time.perf_counter()
    answered = post_events(port, calls)
    seconds = time.perf_counter() - started
    assert len(answered) == calls
    return calls / seconds


@contextmanager
def _bare(url: str) -> Iterator[int]:
    port = free_port()
    command = [sys.executable, "-m", "bench.bare_hook", url, str(port)]
    with subprocess.Popen(command) as process:
        try:
            await_up(f"http://127.0.0.1:{port}", process)
            yield port
        finally:
            process.terminate()


@contextmanager
def _ours(url: str) -> Iterator[tuple[int, Callable[[], None]]]:
    """The product as its user starts it, and how to kill it."""
    empty(url)
    with (
        tempfile.TemporaryDirectory(prefix="lc-bench-") as folder,
        serving(Path(folder), url, **ACCOUNT) as served,
    ):
        yield int(served.base_url.rpartition(":")[2]), served.process.kill


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else CALLS)
