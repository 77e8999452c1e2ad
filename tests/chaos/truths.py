"""What must be so after any hardship, by the vendor's journal and by our own database.

Nobody got the letter twice. Whom the vendor refused stands as failed. Everybody else has it and
stands so. Where the vendor knows no keys, any of them may stand as unknown instead. Nobody is left
as if the letter might still be sent, and no worker has shown a person a trace.
"""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass

from scheduler.outbox import State
from tests.chaos.crowd import address
from tests.chaos.scene import Plan, Scene

KNOWS_KEYS = {"resend"}


@dataclass(frozen=True)
class Count:
    taken: int
    doubled: int
    missing: int
    unlisted: int
    misjudged: int
    traces: int
    states: dict[str, int]

    def holds(self, plan: Plan) -> bool:
        broken = self.doubled or self.unlisted or self.misjudged or self.traces
        return not broken and not (plan.vendor in KNOWS_KEYS and self.missing)

    def __str__(self) -> str:
        return (
            f"{self.taken} taken, {self.doubled} twice, {self.missing} missing, {self.unlisted} of "
            f"them unlisted, {self.misjudged} misjudged, {self.traces} traces; {self.states}"
        )


def count(scene: Scene, refused: Collection[str] = ()) -> Count:
    taken, standing = scene.taken(), scene.standing()
    everybody = {address(n) for n in range(scene.plan.readers)} - set(refused)
    missing = everybody - set(taken)
    knows_keys = scene.plan.vendor in KNOWS_KEYS
    verdicts = {State.FAILED} if knows_keys else {State.FAILED, State.UNKNOWN}
    may_stand = {State.ACCEPTED, State.UNKNOWN}
    misjudged = [each for each in taken if standing.get(each) not in may_stand]
    misjudged += [each for each in refused if each in taken or standing.get(each) not in verdicts]
    return Count(
        taken=len(taken),
        doubled=sum(1 for times in taken.values() if times > 1),
        missing=len(missing),
        unlisted=sum(1 for each in missing if standing.get(each) != State.UNKNOWN),
        misjudged=len(misjudged),
        traces=scene.crew.log().count("Traceback"),
        states=dict(Counter(standing.values())),
    )
