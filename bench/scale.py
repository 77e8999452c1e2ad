"""What a tick costs however many readers there are: `python -m bench.scale`.

The baseline is the same tick at 10,000 enrolments. Nothing due: the median of many ticks. A
thousand due, spread evenly over all readers: planned and accepted, by a provider in memory.
Memory is the highest of a process that did nothing else.
`python -m bench.scale 100000` leaves out sizes beyond that.
"""

import sys
from collections.abc import Callable
from contextlib import ExitStack

from bench.child import Child, child
from bench.crowded import DUE
from bench.stage import databases, median
from course.database import Database
from tests.support.crowd import fill

SIZES = (10_000, 100_000, 1_000_000)
TICKS, ROUNDS = 50, 5


def main(largest: int) -> None:
    with databases() as kinds:
        for name, make_url in kinds.items():
            _table(name, make_url, [size for size in SIZES if size <= largest])


def _table(name: str, make_url: Callable[[], str], sizes: list[int]) -> None:
    """Every size is set up first, then measured in turn: the machine's moods are shared by all."""
    urls = {size: _filled(make_url(), size) for size in sizes}
    with ExitStack() as stack:
        crowds = {
            size: stack.enter_context(child("bench.crowded", url, str(size)))
            for size, url in urls.items()
        }
        _in_turn(crowds, "busy", 1)
        idle, busy = _in_turn(crowds, "idle", TICKS), _in_turn(crowds, "busy", ROUNDS)
        memory = {size: crowd.ask("memory") for size, crowd in crowds.items()}
    head = f"{name:14}{'nothing due':>12}{'ratio':>8}{f'{DUE:,} due':>12}{'ratio':>8}{'memory':>10}"
    print(f"\n{head}")
    for size in sizes:
        print(
            f"{size:14,}{median(idle[size]) * 1000:9.2f} ms{_ratio(idle, size, sizes[0]):8.2f}"
            f"{median(busy[size]):10.3f} s{_ratio(busy, size, sizes[0]):8.2f}{memory[size]:7.0f} MB"
        )


def _filled(url: str, size: int) -> str:
    database = Database(url)
    fill(database, size)
    database.engine.dispose()
    return url


def _in_turn(crowds: dict[int, Child], tick: str, times: int) -> dict[int, list[float]]:
    rounds = [{size: crowd.ask(tick) for size, crowd in crowds.items()} for _ in range(times)]
    return {size: [costs[size] for costs in rounds] for size in crowds}


def _ratio(costs: dict[int, list[float]], size: int, baseline: int) -> float:
    return median([a / b for a, b in zip(costs[size], costs[baseline], strict=True)])


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else SIZES[-1])
