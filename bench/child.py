"""A part of a measurement in a process of its own, so that its memory is its own too.

It says a line when it is ready, and answers each line it is told with one of its own.
"""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

READY = "ready"


class Child:
    """`python -m MODULE ARGUMENTS...`, told and heard line by line."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def say(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()

    def hear(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()

    def ask(self, line: str) -> float:
        self.say(line)
        return float(self.hear())


@contextmanager
def child(module: str, *arguments: str) -> Iterator[Child]:
    """Running and ready; it ends when nothing more is to be told."""
    command = [sys.executable, "-m", module, *arguments]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as process:
        found = Child(process)
        assert found.hear() == READY
        yield found
