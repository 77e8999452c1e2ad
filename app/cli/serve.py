import errno
import signal
import socket
from typing import Any

import click
import uvicorn

from app.bootstrap import House
from app.cli.support import open_for_work, tell, why_held
from app.errors import CommandError
from app.garbage import keep_what_is_loaded
from app.web.application import create_web
from scheduler import jobs


@click.command("serve")
@click.option("--migrate", is_flag=True, help="Make the database ready for this version first.")
@click.option("--host", help="Address to listen on; web.host in settings.toml otherwise.")
@click.option("--port", type=int, help="Port to listen on; web.port in settings.toml otherwise.")
def command(migrate: bool, **web: Any) -> None:
    """Run web and scheduler in one process, until Ctrl-C."""
    given = {key: value for key, value in web.items() if value is not None}
    house = open_for_work(migrate=migrate, web=given)
    with _listen(house.settings.web.host, house.settings.web.port) as door:
        server = _server(house)
        # From here on a signal is noted, never raised: an exception may be dropped where it falls.
        for name in (signal.SIGINT, signal.SIGTERM):
            signal.signal(name, server.handle_exit)
        _say_where_to_look(house)
        scheduler = jobs.start(house.engine, tell)
        keep_what_is_loaded()
        try:
            server.run(sockets=[door])
        finally:
            # Waits for the batch at hand, and for no other.
            house.engine.postman.stop.set()
            scheduler.shutdown()
            house.life.end()


def _server(house: House) -> uvicorn.Server:
    # No access log: pages' addresses hold tokens, and who reads them is nobody's business.
    return uvicorn.Server(
        uvicorn.Config(
            create_web(house),
            access_log=False,
            log_level="warning",
            server_header=False,
            forwarded_allow_ips=list(house.settings.web.trusted_proxies),
        )
    )


def _listen(host: str, port: int) -> socket.socket:
    try:
        return socket.create_server((host, port))
    except (OSError, TypeError, UnicodeError) as error:
        raise CommandError(f"Can't listen on {host}:{port}: {_why(error, port)}") from error


def _why(error: Exception, port: int) -> str:
    other = f"Another port would be: LETTERCOURSE_WEB__PORT={port + 1}"
    number = error.errno if isinstance(error, OSError) else None
    if number == errno.EADDRINUSE:
        return f"somebody else does. Is Lettercourse running already? {other}"
    if number == errno.EACCES:
        return f"this port is for the system alone. {other}"
    return "web.host has to be an address of this machine, such as 127.0.0.1 or 0.0.0.0."


def _say_where_to_look(house: House) -> None:
    base = house.settings.web.public_url
    click.echo(f"\n  Your course    {base}/")
    if house.settings.emails.provider == "mailbox":
        click.echo(f"  Its mailbox    {base}/dev/mailbox   (all mail stays on this machine)")
    if held := why_held(house):
        click.echo(f"\n  {held}")
    click.echo("\n  Press Ctrl-C to stop.\n")
