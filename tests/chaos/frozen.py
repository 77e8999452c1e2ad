"""A worker stopped past its lease while others go on: when it thaws, it can record nothing."""

from dataclasses import replace

from sqlalchemy import select

from scheduler.outbox import Batch, BatchState, Delivery
from tests.chaos.scene import Plan, Scene, set_up
from tests.chaos.truths import KNOWS_KEYS, Count, count
from tests.players.faults import Fault, Kind

LEASE_SECONDS = 1.0
# The half minute until an unanswered call is repeated passes in a moment.
SPEED = 120
# Before the intent is written down; once the vendor has answered; and between the two.
STEPS = ("before composing", "after the call", "before the call")
IN_IT = Delivery.batch_id == Batch.id
ROW = (
    *(Delivery.state, Delivery.reason, Delivery.provider_id, Delivery.settled_at),
    *(Delivery.batch_id, Batch.state, Batch.attempts, Batch.fence),
)


def run(plan: Plan) -> tuple[Count, str]:
    """Each time with readers of its own, so that there is something for the sleeper to claim."""
    with set_up(plan) as scene:
        _thaw_in_mid_call(scene)
        share, present = (plan.readers - plan.batch) // plan.times, plan.batch
        for number in range(plan.times):
            more = plan.readers - present if number == plan.times - 1 else share
            scene.add_readers(present, more)
            present += more
            _thaw_afterwards(scene, STEPS[number % len(STEPS)], present)
        return count(scene), f"{plan.times + 1} times frozen"


def _thaw_in_mid_call(scene: Scene) -> None:
    """The vendor takes the others' call, and says that it is too busy to take the sleeper's."""
    scene.add_readers(0, scene.plan.batch)
    shift = replace(scene.shift, lease_seconds=LEASE_SECONDS, timeout_seconds=4, speed=SPEED)
    sleeper = scene.crew.hire(replace(shift, freeze_at="before the call"))
    scene.crew.wait_until_frozen(sleeper)
    held = _held(scene)
    if scene.plan.vendor in KNOWS_KEYS:
        scene.trouble([Fault(Kind.HANG), Fault(Kind.STATUS, status=429)])
    scene.crew.hire(shift)
    scene.crew.wait_until(lambda: scene.sent() > 0 or scene.is_done(scene.plan.batch))
    _thaw(scene, sleeper, held)
    scene.crew.wait_until(lambda: scene.is_done(scene.plan.batch))
    scene.crew.dismiss_all()


def _thaw_afterwards(scene: Scene, step: str, readers: int) -> None:
    """Once the others have done all there was to do, what the sleeper held included."""
    shift = replace(scene.shift, lease_seconds=LEASE_SECONDS)
    sleeper = scene.crew.hire(replace(shift, freeze_at=step))
    scene.crew.wait_until_frozen(sleeper)
    held = _held(scene)
    for _ in range(scene.plan.workers):
        scene.crew.hire(shift)
    scene.crew.wait_until(lambda: scene.is_done(readers))
    _thaw(scene, sleeper, held)
    scene.crew.dismiss_all()


def _thaw(scene: Scene, sleeper: int, held: list[int]) -> None:
    """It goes on where it was stopped, ends in good order, and has changed nothing."""
    assert held
    before = _rows(scene, held)
    scene.crew.thaw(sleeper)
    assert scene.crew.dismiss(sleeper) == 0, scene.crew.log()
    assert _rows(scene, held) == before, "it recorded what it had no right to"


def _held(scene: Scene) -> list[int]:
    """The deliveries in the sleeper's hands: nobody else is at work yet."""
    with scene.look() as session:
        query = select(Delivery.id).join(Batch, IN_IT).where(Batch.state != BatchState.SETTLED)
        return list(session.scalars(query))


def _rows(scene: Scene, deliveries: list[int]) -> list[tuple[object, ...]]:
    with scene.look() as session:
        query = select(*ROW).join_from(Delivery, Batch, IN_IT).where(Delivery.id.in_(deliveries))
        return [tuple(row) for row in session.execute(query.order_by(Delivery.id))]
