import signal
from contextlib import suppress
from queue import Empty, SimpleQueue

import click

from app.cli.support import open_for_work, tell, why_held
from app.garbage import keep_what_is_loaded
from scheduler import jobs


@click.command("work")
def command() -> None:
    """Run a worker without web, until Ctrl-C or SIGTERM; the batch at hand is finished first."""
    house = open_for_work()
    # Of all that threads share, the one thing that a handler may put something into at any moment.
    told_to_stop: SimpleQueue[int] = SimpleQueue()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda number, _: told_to_stop.put(number))
    keep_what_is_loaded()
    scheduler = jobs.start(house.engine, tell)
    click.echo(why_held(house) or "Working. Press Ctrl-C to stop.")
    _wait_for(told_to_stop)
    house.engine.postman.stop.set()
    scheduler.shutdown(wait=True)
    house.life.end()


def _wait_for(word: SimpleQueue[int]) -> None:
    # Never for good: a signal that another thread was given is only heard at the next turn.
    while True:
        with suppress(Empty):
            word.get(timeout=1)
            return
