import signal
from threading import Event

import click

from app.cli.support import open_house
from scheduler import jobs


@click.command("work")
def command() -> None:
    """Run a worker without web, until Ctrl-C or SIGTERM; the batch at hand is finished first."""
    house = open_house()
    stop = Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: stop.set())
    scheduler = jobs.start(house.engine)
    click.echo("Working. Press Ctrl-C to stop.")
    stop.wait()
    scheduler.shutdown(wait=True)
    house.life.end()
