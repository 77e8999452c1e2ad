"""Runs the real engine in real processes that kill themselves with SIGKILL at a step of our choice.

`python -m tests.support.driver` reads one order a line, as JSON, and forks a process for each, so
that the imports are paid for once. A process counts its steps: every begin of a transaction, every
commit that writes (before and after), every call to compose, to the provider and to settle (before
and after). The n-th, as `kill_at` says, is its last. The product's code is wrapped, not changed.
"""

import json
import os
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event

from app import bootstrap
from app.bootstrap import House, build
from app.schema import METADATA
from course.database import Database
from course.due import anything_due
from course.enrolments import Enrolment
from emails.providers import postmark, resend  # noqa: F401  so that each process needn't
from emails.providers.memory import MemoryProvider
from scheduler import claims, delivery, settling
from scheduler.clock import Clock, FixedClock
from scheduler.outbox import State, count_states
from tests.support.houses import (
    TUESDAY,
    join,
    make_house,
    shipped_catalogue,
    shipped_settings,
    tick,
)

OPEN = (State.PLANNED, State.CLAIMED, State.WAITING)


@dataclass(frozen=True)
class Order:
    """One process's task: tick once at `at`, in calls of `max_batch`; die at step `kill_at`."""

    database_url: str
    provider: str
    base_url: str
    api_key: str
    key_file: str
    at: str
    max_batch: int
    kill_at: int = 0
    timeout_seconds: float = 30
    # SQLite's file may grow by so many pages, as on a disk that is nearly full.
    room: int | None = None

    def line(self) -> str:
        return json.dumps(asdict(self)) + "\n"


class Steps:
    """Counts, and kills this process at the chosen one; its name goes down the pipe before."""

    def __init__(self, kill_at: int, pipe: int) -> None:
        self._left, self._pipe = kill_at, pipe
        self._wrote = False

    def __call__(self, name: str) -> None:
        self._left -= 1
        if self._left == 0:
            os.write(self._pipe, name.encode())
            os.kill(os.getpid(), signal.SIGKILL)

    def around(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*arguments: Any, **named: Any) -> Any:
            self(f"before {name}")
            result = function(*arguments, **named)
            self(f"after {name}")
            return result

        return counted

    def watch(self, engine: Engine) -> None:
        """Every commit that writes, told by the statements before it."""

        def seen(_: Any, __: Any, statement: str, *___: Any) -> None:
            self._wrote = self._wrote or statement.startswith(("INSERT", "UPDATE", "DELETE"))

        def committing(connection: Any) -> None:
            if self._wrote:
                self("before a commit")
                connection.connection.commit()
                self._wrote = False
                self("after a commit")

        event.listen(engine, "before_cursor_execute", seen)
        event.listen(engine, "commit", committing)


def run(order: Order, pipe: int) -> None:
    steps = Steps(order.kill_at, pipe)
    house = build_house(order)
    provider: Any = house.provider
    provider.send = steps.around("the call", provider.send)
    claims.claim = steps.around("claiming", claims.claim)
    claims.orphan = steps.around("looking for orphans", claims.orphan)
    delivery.compose_all = steps.around("composing", delivery.compose_all)  # type: ignore[attr-defined]
    settling.settle = steps.around("settling", settling.settle)
    settling.give_up_asking = steps.around("giving up", settling.give_up_asking)
    steps.watch(house.database.engine)
    if order.room is not None:
        _narrow(house.database.engine, order.room)
    house.engine.tick(datetime.fromisoformat(order.at))
    house.life.end()


def _narrow(engine: Engine, room: int) -> None:
    limits: list[int] = []

    def limit(connection: Any, _record: object) -> None:
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        limits.append(pages + room)
        connection.execute(f"PRAGMA max_page_count = {limits[0]}")

    engine.dispose()
    event.listen(engine, "connect", limit)


def serve_until_empty(order: Order) -> None:
    """Tick, as a worker does, until nothing is left to be done by anybody."""
    house = build_house(order)
    at = datetime.fromisoformat(order.at)
    while True:
        house.engine.tick(at)
        with house.database.reading() as session:
            standing = count_states(session)
            # Skipped while a killed planner's transaction wasn't over yet: for the next tick.
            [due] = anything_due(session, [Enrolment.next_due_at], at)
        if not due and not any(standing[state] for state in OPEN):
            break
        time.sleep(0.05)
    house.life.end()


def build_house(order: Order, clock: Clock | None = None) -> House:
    """The product's own house, as its settings would say it; time stands still at `at`."""
    shipped = shipped_settings().emails.model_dump()
    of_all = {name: value for name, value in shipped.items() if not isinstance(value, dict)}
    vendor = {
        **shipped[order.provider],
        "base_url": order.base_url,
        "api_key": order.api_key,
        "timeout_seconds": order.timeout_seconds,
    }
    settings = shipped_settings(
        database={"url": order.database_url},
        security={"keys": Path(order.key_file).read_text()},
        # As fast as it can: waiting for the vendor's own rate has tests of its own.
        emails={**of_all, "per_second": 0, "provider": order.provider, order.provider: vendor},
    )
    house = build(settings, clock or FixedClock(datetime.fromisoformat(order.at)))
    vars(house.provider)["max_batch"] = order.max_batch
    return house


def _fork(order: Order) -> dict[str, object]:
    """Carry the order out in a process of its own; how that ended, and at which step."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        code = 1
        try:
            run(order, writing)
            code = 0
        finally:
            sys.stderr.flush()
            os._exit(code)
    os.close(writing)
    _, status = os.waitpid(child, 0)
    step = os.read(reading, 100).decode()
    os.close(reading)
    return {"code": os.waitstatus_to_exitcode(status), "step": step}


def warm_up() -> None:
    """A letter in memory, so that whatever is done once in a process is done before the forks."""
    vars(bootstrap)["load_catalogue"] = lambda _: shipped_catalogue()
    database = Database("sqlite://")
    METADATA.create_all(database.engine)
    house = make_house(database, provider=MemoryProvider())
    join(house)
    tick(house, TUESDAY)
    database.engine.dispose()


if __name__ == "__main__":
    warm_up()
    for line in sys.stdin:
        print(json.dumps(_fork(Order(**json.loads(line)))), flush=True)  # noqa: T201  our answer
