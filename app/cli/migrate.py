import click

from app import schema
from app.settings import load_settings
from course.database import Database


@click.command("migrate")
def command() -> None:
    """Make the database ready for this version. Safe to repeat."""
    database = Database(load_settings().database.url)
    if schema.is_current(database):
        click.echo("The database is ready.")
        return
    schema.migrate(database)
    click.echo("The database is ready now.")
