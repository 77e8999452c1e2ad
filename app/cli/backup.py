from pathlib import Path

import click

from app.backup import back_up
from app.cli.support import open_house


@click.command("backup")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def command(file: Path) -> None:
    """Copy the database to FILE, while everything goes on.

    It holds your readers' addresses; what they wrote is sealed in it. The keys and the list of
    whom you erased aren't in it: keep copies of both files apart, and delete old backups.
    """
    house = open_house()
    back_up(house.database, house.settings.database.url, file)
    key_store = house.settings.security.key_store
    click.echo(f"The database is in {file}. Keep {key_store} and {key_store}.erased apart from it.")
