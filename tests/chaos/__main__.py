"""Hardships lived through by real processes, and what the vendor's journal says of it.

    python -m tests.chaos --vendor resend --database sqlite --workers 4 --times 500 --readers 20000
    python -m tests.chaos --hardship restarts --database postgresql --workers 3 --times 3

Real workers, a real vendor's server in another process, a real database. Prints one line; exits 1
when a letter came twice, or is missing without standing in the database as unknown.
"""

import argparse
import random
import sys
import time

from tests.chaos import faults, frozen, full_disk, kills, restarts
from tests.chaos.scene import KEYS, Plan
from tests.support.driver import warm_up

HARDSHIPS = {
    "kills": kills.run,
    "restarts": restarts.run,
    "frozen": frozen.run,
    "full-disk": full_disk.run,
    "faults": faults.run,
}


def main() -> int:
    asked = vars(_arguments())
    random.seed(asked.pop("seed"))
    plan = Plan(**asked)
    warm_up()
    start = time.monotonic()
    count, story = HARDSHIPS[plan.hardship](plan)
    print(
        f"{plan.hardship}: {plan.vendor} on {plan.database}, {plan.workers} workers, "
        f"{plan.readers} readers, {story} in {time.monotonic() - start:.0f} s; {count}"
    )
    return 0 if count.holds(plan) else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos")
    parser.add_argument("--hardship", choices=HARDSHIPS, default="kills")
    parser.add_argument("--vendor", choices=KEYS, default="resend")
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--readers", type=int, default=2000)
    parser.add_argument("--batch", type=int, default=25, help="emails in a call")
    parser.add_argument("--times", type=int, default=3, help="how often it strikes")
    parser.add_argument("--seed", type=int, default=time.time_ns())
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
