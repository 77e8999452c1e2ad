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
from bench.worker import Cost, together
from course.database import Database
from emails.message import Message
from emails.providers.base import Accepted
from emails.reader import Reader
from scheduler.outbox import State, count_states
from tests.support.crowd import fill, make_due
from tests.support.houses import MONDAY, TUESDAY

BATCH = 100
ROUNDS = 5
LETTERS = 2_000
FEW, MANY = 5_000, 50_000
SLOW = 0.1

MakeUrl = Callable[[], str]


def main(letters: int) -> None:
    print(f"{letters} letters a round in batches of {BATCH}, median of {ROUNDS} rounds\n")
    print(f"{'':12}{'':34}{'baseline':>10}{'measured':>10}{'ratio':>8}  wanted")
    with databases() as kinds:
        for name, make_url in kinds.items():
            wanted = ">= 0.5" if name == "PostgreSQL" else ">= 0.6"
            _against_the_floor(name, make_url, 0, letters, wanted)
            _against_the_floor(name, make_url, SLOW, letters, "")
            if name == "PostgreSQL":
                _two_against_one(name, make_url, letters)
            _memory(name, make_url)


def _row(
    name: str, measure: str, baseline: float, measured: float, ratio: float, wanted: str
) -> None:
    print(
        f"{name:12}{measure:34}{baseline:10.3f}{measured:10.3f}{ratio:8.2f}  {wanted}", flush=True
    )


def _against_the_floor(
    name: str, make_url: MakeUrl, delay: float, letters: int, wanted: str
) -> None:
    with vendor(delay) as vendor_url:
        pairs = [_pair(make_url(), vendor_url, letters) for _ in range(ROUNDS)]
    floor, engine = (median(column) / letters * 1000 for column in zip(*pairs, strict=True))
    ratio = median([bare / ours for bare, ours in pairs])
    measure = f"ms a letter, {delay * 1000:.0f} ms a call; floor"
    _row(name, measure, floor, engine, ratio, wanted)


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


def _two_against_one(name: str, make_url: MakeUrl, letters: int) -> None:
    with vendor(SLOW) as vendor_url:
        pairs = [
            tuple(_workers(make_url(), vendor_url, letters, number).seconds for number in (1, 2))
            for _ in range(ROUNDS)
        ]
    one, two = (median(column) / letters * 1000 for column in zip(*pairs, strict=True))
    ratio = median([alone / both for alone, both in pairs])
    measure = f"two workers, {SLOW * 1000:.0f} ms a call; one"
    _row(name, measure, one, two, ratio, ">= 1.6")


def _memory(name: str, make_url: MakeUrl) -> None:
    with vendor(0) as vendor_url:
        few, many = (
            _workers(make_url(), vendor_url, letters, 1).peak_mb for letters in (FEW, MANY)
        )
    measure = f"peak MB, {MANY:,} letters; {FEW:,}"
    _row(name, measure, few, many, many / few, "<= 1.1")


def _workers(url: str, vendor_url: str, letters: int, number: int) -> Cost:
    _with_letters_due(url, vendor_url, letters).database.engine.dispose()
    return together(number, url, vendor_url)


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
