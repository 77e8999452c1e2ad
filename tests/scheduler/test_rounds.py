"""A worker outlives its troubles, and tells them in sentences."""

import logging

import pytest

from scheduler.rounds import Rounds


def test_trouble_is_told_once_in_a_sentence_and_so_is_its_end(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.WARNING)
    ends = iter([OSError("a"), OSError("a"), OSError("b"), None, None, OSError("b")])

    def run() -> None:
        if error := next(ends):
            raise error

    rounds = Rounds("plan", run, lambda error: f"So it is: {error}.")
    for _ in range(6):
        rounds()
    again = "It is tried again by itself."
    assert [(record.getMessage(), record.exc_info) for record in caplog.records] == [
        (f"Couldn't plan. So it is: a. {again}", None),
        (f"Couldn't plan. So it is: b. {again}", None),
        ("It was possible again to plan.", None),
        (f"Couldn't plan. So it is: b. {again}", None),
    ]
