import click
import uvicorn

from app.bootstrap import House
from app.cli.support import open_house
from app.web.application import create_web
from scheduler import jobs


@click.command("serve")
@click.option("--migrate", is_flag=True, help="Make the database ready for this version first.")
@click.option("--host", help="Address to listen on; web.host in settings.toml otherwise.")
@click.option("--port", type=int, help="Port to listen on; web.port in settings.toml otherwise.")
def command(migrate: bool, host: str | None, port: int | None) -> None:
    """Run web and scheduler in one process, until Ctrl-C."""
    house = open_house(migrate=migrate)
    web = house.settings.web
    scheduler = jobs.start(house.engine)
    _say_where_to_look(house)
    try:
        # No access log: addresses of pages hold tokens, and who reads them is nobody's business.
        uvicorn.run(
            create_web(house),
            host=host or web.host,
            port=web.port if port is None else port,
            access_log=False,
            log_level="warning",
            server_header=False,
        )
    finally:
        scheduler.shutdown()
        house.life.end()


def _say_where_to_look(house: House) -> None:
    base = house.settings.web.base_url
    click.echo(f"\n  Your course    {base}/")
    if house.settings.emails.provider == "mailbox":
        click.echo(f"  Its mailbox    {base}/dev/mailbox   (all mail stays on this machine)")
    click.echo("\n  Press Ctrl-C to stop.\n")
