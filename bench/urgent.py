"""A confirmation asked for behind 100,000 waiting lessons: `python -m bench.urgent`.

The baseline is the call under way when it is asked for: it should go out in the very next one.
"""

import sys
from dataclasses import replace
from datetime import timedelta

from bench.stage import databases, open_house, warm_up
from course import joining, subscribers
from course.database import Database
from scheduler.clock import FixedClock
from tests.support.crowd import fill, make_due
from tests.support.houses import COURSE, TUESDAY, ZONE
from tests.support.providers import Interrupted

WAITING = 100_000
ASKED_IN_CALL = 3
NEW = "new@example.com"


def main(waiting: int) -> None:
    with databases() as kinds:
        for name, make_url in kinds.items():
            _measure(name, make_url(), waiting)


def _measure(name: str, url: str, waiting: int) -> None:
    database = Database(url)
    fill(database, waiting)
    make_due(database, waiting, waiting, TUESDAY)
    database.engine.dispose()
    provider = Interrupted()
    house = replace(open_house(url, "http://127.0.0.1:1"), provider=provider)
    warm_up(house)
    house.engine.plan(TUESDAY)
    calls = 0

    def during() -> None:
        nonlocal calls
        calls += 1
        if calls == ASKED_IN_CALL:
            now = TUESDAY + timedelta(seconds=1)
            assert isinstance(house.clock, FixedClock)
            house.clock.set(now)
            with house.database.transaction() as session:
                subscriber = subscribers.find_or_add(
                    session, house.keys, email=NEW, name=None, zone=ZONE, now=now
                )
                joining.sign_up(session, subscriber, COURSE, now)
            house.engine.plan()
        if calls == ASKED_IN_CALL + 2:
            house.engine.postman.stop.set()

    provider.during = during
    house.engine.deliver()
    sizes = [len(batch) for _, batch in provider.calls]
    place = next(n for n, (_, mails) in enumerate(provider.calls, 1) if mails[0].to == NEW)
    print(f"{name:12}{waiting:>9,} waiting, asked in call {ASKED_IN_CALL}, sent in call {place}")
    print(f"{'':12}emails in each call: {', '.join(map(str, sizes))}")
    house.life.end()
    house.database.engine.dispose()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else WAITING)
