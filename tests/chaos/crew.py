"""Real worker processes, forked from this one; each writes its log to a file of its own."""

import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

from tests.chaos.worker import Shift, work

PATIENCE_SECONDS = 120


class Crew:
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._alive: set[int] = set()
        self._hired = 0

    def hire(self, shift: Shift) -> int:
        """One more worker; returns its process id."""
        self._hired += 1
        child = os.fork()
        if child == 0:
            self._go_to_work(shift)
        self._alive.add(child)
        return child

    def dismiss(self, worker: int) -> int:
        """Ask it to finish the batch at hand; returns what it exits with."""
        os.kill(worker, signal.SIGTERM)
        self._alive.remove(worker)
        give_up = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < give_up:
            ended, status = os.waitpid(worker, os.WNOHANG)
            if ended:
                return os.waitstatus_to_exitcode(status)
            time.sleep(0.02)
        os.kill(worker, signal.SIGKILL)
        raise AssertionError(f"a worker doesn't end: {self.log()[-3000:]}")

    def dismiss_all(self) -> None:
        codes = {self.dismiss(worker) for worker in list(self._alive)}
        assert codes <= {0}, f"a worker ended with {codes}: {self.log()[-3000:]}"

    def close(self) -> None:
        """Nobody stays behind, whatever went wrong."""
        for worker in self._alive:
            os.kill(worker, signal.SIGKILL)
            os.waitpid(worker, 0)
        self._alive.clear()

    def wait_until_frozen(self, worker: int) -> None:
        def frozen() -> bool:
            ended, status = os.waitpid(worker, os.WNOHANG | os.WUNTRACED)
            return bool(ended) and os.WIFSTOPPED(status)

        self.wait_until(frozen)

    def thaw(self, worker: int) -> None:
        os.kill(worker, signal.SIGCONT)

    def wait_until(self, is_so: Callable[[], bool]) -> None:
        """Raises with the workers' logs when it doesn't become so, or when one of them has died."""
        give_up = time.monotonic() + PATIENCE_SECONDS
        while not is_so():
            dead = [worker for worker in self._alive if os.waitid(os.P_PID, worker, LOOK)]
            assert not dead, f"a worker has died: {self.log()[-3000:]}"
            assert time.monotonic() < give_up, f"waited in vain: {self.log()[-3000:]}"
            time.sleep(0.02)

    def log(self) -> str:
        """What all of them have said so far."""
        return "".join(file.read_text() for file in sorted(self._folder.glob("worker-*.log")))

    def _go_to_work(self, shift: Shift) -> None:
        code = 1
        try:
            os.chdir(self._folder)
            log = os.open(f"worker-{self._hired:03}.log", os.O_CREAT | os.O_WRONLY)
            os.dup2(log, sys.stdout.fileno())
            os.dup2(log, sys.stderr.fileno())
            code = work(shift)
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)


# Has it ended? Without taking the news of its end away from whoever waits for it.
LOOK = os.WEXITED | os.WNOHANG | os.WNOWAIT
