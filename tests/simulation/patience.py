"""A worker that waits for its turn, by the world's time."""

from collections.abc import Callable
from datetime import timedelta
from threading import Event


class Patience(Event):
    """Waiting for one's turn takes no time but the world's, and may last longer than asked."""

    def __init__(self, pass_time: Callable[[timedelta], None]) -> None:
        super().__init__()
        self._pass_time = pass_time

    def wait(self, timeout: float | None = None) -> bool:
        self._pass_time(timedelta(seconds=(timeout or 0) + 1))
        return self.is_set()
