"""How news of our emails comes in, and what it makes of the reader's rights and of the laws."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from emails import inbound
from emails.providers.hooks import EventKind
from emails.suppression import EVERYTHING, Reason, Suppression
from scheduler import feedback
from scheduler.feedback import SOFT_BOUNCES
from scheduler.outbox import Delivery, State
from scheduler.receipts import MILESTONES, PROOFS, Receipt
from tests.simulation.faults import demand
from tests.simulation.gossip import Telling
from tests.simulation.people import Person
from tests.simulation.world import World

BAD = {EventKind.HARD_BOUNCE, EventKind.COMPLAINT}


@dataclass(frozen=True)
class Known:
    """What the database says of one email; nothing of one whose reader was erased."""

    state: str | None
    milestones: dict[str, Any]


def listen(world: World) -> None:
    """Everything told by now is heard, each in a transaction of its own, as the product does it."""
    for telling in world.gossip.due(world.true):
        _hear(world, telling)
    world.note_a_stop()


def _hear(world: World, telling: Telling) -> None:
    event, message, watch = telling.event, telling.message, world.watch
    with world.database.transaction() as session:
        before = _known(session, message.key)
        news = feedback.hear(session, world.house.catalogue, "model", event, world.now)
        session.flush()
        after = _known(session, message.key)
    world.say(f"heard of {message.to}: {event.kind}, {'news' if news else 'known'}")
    # With a reader the owner's notices of her mail go too.
    gone = before.state is None and watch.facts[message.key].kind == inbound.CALL.kind
    if gone or watch.belongs_to_nobody(message.key):
        return
    demand(news == (event.id not in watch.heard), 1, f"{event} was heard twice, or never")
    watch.heard.add(event.id)
    _demand_it_is_kept(event.kind, before, after)
    if event.kind in PROOFS and after.state != State.CLAIMED:
        # Heard while its call begins, it comes too late to hold it back.
        watch.proven.add(message.key)
    person = watch.reader_of(message)
    if news and person is not None:
        _bears(world, person, event.kind)


def _demand_it_is_kept(kind: EventKind, before: Known, after: Known) -> None:
    kept = all(after.milestones.get(name) == at for name, at in before.milestones.items() if at)
    demand(kept, 5, f"a milestone was moved by {kind}")
    demand(bool(after.milestones.get(MILESTONES[kind].key)), 5, f"{kind} is no milestone")
    proven = kind in PROOFS and after.state == State.UNKNOWN
    demand(not proven, 5, f"{kind} proves that it left, and it is unknown")


def _bears(world: World, person: Person, kind: EventKind) -> None:
    """Whoever bounced or complained mustn't be written to, whatever she does in our pages."""
    if kind == EventKind.SOFT_BOUNCE:
        person.soft_bounces += 1
    if kind in BAD or (kind == EventKind.SOFT_BOUNCE and _given_up(world, person)):
        world.leave(person)
        person.barred = True


def _given_up(world: World, person: Person) -> bool:
    """It is the product's to say when a mailbox is given up, but not before its own number."""
    hers = Suppression.digest == world.house.keys.digest(person.email)
    query = select(Suppression.reason).where(hers, Suppression.course == EVERYTHING)
    with world.database.reading() as session:
        given_up = session.scalar(query) == Reason.SOFT_BOUNCES
    enough = person.soft_bounces >= SOFT_BOUNCES
    demand(enough or not given_up, 3, f"{person.email} is given up after too few soft bounces")
    return given_up


def _known(session: Session, key: str) -> Known:
    milestones = {column.key: column for column in MILESTONES.values()}
    query = (
        select(Delivery.state, *milestones.values())
        .outerjoin(Receipt, Receipt.delivery_id == Delivery.id)
        .where(Delivery.key == key)
    )
    found = session.execute(query).first()
    return (
        Known(found[0], dict(zip(milestones, found[1:], strict=True))) if found else Known(None, {})
    )
