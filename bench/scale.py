"""What a tick costs however many readers there are: `python -m bench.scale`.

The baseline is the same tick at 10,000 enrolments. Nothing due: the median of many ticks. A
thousand due, spread evenly over all readers: planned and accepted, by a provider in memory.
`python -m bench.scale 100000` leaves out sizes beyond that.
"""

import os
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from time import perf_counter

from app.bootstrap import House
from bench.stage import databases, median, open_house, warm_up
from course.database import Database
from emails.providers.memory import MemoryProvider
from tests.support.crowd import fill, make_due
from tests.support.houses import MONDAY, TUESDAY

SIZES = (10_000, 100_000, 1_000_000)
DUE = 1_000
TICKS, ROUNDS = 50, 5


def main(largest: int) -> None:
    with databases() as kinds:
        for name, make_url in kinds.items():
            _table(name, make_url, [size for size in SIZES if size <= largest])


def _table(name: str, make_url: Callable[[], str], sizes: list[int]) -> None:
    """Every size is set up first, then measured in turn: the machine's moods are shared by all."""
    houses = {size: _filled(make_url(), size) for size in sizes}
    for size, house in houses.items():
        warm_up(house)
        _due(house, size)
    nothing = {size: [_nothing(house) for _ in range(TICKS)] for size, house in houses.items()}
    rounds = [{size: _due(house, size) for size, house in houses.items()} for _ in range(ROUNDS)]
    print(
        f"\n{name:14}{'nothing due':>12}{'ratio':>8}{f'{DUE:,} due':>12}{'ratio':>8}{'memory':>10}"
    )
    for size, house in houses.items():
        idle = median(nothing[size])
        idle_ratio = idle / median(nothing[sizes[0]])
        busy = median([costs[size] for costs in rounds])
        busy_ratio = median([costs[size] / costs[sizes[0]] for costs in rounds])
        print(
            f"{size:14,}{idle * 1000:9.2f} ms{idle_ratio:8.2f}{busy:10.3f} s{busy_ratio:8.2f}"
            f"{_memory_mb():7.0f} MB"
        )
        house.life.end()
        house.database.engine.dispose()


def _filled(url: str, size: int) -> House:
    database = Database(url)
    fill(database, size)
    database.engine.dispose()
    return replace(open_house(url, "http://127.0.0.1:1"), provider=MemoryProvider())


def _nothing(house: House) -> float:
    return _seconds(lambda: house.engine.tick(MONDAY))


def _due(house: House, size: int) -> float:
    make_due(house.database, DUE, size, TUESDAY)
    provider = house.provider
    assert isinstance(provider, MemoryProvider)
    seconds = _seconds(lambda: house.engine.tick(TUESDAY))
    assert len(provider.sent) == DUE
    provider.sent.clear()
    provider.calls.clear()
    return seconds


def _seconds(work: Callable[[], object]) -> float:
    start = perf_counter()
    work()
    return perf_counter() - start


def _memory_mb() -> float:
    """Resident now, of this process."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else SIZES[-1])
