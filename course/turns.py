"""One at a time, in the order of asking.

SQLite lets one write at a time, but has the others look again after ever longer naps: whoever
writes one small thing after another leaves them no gap to wake up in.
"""

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock


class Turns:
    """Turns for the threads of one process. Not for one thread within its own turn."""

    def __init__(self, patience_seconds: float) -> None:
        self._patience = patience_seconds
        self._guard = Lock()
        self._taken = False
        self._waiting: deque[Lock] = deque()

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Waits for its turn; after `patience_seconds` it goes ahead without one."""
        mine = self._take()
        try:
            yield
        finally:
            if mine:
                self._pass_on()

    def _take(self) -> bool:
        with self._guard:
            if not self._taken:
                self._taken = True
                return True
            gate = Lock()
            gate.acquire()
            self._waiting.append(gate)
        return gate.acquire(timeout=self._patience) or self._came_meanwhile(gate)

    def _came_meanwhile(self, gate: Lock) -> bool:
        with self._guard:
            if gate in self._waiting:
                self._waiting.remove(gate)
                return False
            return True

    def _pass_on(self) -> None:
        with self._guard:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._taken = False
