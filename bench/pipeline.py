"""Letters due to letters accepted, against the bare floor: `python -m bench.pipeline`.

The floor renders the same letters and posts the same batches of 100 to the same server, with no
database at all. Then two workers against one, and memory for 5,000 and 50,000 letters.
`python -m bench.pipeline 2000` takes so many letters a round instead of the usual number.
"""

import sys
from collections.abc import Callable, Sequence
from datetime import date
from time import perf_counter

from app.bootstrap import House
from bench.stage import databases, median, open_house, warm_up
from bench.vendor import vendor
from bench.worker import together
from course.database import Database
from emails.compose import Reader
from emails.message import Message
from emails.providers.base import Accepted
from scheduler.outbox import State, count_states
from tests.support.crowd import fill, make_due
from tests.support.houses import MONDAY, TUESDAY

BATCH = 100
ROUNDS = 5
LETTERS = 2_000
DELAYS = (0.0, 0.1)
FEW, MANY = 5_000, 50_000
SLOW = 0.1

MakeUrl = Callable[[], str]


def main(letters: int) -> None:
    with databases() as kinds:
        print(f"{letters} letters in batches of {BATCH}, median of {ROUNDS} rounds, ms a letter\n")
        print(f"{'':12}{'provider':>10}{'floor':>9}{'engine':>9}{'floor/engine':>14}")
        for delay in DELAYS:
            for name, make_url in kinds.items():
                _against_the_floor(name, make_url, delay, letters)
        for name, make_url in kinds.items():
            if name == "PostgreSQL":
                _two_against_one(make_url, letters)
        print(f"\nMemory at its highest, MB{FEW:>17,}{MANY:>9,}  letters due")
        for name, make_url in kinds.items():
            _memory(name, make_url)


def _against_the_floor(name: str, make_url: MakeUrl, delay: float, letters: int) -> None:
    with vendor(delay) as vendor_url:
        pairs = [_pair(make_url(), vendor_url, letters) for _ in range(ROUNDS)]
    floor, engine = (median(column) / letters * 1000 for column in zip(*pairs, strict=True))
    ratio = median([bare / ours for bare, ours in pairs])
    print(f"{name:12}{delay * 1000:7.0f} ms{floor:9.3f}{engine:9.3f}{ratio:14.2f}")


def _pair(url: str, vendor_url: str, letters: int) -> tuple[float, float]:
    """Seconds of the floor and of the engine, one right after the other."""
    house = _with_letters_due(url, vendor_url, letters)
    warm_up(house)
    bare, ours = _seconds(lambda: _floor(house, letters)), _seconds(house.engine.tick)
    with house.database.reading() as session:
        assert count_states(session)[State.ACCEPTED] == letters
    house.life.end()
    house.database.engine.dispose()
    return bare, ours


def _floor(house: House, letters: int) -> None:
    """The same renders and posts, nothing else."""
    course = house.catalogue["six-letters"]
    for first in range(0, letters, BATCH):
        numbers = range(first, min(first + BATCH, letters))
        composed = [
            house.composer.lesson(f"{n:032}", course, course.lessons[0], _reader(n)).message
            for n in numbers
        ]
        _post(house, [message for message in composed if message], f"{first:032}")


def _reader(number: int) -> Reader:
    name = f"{number + 10**12}"
    return Reader(name, f"reader{name}@example.com", "Ana", date(MONDAY.year, MONDAY.month, 2))


def _post(house: House, messages: Sequence[Message], key: str) -> None:
    outcomes = house.provider.send(messages, key)
    assert all(isinstance(outcome, Accepted) for outcome in outcomes)


def _two_against_one(make_url: MakeUrl, letters: int) -> None:
    print(f"\nWorkers on PostgreSQL, {SLOW * 1000:.0f} ms a call, letters a second")
    with vendor(SLOW) as vendor_url:
        pairs = [
            tuple(_workers(make_url(), vendor_url, letters, number) for number in (1, 2))
            for _ in range(ROUNDS)
        ]
    one, two = (letters / median(column) for column in zip(*pairs, strict=True))
    ratio = median([alone / both for alone, both in pairs])
    print(f"one{one:9.0f}   two{two:9.0f}   two/one{ratio:6.2f}")


def _workers(url: str, vendor_url: str, letters: int, number: int) -> float:
    _with_letters_due(url, vendor_url, letters).database.engine.dispose()
    return together(number, url, vendor_url).seconds


def _memory(name: str, make_url: MakeUrl) -> None:
    peaks = []
    for letters in (FEW, MANY):
        with vendor(0) as vendor_url:
            url = make_url()
            _with_letters_due(url, vendor_url, letters).database.engine.dispose()
            peaks.append(together(1, url, vendor_url).peak_mb)
    few, many = peaks
    print(f"{name:25}{few:16.1f}{many:9.1f}  many/few {many / few:.2f}")


def _with_letters_due(url: str, vendor_url: str, letters: int) -> House:
    database = Database(url)
    fill(database, letters)
    make_due(database, letters, letters, TUESDAY)
    database.engine.dispose()
    return open_house(url, vendor_url)


def _seconds(work: Callable[[], object]) -> float:
    start = perf_counter()
    work()
    return perf_counter() - start


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else LETTERS)
