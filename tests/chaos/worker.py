"""`lettercourse work` itself, in a process of its own, on a house and at a speed of our choice."""

import signal
import sys
import time
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from threading import Lock, get_ident
from typing import Any

from app import schema
from app.cli import support
from app.main import cli
from scheduler import delivery, jobs, retry
from scheduler.jobs import Engine, Job
from tests.support.driver import Order, Steps, build_house


@dataclass(frozen=True)
class Shift(Order):
    """An order for a worker that goes on until SIGTERM, or until it freezes at `freeze_at`."""

    # Seconds that pass in a second, so that the waits of a day fit into a run; 0 stands still.
    speed: float = 0
    since: float = 0
    lease_seconds: float = retry.LEASE.total_seconds()
    freeze_at: str = ""


class HurriedClock:
    """Starts at the order's moment and runs at its speed, the same for all who work by it."""

    def __init__(self, shift: Shift) -> None:
        self._at, self._since, self._speed = shift.at, shift.since, shift.speed

    def now(self) -> datetime:
        passed = (time.time() - self._since) * self._speed if self._speed else 0
        return datetime.fromisoformat(self._at) + timedelta(seconds=passed)


class Frost(Steps):
    """Stops this process at the first passing of a step of delivery.

    Not while another of its jobs is at work: frozen with SQLite's one lock it would keep everybody
    waiting, until it thaws.
    """

    def __init__(self, step: str) -> None:
        super().__init__(0, -1)
        self._step, self._others = step, Lock()

    def __call__(self, name: str) -> None:
        if name == self._step:
            self._step = ""
            with self._others:
                # To this very thread: another one would take a moment to stop us, and we'd go on.
                signal.pthread_kill(get_ident(), signal.SIGSTOP)

    def spare(self, job: Job) -> Job:
        def run(engine: Engine) -> object:
            with self._others:
                return job.run(engine)

        return job if job.run is Engine.deliver else replace(job, run=run)


def work(shift: Shift) -> int:
    """Returns what the command exits with; the folder we are in is the installation's own."""
    vars(retry)["LEASE"] = timedelta(seconds=shift.lease_seconds)
    vars(support)["load_settings"] = lambda: None
    vars(support)["build"] = lambda *_: _house(shift)
    vars(schema)["is_current"] = lambda _: True
    sys.argv = ["lettercourse", "work"]
    try:
        cli()
    except SystemExit as end:
        return int(end.code or 0)
    return 0


def _house(shift: Shift) -> Any:
    house = build_house(shift, HurriedClock(shift))
    if shift.freeze_at:
        frost = Frost(shift.freeze_at)
        vars(jobs)["JOBS"] = tuple(frost.spare(job) for job in jobs.JOBS)
        provider: Any = house.provider
        provider.send = frost.around("the call", provider.send)
        composing: Any = delivery
        composing.compose_all = frost.around("composing", composing.compose_all)
    return house
