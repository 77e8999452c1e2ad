import signal
from threading import Event

import click

from app.cli.support import open_for_work, tell, why_held
from app.garbage import keep_what_is_loaded
from scheduler import jobs


@click.command("work")
def command() -> None:
    """Run a worker without web, until Ctrl-C or SIGTERM; the batch at hand is finished first."""
    house = open_for_work()
    stop = Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: stop.set())
    keep_what_is_loaded()
    scheduler = jobs.start(house.engine, tell)
    click.echo(why_held(house) or "Working. Press Ctrl-C to stop.")
    # Never for good: a signal that another thread was given is only heard at the next turn.
    while not stop.wait(timeout=1):
        pass
    house.engine.postman.stop.set()
    scheduler.shutdown(wait=True)
    house.life.end()
