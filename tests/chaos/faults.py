"""Whatever can go wrong on the way to a vendor and back, again and again, and all of it at once."""

import random
from dataclasses import replace

from tests.chaos.crowd import address
from tests.chaos.scene import Plan, set_up
from tests.chaos.truths import Count, count
from tests.players.faults import Fault, Kind

# An hour in a second: whole days of waiting for the next try pass, the week to the next letter
# doesn't.
SPEED = 3600
TIMEOUT_SECONDS = 0.3
TROUBLES = (
    Fault(Kind.DROP),
    Fault(Kind.RESET),
    Fault(Kind.HANG, seconds=1),
    Fault(Kind.HANG, accepts=False, seconds=1),
    Fault(Kind.SLOW, seconds=1),
    Fault(Kind.HALF),
    Fault(Kind.GARBAGE),
    Fault(Kind.GATEWAY, status=502),
    Fault(Kind.STATUS, status=429),
    Fault(Kind.STATUS, status=429, retry_after="40"),
    Fault(Kind.STATUS, status=429, retry_after="Tue, 03 Nov 2026 07:30:00 GMT"),
    Fault(Kind.STATUS, status=500),
    Fault(Kind.STATUS, status=503),
    Fault(Kind.STATUS, status=401),
)


def run(plan: Plan) -> tuple[Count, str]:
    refused = [address(n) for n in range(plan.batch // 2, plan.readers, plan.batch)]
    with set_up(plan, refused) as scene:
        scene.add_readers(0, plan.readers)
        faults = [trouble for trouble in TROUBLES for _ in range(plan.times)]
        well = [Fault(Kind.NONE)] * len(faults)
        mixed = random.sample(faults + well, len(faults + well))
        scene.trouble(mixed)
        shift = replace(scene.shift, speed=SPEED, timeout_seconds=TIMEOUT_SECONDS)
        for _ in range(plan.workers):
            scene.crew.hire(shift)
        scene.crew.wait_until(scene.is_done)
        scene.crew.dismiss_all()
        return count(scene, refused), f"{len(faults)} faults, {len(refused)} refused"
