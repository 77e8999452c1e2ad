"""One run: steps by chance, then fine weather until nothing more happens, then the reckoning."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from sqlalchemy import ColumnElement, func, select

from course.bookings import Booking
from course.enrolments import Enrolment
from course.enrolments import State as Standing
from course.keys import new_secret
from course.subscribers import Subscriber
from emails.hook_calls import HookCall
from emails.inbound import ReceivedEmail
from scheduler import pauses
from scheduler.audit import audit
from scheduler.horizon import next_moment
from scheduler.outbox import Delivery, State
from scheduler.reasons import UNFORESEEN, Why
from tests.simulation import courses, deeds, hearing
from tests.simulation.chance import under_one_seed
from tests.simulation.faults import Broken, demand
from tests.simulation.people import Wish
from tests.simulation.provider import Weather
from tests.simulation.world import World

TICKS = (8, 22)
STEPS_A_TICK = 2
LISTENING = 0.5
MOST_MOMENTS = 300
AUDIT_EVERY = 10
MOST_BEHIND = timedelta(minutes=50)


class Failure(Exception):
    """A run that broke a law: its seed, what broke, and every step until then."""

    def __init__(self, seed: int, sentence: str, trace: list[str]) -> None:
        steps = "\n".join(trace)
        again = f"python -m tests.simulation --seed {seed}"
        super().__init__(f"{steps}\n{sentence}\nAgain, exactly: {again}")
        self.sentence = sentence


def run(seed: int) -> list[str]:
    """Play this seed; returns its trace. Raises Failure when a law, or anything else, breaks."""
    with under_one_seed(lambda: World(seed)) as world:
        try:
            _play(world)
        except (Exception, Broken) as error:
            what = str(error) if isinstance(error, Broken) else f"{type(error).__name__}: {error}"
            raise Failure(seed, what, world.trace) from error
        return world.trace


def _play(world: World) -> None:
    rng = world.rng
    _choose_a_climate(world)
    for _ in range(world.rng.randint(1, deeds.MOST_PEOPLE)):
        deeds.sign_up(world)
    for number in range(world.rng.randint(*TICKS)):
        for step in world.rng.choices(list(CHOICES), list(CHOICES.values()), k=STEPS_A_TICK):
            step(world)
        if rng.random() < LISTENING:
            hearing.listen(world)
        world.tick()
        if number % AUDIT_EVERY == AUDIT_EVERY - 1:
            _audit(world, at_rest=False)
    _calm(world)
    _reckon(world)


def _choose_a_climate(world: World) -> None:
    rng = world.rng
    harsh = rng.choice((0.0, 0.5, 1.0, 2.0))
    world.provider.weather = Weather(call=0.2 * harsh, message=0.1 * harsh, death=0.08 * harsh)
    world.dying = 0.2 * harsh
    world.meddling = rng.choice((0.0, 0.02, 0.1))
    world.gossip.chatty = rng.choice((0.0, 0.3, 0.8))
    world.gossip.trouble = rng.choice((0.0, 0.05, 0.2))
    world.listen = lambda: hearing.listen(world)
    world.meddle = lambda: rng.choice((deeds.any_deed, deeds.any_deed, hearing.listen))(world)


def _calm(world: World) -> None:
    """Nothing goes wrong any more, and time goes from moment to moment until there is none."""
    world.provider.weather, world.dying, world.meddling = Weather(), 0.0, 0.0
    world.gossip.trouble = 0.0
    world.say("from here on, fine weather")
    # Past whatever lay ahead only because the clock was set back.
    world.pass_time(world.behind)
    _hear_all_and_go_on(world)
    for _ in range(MOST_MOMENTS):
        if not (_to_the_next_moment(world) or _to_the_last_news(world)):
            return
        _hear_all_and_go_on(world)
    raise Broken(14, "the course goes on for ever")


def _bring_back_what_is_waited_for(world: World) -> None:
    """A letter taken out of the course while it was under way is on the owner's list; she acts."""
    query = select(Delivery.lesson).where(
        Delivery.kind == "lesson", Delivery.state == State.WAITING
    )
    with world.database.reading() as session:
        waiting = {name for name in session.scalars(query) if name}
    for name in sorted(waiting - set(world.course.by_slug)):
        lessons = (*world.course.lessons, courses.POOL[name])
        world.course = replace(world.course, lessons=lessons)
        world.restart(f"the author brings {name} back")


def _hear_all_and_go_on(world: World) -> None:
    """The owner looks each time, and does what is asked of her."""
    hearing.listen(world)
    _let_letters_go(world)
    world.tick()
    _bring_back_what_is_waited_for(world)


def _to_the_last_news(world: World) -> bool:
    last = world.gossip.last()
    if last is not None:
        world.pass_time(last - world.true)
    return last is not None


def _to_the_next_moment(world: World) -> bool:
    with world.database.reading() as session:
        moment = next_moment(session, world.now)
    if moment is not None:
        world.pass_time(moment - world.now)
    return moment is not None


def _audit(world: World, *, at_rest: bool) -> None:
    """What an owner's `lettercourse audit` would say. A worker that died is no finding yet."""
    with world.database.snapshot() as session:
        found = list(audit(session, world.house.catalogue, world.now))
    of_a_moment = ("call ", "isn't planned")
    for finding in found:
        passing = any(words in str(finding) for words in of_a_moment) and not at_rest
        # By a clock that was set back, a letter seems later than the goodbye it went before.
        blurred = finding.law == "never after goodbye" and world.behind
        demand(bool(passing or blurred), 2, f"the audit finds: {finding}")


def _reckon(world: World) -> None:
    """In the end everything is where somebody can see it, and everybody had what she wished."""
    _audit(world, at_rest=True)
    with world.database.reading() as session:
        unread = session.scalar(select(func.count()).where(ReceivedEmail.route_due_at.is_not(None)))
        demand(unread == 0, 2, "a received email that nobody looked at")
        taken = select(func.count(), func.count(Booking.starts_at.distinct())).where(
            Booking.cancelled_at.is_(None)
        )
        booked, times = session.execute(taken).one()
        demand(booked == times, 1, "one time booked twice")
        for enrolment in session.scalars(select(Enrolment).where(~_is_barred(world))):
            lessons = select(Delivery).where(
                Delivery.enrolment_id == enrolment.id, Delivery.kind == "lesson"
            )
            shown = [
                d for d in session.scalars(lessons) if d.state in {State.FAILED, State.WAITING}
            ]
            there = enrolment.state in {Standing.ACTIVE, Standing.PAUSED}
            demand(not there or bool(shown), 2, f"enrolment {enrolment.id} waits for nothing")
    _demand_nothing_was_unforeseen(world)
    _demand_whoever_asks_is_answered(world)
    for person in world.watch.people.values():
        # Who bounced or complained may well come back in our pages; nothing goes to her.
        if not person.barred:
            _demand_what_she_wished(world, person.email, person.wish, erased=person.erased)


def _demand_nothing_was_unforeseen(world: World) -> None:
    """What is set aside for a mistake of ours would else look like any other trouble."""
    with world.database.reading() as session:
        for told in (Delivery.reason, HookCall.trouble):
            found = session.scalars(select(told).where(told.contains(UNFORESEEN))).all()
            demand(not found, 2, f"{found}")


def _demand_whoever_asks_is_answered(world: World) -> None:
    """Erased or not, who asks is asked to confirm, unless she bounced or complained before."""
    query = (
        select(Delivery.about)
        .join(Enrolment, Enrolment.id == Delivery.enrolment_id)
        .where(
            Delivery.kind == "confirmation",
            Delivery.reason == Why.SUPPRESSED,
            ~_is_barred(world),
        )
    )
    with world.database.reading() as session:
        refused = session.scalars(query).all()
    demand(not refused, 2, f"confirmations {refused} were asked for and kept back")


def _is_barred(world: World) -> ColumnElement[bool]:
    barred = [person.email for person in world.watch.people.values() if person.barred]
    hers = select(Subscriber.id).where(Subscriber.email.in_(barred))
    return Enrolment.subscriber_id.in_(hers)


def _demand_what_she_wished(world: World, email: str, wish: Wish, *, erased: bool) -> None:
    with world.database.reading() as session:
        query = select(Enrolment.state).join(Enrolment.subscriber)
        state = session.scalar(query.where(Subscriber.email == email))
    right: dict[Wish, set[str | None]] = {
        Wish.GONE: {Standing.LEFT, None} if erased else {Standing.LEFT},
        Wish.ASKED: {Standing.PENDING},
        Wish.IN: {Standing.ACTIVE, Standing.PAUSED, Standing.FINISHED},
    }
    demand(state in right[wish], 3, f"{email} wished to be {wish} and is {state}")


def _next(world: World) -> None:
    _to_the_next_moment(world)


def _a_while(world: World) -> None:
    length = world.rng.choice((1, 10, 60, 600, 3000, 10000))
    world.pass_time(timedelta(minutes=world.rng.randint(0, length)))


def _outage(world: World) -> None:
    world.restart("the power fails")
    world.pass_time(timedelta(hours=world.rng.choice((2, 7, 20, 30, 100, 400, 900))))
    world.say("and comes back")


def _clock_goes_back(world: World) -> None:
    length = timedelta(minutes=world.rng.randint(1, 10))
    if world.behind + length <= MOST_BEHIND:
        world.set_back(length)
        world.say(f"the clock was set back by {length}")


def _a_deed(world: World) -> None:
    deeds.any_deed(world)


def _owner(world: World) -> None:
    """She lets stopped letters go; or stops them, which more bounces than these would do."""
    if world.watch.passing is not None:
        _let_letters_go(world)
        return
    with world.database.transaction() as session:
        pauses.stop_letters(session, "so many came back", world.now)
    world.note_a_stop()


def _let_letters_go(world: World) -> None:
    if world.watch.passing is None:
        return
    world.say("the owner lets letters go")
    with world.database.transaction() as session:
        pauses.let_letters_go(session, world.now)
    world.note_a_stop()


def _author(world: World) -> None:
    with world.database.reading() as session:
        world.watch.see_who_finished(session, world.course)
    what, world.course = courses.edited(world.course, world.rng)
    world.restart(f"the author changes the course ({what})")


def _new_key(world: World) -> None:
    world.secrets.append(new_secret())
    world.restart("a new key is added")


CHOICES: dict[Callable[[World], None], int] = {
    _next: 45,
    _a_while: 15,
    _outage: 4,
    _clock_goes_back: 2,
    deeds.sign_up: 5,
    _a_deed: 30,
    _author: 5,
    _owner: 1,
    _new_key: 1,
}
