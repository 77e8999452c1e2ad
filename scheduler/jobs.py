"""The recurring work, all of it. APScheduler only ticks; the database knows what there is to do.

Any number of processes may tick at once: each job claims its work row by row.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from threading import Lock
from zoneinfo import ZoneInfo

from apscheduler.schedulers.background import BackgroundScheduler

from scheduler import doubts
from scheduler.agendas import Agendas, read_agendas
from scheduler.clock import Clock
from scheduler.delivery import Postman, deliver
from scheduler.fetching import Fetcher, fetch
from scheduler.following import Follower, ask
from scheduler.planning import plan
from scheduler.receiving import Receiver, forget_old, receive_waiting
from scheduler.retention import forget_sign_ups, forget_words
from scheduler.rounds import Rounds, Tell


@dataclass(frozen=True)
class Tick:
    """What one round did."""

    received: int
    planned: int
    calls: int


@dataclass(frozen=True)
class Job:
    name: str
    seconds: int
    run: Callable[["Engine"], object]


class Engine:
    """The three things a tick does, in the order in which one leads to the next."""

    def __init__(
        self,
        clock: Clock,
        receiver: Receiver,
        postman: Postman,
        fetcher: Fetcher | None = None,
        follower: Follower | None = None,
        agendas: Agendas | None = None,
    ) -> None:
        self.clock = clock
        self.fetcher = fetcher
        self.follower = follower
        self.agendas = agendas
        self.receiver = receiver
        self.postman = postman
        # Each step once at a time in this process. Whoever asks for a step while it is under way
        # waits and then does it again, so "skip ahead" returns when its mail is really out.
        self._receiving, self._planning, self._delivering = Lock(), Lock(), Lock()

    def tick(self, now: datetime | None = None) -> Tick:
        """Everything due at `now` (the clock's, unless given)."""
        at = now or self.clock.now()
        return Tick(self.receive(at), self.plan(at), self.deliver(at))

    def fetch(self) -> int:
        return fetch(self.fetcher, self.clock.now()) if self.fetcher else 0

    def follow(self) -> int:
        return ask(self.follower, self.clock.now()) if self.follower else 0

    def read_agendas(self) -> int:
        now, stop = self.clock.now(), self.postman.stop
        return read_agendas(self.agendas, now, stop) if self.agendas else 0

    def receive(self, now: datetime | None = None) -> int:
        with self._receiving:
            return receive_waiting(self.receiver, now or self.clock.now())

    def plan(self, now: datetime | None = None) -> int:
        with self._planning:
            clock = self._clock(now)
            postman = self.postman
            return self._plan_again(clock()) + plan(postman.database, postman.catalogue, clock)

    def _plan_again(self, at: datetime) -> int:
        """First, since a letter sent once more comes before the one that would follow it."""
        if not self.postman.terms.resend_in_doubt:
            return 0
        database, catalogue = self.postman.database, self.postman.catalogue
        providers = [door.provider for door in self.postman.doors]
        return sum(doubts.plan_again(database, catalogue, provider, at) for provider in providers)

    def deliver(self, now: datetime | None = None) -> int:
        with self._delivering:
            return deliver(self.postman, self._clock(now))

    def forget(self) -> int:
        database, now = self.postman.database, self.clock.now()
        words = forget_words(database, self.receiver.router.vault, now)
        return forget_old(database, now) + words + forget_sign_ups(database, now)

    def _clock(self, now: datetime | None) -> Callable[[], datetime]:
        return self.clock.now if now is None else lambda: now


# Each on its own, so that trouble in one doesn't keep the others from their work.
JOBS = (
    Job("understand what was received", seconds=1, run=Engine.receive),
    Job("plan what is due", seconds=1, run=Engine.plan),
    Job("deliver what is planned", seconds=1, run=Engine.deliver),
    Job("look into the mailbox", seconds=60, run=Engine.fetch),
    # Each of them is asked every ten minutes, and the booking tool every fifteen.
    Job("look into your calendars", seconds=60, run=Engine.read_agendas),
    Job("ask the booking tool what has changed", seconds=60, run=Engine.follow),
    Job("forget what is kept for a while", seconds=600, run=Engine.forget),
)


def start(engine: Engine, tell: Tell) -> BackgroundScheduler:
    """Begin ticking in the background. Missed rounds are made up for by one, never by several.

    `tell` puts a round's error into a sentence for the log.
    """
    scheduler = BackgroundScheduler(
        timezone=ZoneInfo("UTC"), job_defaults={"coalesce": True, "max_instances": 1}
    )
    for job in JOBS:
        rounds = Rounds(job.name, partial(job.run, engine), tell)
        scheduler.add_job(rounds, "interval", seconds=job.seconds, name=job.name)
    scheduler.start()
    return scheduler
