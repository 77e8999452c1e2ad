"""Whoever asks for a turn gets it in the order of asking, whatever happens within others' turns."""

from concurrent.futures import ThreadPoolExecutor
from threading import Event, Thread
from time import monotonic, sleep

import pytest

from course.turns import Turns

PATIENT, IMPATIENT = 30.0, 0.05


class Busy:
    """Somebody whose turn lasts until `done` is called."""

    def __init__(self, turns: Turns) -> None:
        self._ended, began = Event(), Event()

        def run() -> None:
            with turns.turn():
                began.set()
                self._ended.wait()

        self._thread = Thread(target=run)
        self._thread.start()
        began.wait()

    def done(self) -> None:
        self._ended.set()
        self._thread.join()


def waiting(turns: Turns) -> int:
    return len(vars(turns)["_waiting"])


def ask(turns: Turns, name: int, served: list[int]) -> Thread:
    def run() -> None:
        with turns.turn():
            served.append(name)

    thread = Thread(target=run)
    before = waiting(turns)
    thread.start()
    while waiting(turns) == before:
        sleep(0.001)
    return thread


def test_turns_come_in_the_order_of_asking() -> None:
    turns, served = Turns(PATIENT), list[int]()
    busy = Busy(turns)
    threads = [ask(turns, name, served) for name in range(8)]
    busy.done()
    for thread in threads:
        thread.join()
    assert served == list(range(8))


def test_whoever_asks_again_comes_after_those_who_wait() -> None:
    """The case that starved them: one small write after another, without a pause."""
    turns, served = Turns(PATIENT), list[int]()
    with turns.turn():
        thread = ask(turns, 1, served)
    with turns.turn():
        served.append(2)
    thread.join()
    assert served == [1, 2]


def test_never_two_at_once() -> None:
    turns, inside, most = Turns(PATIENT), 0, 0

    def run() -> None:
        nonlocal inside, most
        for _ in range(200):
            with turns.turn():
                inside += 1
                most = max(most, inside)
                sleep(0)
                inside -= 1

    with ThreadPoolExecutor(8) as pool:
        for running in [pool.submit(run) for _ in range(8)]:
            running.result()
    assert most == 1


def test_an_error_within_a_turn_ends_it() -> None:
    turns = Turns(PATIENT)
    with pytest.raises(ZeroDivisionError), turns.turn():
        _ = 1 / 0
    started = monotonic()
    with turns.turn():
        assert monotonic() - started < PATIENT


def test_whoever_waits_too_long_goes_ahead_and_takes_nobodys_turn() -> None:
    turns, served = Turns(IMPATIENT), list[int]()
    busy = Busy(turns)
    with turns.turn():
        pass
    patient = ask(turns, 1, served)
    busy.done()
    patient.join()
    assert served == [1]
    with turns.turn():
        assert waiting(turns) == 0
