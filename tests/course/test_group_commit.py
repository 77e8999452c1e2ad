"""Rows of many are committed together; each of them learns what became of its own."""

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event, Thread
from time import sleep

import pytest

from course.group_commit import GroupCommit


class Book:
    """What is written, group by group; the first group waits until told to go on."""

    def __init__(self) -> None:
        self.groups: list[list[int]] = []
        self.go_on = Event()

    def write(self, rows: Sequence[int]) -> list[int]:
        self.go_on.wait()
        self.groups.append(list(rows))
        if 13 in rows:
            raise ValueError("nobody writes that")
        return [row * 2 for row in rows]


Asked = list[Future[int]]


def crowd(commit: GroupCommit[int, int], rows: Sequence[int]) -> tuple[ThreadPoolExecutor, Asked]:
    """One writes, and the others come while it does."""
    pool = ThreadPoolExecutor(len(rows))
    asked = [pool.submit(commit, rows[0])]
    while not vars(commit)["_writing"].locked():
        sleep(0.001)
    asked += [pool.submit(commit, row) for row in rows[1:]]
    while len(vars(commit)["_waiting"]) < len(rows) - 1:
        sleep(0.001)
    return pool, asked


def test_whoever_is_alone_is_written_at_once() -> None:
    book = Book()
    book.go_on.set()
    assert GroupCommit(book.write)(4) == 8
    assert book.groups == [[4]]


def test_those_who_come_meanwhile_are_written_together_and_each_has_its_own_result() -> None:
    book = Book()
    pool, asked = crowd(GroupCommit(book.write), range(9))
    book.go_on.set()
    with pool:
        assert [one.result() for one in asked] == [row * 2 for row in range(9)]
    assert [sorted(group) for group in book.groups] == [[0], list(range(1, 9))]


def test_what_fails_is_told_to_all_whom_it_concerns_and_to_nobody_else() -> None:
    book = Book()
    commit = GroupCommit(book.write)
    pool, asked = crowd(commit, [1, 13, 2])
    book.go_on.set()
    with pool:
        assert asked[0].result() == 2
        for failed in asked[1:]:
            with pytest.raises(ValueError, match="nobody writes that"):
                failed.result()
    assert commit(3) == 6


def test_nobody_is_answered_before_being_written() -> None:
    book, answered = Book(), list[int]()
    commit = GroupCommit(book.write)
    thread = Thread(target=lambda: answered.append(commit(1)))
    thread.start()
    sleep(0.02)
    assert (answered, book.groups) == ([], [])
    book.go_on.set()
    thread.join()
    assert answered == [2]
