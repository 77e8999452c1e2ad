"""PostgreSQL restarts under the workers: once in good order, once by a crash, once for a while."""

from tests.chaos.scene import Plan, set_up
from tests.chaos.truths import Count, count

DOWN_SECONDS = 2.5


def run(plan: Plan) -> tuple[Count, str]:
    with set_up(plan) as scene:
        assert scene.cluster is not None, "only PostgreSQL restarts apart from its workers"
        scene.add_readers(0, plan.readers)
        for _ in range(plan.workers):
            scene.crew.hire(scene.shift)
        for number in range(plan.times):
            scene.wait_until_taken((number + 0.5) / (plan.times + 1))
            lasting = DOWN_SECONDS if number % 3 == 2 else 0
            scene.cluster.restart(crash=number % 3 == 1, down_seconds=lasting)
        scene.crew.wait_until(scene.is_done)
        scene.crew.dismiss_all()
        return count(scene), f"{plan.times} restarts"
