"""The recurring work, all of it. APScheduler only ticks; the database knows what there is to do.

Any number of processes may tick at once: each job claims its work row by row.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from zoneinfo import ZoneInfo

from apscheduler.schedulers.background import BackgroundScheduler

from emails.inbound import Router
from scheduler.clock import Clock
from scheduler.delivery import Postman, deliver_due
from scheduler.planning import plan_due
from scheduler.receiving import route_waiting


@dataclass(frozen=True)
class Tick:
    """What one round did."""

    routed: int
    planned: int
    calls: int


@dataclass(frozen=True)
class Job:
    name: str
    seconds: int
    run: Callable[["Engine"], object]


class Engine:
    """The three things a tick does, in the order in which one leads to the next."""

    def __init__(self, clock: Clock, router: Router, postman: Postman) -> None:
        self.clock = clock
        self.router = router
        self.postman = postman
        # One tick at a time in this process, so that "skip ahead" returns when its mail is out.
        self._ticking = Lock()

    def tick(self, now: datetime | None = None) -> Tick:
        """Route, plan and deliver everything due at `now` (the clock's, unless given)."""
        with self._ticking:
            at = now or self.clock.now()
            routed = route_waiting(self.postman.database, self.router, at)
            planned = plan_due(self.postman.database, self.postman.catalogue, at)
            return Tick(routed, planned, deliver_due(self.postman, at))


JOBS = (Job("route replies, plan what is due, deliver it", seconds=1, run=Engine.tick),)


def start(engine: Engine) -> BackgroundScheduler:
    """Begin ticking in the background. Missed rounds are made up for by one, never by several."""
    scheduler = BackgroundScheduler(
        timezone=ZoneInfo("UTC"), job_defaults={"coalesce": True, "max_instances": 1}
    )
    for job in JOBS:
        scheduler.add_job(job.run, "interval", args=[engine], seconds=job.seconds, name=job.name)
    scheduler.start()
    return scheduler
