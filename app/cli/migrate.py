import click

from app import schema
from app.installation import move_in
from app.settings import load_settings
from course.database import Database


@click.command("migrate")
def command() -> None:
    """Make the database ready for this version. Safe to repeat."""
    settings = load_settings()
    database = Database(settings.database.url)
    ready = schema.is_current(database)
    if not ready:
        schema.migrate(database)
    move_in(database, settings.security.key_store)
    click.echo("The database is ready." if ready else "The database is ready now.")
