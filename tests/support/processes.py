"""Asks the driver for processes and hears how they ended."""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.support.driver import Order

ROOT = Path(__file__).parent.parent.parent
KILLED = -9


@dataclass(frozen=True)
class End:
    code: int
    step: str

    @property
    def killed(self) -> bool:
        return self.code == KILLED


class Driver:
    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.driver"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, _: TracebackType | None
    ) -> None:
        self._process.communicate()

    def run(self, order: Order) -> End:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(order.line())
        self._process.stdin.flush()
        return End(**json.loads(self._process.stdout.readline()))
