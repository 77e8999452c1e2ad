"""Somebody asks to be erased, at any moment; and afterwards nothing of her is left anywhere."""

from collections.abc import Callable

from sqlalchemy import select

from app.erasure import erase
from app.web import letters, unsubscribe
from app.web.pages import Site
from app.web.troubles import Trouble
from course.enrolments import Enrolment
from course.subscribers import Subscriber
from scheduler.freezing import thaw
from scheduler.outbox import Batch
from tests.simulation.faults import demand
from tests.simulation.people import Person
from tests.simulation.world import World
from tests.support.lives import hers


def be_erased(world: World, person: Person) -> None:
    """What is with the provider at this very moment comes too late for it; nothing else does."""
    world.say(f"{person.email} is erased")
    world.leave(person)
    with world.database.reading() as session:
        query = select(Enrolment.code).join(Enrolment.subscriber)
        codes = session.scalars(query.where(Subscriber.email == person.email)).all()
        world.watch.learn_of(session, codes)
    erase(world.house, person.email)
    world.watch.gone.update(codes)
    world.stopping = {mail: who for mail, who in world.stopping.items() if who is not person}
    world.pacing = {mail: who for mail, who in world.pacing.items() if who is not person}
    person.be_forgotten()
    demand_nothing_left(world, person)


def demand_nothing_left(world: World, person: Person) -> None:
    left = {table: rows for table, rows in hers(world.house, person.email).items() if rows}
    demand(not left, 3, f"of {person.email}, who was erased, is left: {left}")
    with world.database.reading() as session:
        payloads = session.scalars(select(Batch.payload).where(Batch.payload.is_not(None)))
        kept = [message.to for payload in payloads if payload for message in thaw(payload)]
    demand(person.email not in kept, 3, f"a letter to {person.email} waits to be repeated")


def follow_an_old_link(world: World, person: Person) -> None:
    """From an email of before she was erased: nothing may come of it."""
    deeds: dict[str, Callable[[str, Site], object]] = {
        "unsubscribe": lambda token, site: unsubscribe.undo(token, site, pressed=True),
        "letters": lambda token, site: letters.resume(token, site, seen=""),
    }
    for page, act in deeds.items():
        token = person.old_token(page)
        if token is None:
            continue
        world.say(f"{person.email} follows an old link to {page}")
        try:
            act(token, world.site)
        except Trouble:
            continue
        demand(truth=False, law=3, sentence=f"an old link to {page} still opens something")
