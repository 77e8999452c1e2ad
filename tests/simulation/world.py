"""One run's world: true time, the machine's own clock, its workers, and everybody else."""

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random

from sqlalchemy import select

from app.bootstrap import House
from app.web.pages import Site
from course.enrolments import Enrolment
from course.keys import parse_keys
from course.subscribers import Subscriber
from emails.compose import Composer
from emails.inbound import ReceivedEmail
from emails.message import Message
from scheduler import retry
from scheduler.clock import FixedClock
from scheduler.jobs import Engine
from scheduler.limits import Limits
from scheduler.outbox import Batch, BatchState, Delivery
from scheduler.pauses import letters_stopped
from scheduler.terms import Terms
from scheduler.workers import LonelyLife
from tests.simulation import courses
from tests.simulation.faults import Crash, demand
from tests.simulation.gossip import Gossip
from tests.simulation.laws import Watch
from tests.simulation.memory import no_step
from tests.simulation.patience import Patience
from tests.simulation.people import Person
from tests.simulation.provider import ModelProvider
from tests.simulation.silence import SILENT
from tests.simulation.stock import memory, settings, templates

# The year has both changes of the clocks in each hemisphere.
BEGINS = datetime(2026, 1, 1, tzinfo=UTC)
MOST_CALLS = 300
LATEST_DEATH = 14
OFTEN_RESENT = 0.3
ZONES = (
    "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia", "Asia/Kolkata",
    "Europe/Lisbon", "America/Sao_Paulo", "Pacific/Auckland", "America/St_Johns", "Africa/Cairo",
)  # fmt: skip
FIRST_SECRET = "c2ltdWxhdGlvbnNpbXVsYXRpb25zaW11bGF0aW9uc2k="


def has_keys(seed: int) -> bool:
    """Every other seed's provider has idempotency keys."""
    return seed % 2 == 0


class ModelLife(LonelyLife):
    """Lost are those the world has seen die; a frozen one isn't."""

    def __init__(self, dead: set[str]) -> None:
        super().__init__()
        self._dead = dead

    def lost(self, workers: Collection[str]) -> set[str]:
        return self._dead & set(workers)


class World:
    def __init__(self, seed: int) -> None:
        self.seed, self.rng = seed, Random(seed)
        self.trace: list[str] = []
        self.true = BEGINS + timedelta(hours=self.rng.randrange(365 * 24))
        self.behind = timedelta(0)
        self.clock = FixedClock(self.true)
        self.database = memory()
        self.database.start_anew()
        self.secrets = [FIRST_SECRET]
        self.course = courses.new_course(self.rng)
        # Few, so that people are due together and calls hold several of them.
        self.zones = self.rng.sample(ZONES, self.rng.randint(1, 3))
        self.dead: set[str] = set()
        self.watch = Watch()
        # Mails that ask to stop and weren't routed yet, by fingerprint.
        self.stopping: dict[str, Person] = {}
        # The same of words about her pace.
        self.pacing: dict[str, Person] = {}
        self.gossip = Gossip(self.rng)
        self.terms = self._choose_terms()
        self.watch.allowance = self.terms.limits.per_day
        self.meddle: Callable[[], None] = lambda: None
        self.listen: Callable[[], None] = lambda: None
        self.meddling = 0.0
        self.dying = 0.0
        self._busy = False
        self._die_in: int | None = None
        self._rounds = 0
        self._in_a_call: set[str] = set()
        self.provider = self._provider()
        self.house = self.open_house()
        self.say(f"{self.course.rules} {[one.slug for one in self.course.lessons]}")

    # Time.

    @property
    def now(self) -> datetime:
        return self.clock.now()

    def pass_time(self, length: timedelta) -> None:
        self.true += length
        self.clock.set(self.true - self.behind)

    def set_back(self, length: timedelta) -> None:
        self.behind += length
        # A day may come twice now, and with it what may be sent on it.
        self.watch.allowance = 0
        self.clock.set(self.true - self.behind)

    # The machine.

    def open_house(self) -> House:
        """A process that begins: new keys read, new course read, a life of its own."""
        house = House(
            settings=settings(),
            database=self.database,
            keys=parse_keys("\n".join(self.secrets)),
            catalogue=courses.catalogue(self.course),
            clock=self.clock,
            provider=self.provider,
        )
        house.__dict__["life"] = ModelLife(self.dead)
        house.__dict__["composer"] = Composer(templates(), house.links, house.stationery)
        postman = replace(house.engine.postman, terms=self.terms, stop=Patience(self.pass_time))
        house.__dict__["engine"] = Engine(self.clock, house.receiver, postman)
        return house

    def _choose_terms(self) -> Terms:
        """What the owner of this run has set: most of them nothing."""
        per_second, per_day = self.rng.choice((0, 0, 0, 0.5)), self.rng.choice((0, 0, 0, 3, 8))
        return Terms(
            resend_in_doubt=self.rng.random() < OFTEN_RESENT,
            limits=Limits(per_second=per_second, per_day=per_day),
        )

    def restart(self, why: str) -> None:
        self.say(why)
        self.dead.add(self.house.life.worker)
        for person in self.watch.people.values():
            person.too_late.clear()
        self.house = self.open_house()

    @property
    def site(self) -> Site:
        return Site(self.house, SILENT, self.now)

    def tick(self) -> None:
        """One round of the engine, which may not survive it."""
        calls = self.provider.calls
        self._die_in = self.rng.randint(1, LATEST_DEATH) if self.rng.random() < self.dying else None
        self.database.step = self._step
        try:
            self._round(self.house)
        except Crash as crash:
            self.restart(f"died at {crash}")
            self._look_at_what_is_planned()
        finally:
            self.database.step, self._die_in = no_step, None
        demand(self.provider.calls - calls < MOST_CALLS, 14, "a round that doesn't end")
        self.obey()
        with self.database.reading() as session:
            self.watch.after_a_tick(session, self.course)

    def _round(self, house: House) -> None:
        self._rounds += 1
        try:
            house.engine.receive()
            self.obey()
            if house.engine.plan():
                self._look_at_what_is_planned()
            house.engine.deliver()
        finally:
            self._rounds -= 1

    def _look_at_what_is_planned(self) -> None:
        with self._in_peace(), self.database.reading() as session:
            self.watch.after_planning(session, self.course)

    def obey(self) -> None:
        """From the moment a mail was routed it counts: its sender is gone, or rests, or goes on."""
        asking = self.stopping | self.pacing
        if not asking:
            return
        query = (
            select(ReceivedEmail.fingerprint, Enrolment.paused_until)
            .outerjoin(Enrolment, Enrolment.id == ReceivedEmail.enrolment_id)
            .where(ReceivedEmail.fingerprint.in_(asking), ReceivedEmail.route_due_at.is_(None))
        )
        with self._in_peace(), self.database.reading() as session:
            routed = list(session.execute(query))
        for fingerprint, rests_until in routed:
            if fingerprint in self.stopping:
                self.leave(self.stopping.pop(fingerprint))
            else:
                self.pacing.pop(fingerprint).rest(rests_until)
                self.note_too_late(asking[fingerprint])

    def _step(self, name: str, inside: bool) -> None:
        if self._busy:
            return
        if self._die_in is not None:
            self._die_in -= 1
            if self._die_in <= 0:
                raise Crash(name)
        if not inside and not self.database.open and self.rng.random() < self.meddling:
            with self._in_peace():
                self.say(f"meanwhile, at {name}:")
                self.obey()
                self.meddle()

    @contextmanager
    def _in_peace(self) -> Iterator[None]:
        """No step within another one's."""
        was, self._busy = self._busy, True
        try:
            yield
        finally:
            self._busy = was

    # What the provider asks of the world.

    def _provider(self) -> ModelProvider:
        provider = ModelProvider(self.rng, lambda: self.true, keyed=has_keys(self.seed))
        provider.handed_over, provider.answered = self._handed_over, self._answered
        provider.took, provider.meanwhile = self._took, self._meanwhile
        provider.pass_time, provider.frozen = self.pass_time, self._frozen
        provider.said = self.say
        self.say(f"keys: {bool(provider.dedupe_window)}, batches of {provider.max_batch}")
        self.say(f"{self.terms}")
        return provider

    def _handed_over(self, batch: Sequence[Message], key: str) -> None:
        demand(self.database.open == 0, 4, "a call within a transaction")
        with self._in_peace(), self.database.reading() as session:
            self.watch.handed_over(session, batch, key, self.course, self.now)
        self._in_a_call.update(message.key for message in batch)

    def _answered(self, batch: Sequence[Message]) -> None:
        self._in_a_call.difference_update(message.key for message in batch)

    def _took(self, message: Message, key: str) -> None:
        self.say(f"accepted: {message.to}: {message.subject}")
        self.watch.took(message, key)
        self.gossip.took(message, self.true)

    def _meanwhile(self) -> None:
        """A receipt may be here before the answer is."""
        if self.rng.random() < self.gossip.chatty / 2:
            with self._in_peace():
                self.listen()

    def _frozen(self) -> None:
        """Ours stands still for longer than its lease; another worker goes on meanwhile."""
        self.pass_time(retry.LEASE + timedelta(minutes=self.rng.choice((1, 1, 30, 180))))
        if self._rounds > 1:
            return
        self.say("frozen; meanwhile another worker:")
        other, self._die_in = self.open_house(), None
        try:
            self._round(other)
        except Crash as crash:
            self.say(f"the other one died at {crash}")
        self.dead.add(other.life.worker)

    # What people do to the facts.

    def leave(self, person: Person) -> None:
        person.leave(self.now)
        self.note_too_late(person)

    def note_too_late(self, person: Person) -> None:
        """Which of her emails a worker is about to hand over, its intent kept already."""
        if not self._rounds:
            return
        query = (
            select(Delivery.key)
            .join(Enrolment, Enrolment.id == Delivery.enrolment_id)
            .join(Subscriber, Subscriber.id == Enrolment.subscriber_id)
            .join(Batch, Batch.id == Delivery.batch_id)
            .where(Subscriber.email == person.email, Batch.state == BatchState.CALLING)
        )
        with self._in_peace(), self.database.reading() as session:
            leaving = set(session.scalars(query))
        # What is in a call has left, unless whoever took that call over is about to repeat it.
        person.too_late.update(leaving if self._rounds > 1 else leaving - self._in_a_call)

    def note_a_stop(self) -> None:
        """From the moment letters are stopped only those in a call already may still go."""
        with self._in_peace(), self.database.reading() as session:
            if letters_stopped(session) is None:
                self.watch.passing = None
            elif self.watch.passing is None:
                self.say("letters are stopped")
                open_calls = select(Batch.id).where(Batch.state != BatchState.SETTLED)
                query = select(Delivery.key).where(Delivery.batch_id.in_(open_calls))
                self.watch.passing = set(session.scalars(query))

    def say(self, line: str) -> None:
        self.trace.append(f"{self.now:%Y-%m-%d %H:%M:%S}  {line}")
