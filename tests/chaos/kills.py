"""Workers killed with signal 9 at random moments, and what the vendor's journal says of it."""

import os
import random
import signal
import sys
import time

from tests.chaos.scene import Plan, set_up
from tests.chaos.truths import Count, count
from tests.support.driver import Order, serve_until_empty


def run(plan: Plan) -> tuple[Count, str]:
    with set_up(plan) as scene:
        scene.add_readers(0, plan.readers)
        kills = _kill_at_random(scene.shift, plan.workers, plan.times)
        return count(scene), f"{kills} kills"


def _kill_at_random(order: Order, workers: int, kills: int) -> int:
    """Keep `workers` at work, kill one again and again, until all is done; returns the kills."""
    alive = {_fork(order) for _ in range(workers)}
    done, killed = 0, 0
    while done < workers:
        time.sleep(random.uniform(0.01, 0.25))
        if killed < kills and alive:
            victim = random.choice(sorted(alive))
            os.kill(victim, signal.SIGKILL)
            os.waitpid(victim, 0)
            alive.remove(victim)
            alive.add(_fork(order))
            killed += 1
        for child in list(alive):
            ended, status = os.waitpid(child, os.WNOHANG)
            if ended:
                alive.remove(child)
                done += 1
                assert os.waitstatus_to_exitcode(status) == 0
    return killed


def _fork(order: Order) -> int:
    child = os.fork()
    if child:
        return child
    code = 1
    try:
        serve_until_empty(order)
        code = 0
    finally:
        sys.stderr.flush()
        os._exit(code)
