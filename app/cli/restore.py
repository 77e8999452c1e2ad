from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import click
from sqlalchemy import inspect

from app import schema
from app.backup import load_into, put_in_place
from app.bootstrap import House, build
from app.cli.support import tell_of_erased
from app.errors import CommandError
from app.installation import make_mark
from app.settings import Settings, load_settings
from course.database import Database
from course.subscribers import Subscriber
from scheduler import holding
from scheduler.workers import anybody_alive

BECAUSE = "It was restored from a backup, and may hold what has gone out since."
WRONG_KEYS = (
    "This backup was made with another key file: nobody could read what is sealed in it. Put your "
    "copy of that file in the place of {key_store}, and try again."
)


@click.command("restore")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--replace", "take_place", is_flag=True, help="Move a database that is there aside.")
def command(file: Path, take_place: bool) -> None:
    """Put the backup FILE in the place of the database.

    It starts held: nothing leaves until you have looked and say so, with `lettercourse release`.
    Whoever was erased since the backup was made is erased again.
    """
    settings = load_settings()
    _want_keys(settings)
    database = Database(settings.database.url)
    if database.is_postgresql:
        _into_postgresql(database, settings, file)
        aside = None
    else:
        aside = _into_sqlite(database, file, take_place=take_place)
    click.echo(f"{file} is in place, and held. Look at what would leave: lettercourse release")
    if aside is not None:
        click.echo(f"What was there before is {aside}; delete it once you don't need it.")


def _into_postgresql(database: Database, settings: Settings, file: Path) -> None:
    if inspect(database.engine).get_table_names():
        raise CommandError(
            "The database in your settings isn't empty. Make a new one, name it in database.url, "
            "and restore into that."
        )
    load_into(settings.database.url, file)
    _settle(build(settings))


def _into_sqlite(database: Database, file: Path, *, take_place: bool) -> Path | None:
    """Made ready under another name, so that nobody ever opens it before it is held."""
    target = database.file
    if target is None:
        raise CommandError("A database in memory can't be restored; name a file in database.url.")
    if target.exists() and not take_place:
        raise CommandError(
            f"There is a database already, {target}. To move it aside and put {file} in its "
            "place: lettercourse restore --replace"
        )
    if anybody_alive(database):
        raise CommandError("Lettercourse is running. Stop it first, then restore.")
    ready = target.with_name(f"{target.name}.restoring")
    ready.unlink(missing_ok=True)
    put_in_place(file, ready)
    house = build(load_settings(database={"url": f"sqlite:///{ready}"}))
    try:
        _settle(house)
    except BaseException:
        house.database.engine.dispose()
        ready.unlink()
        raise
    house.database.engine.dispose()
    aside = _move_aside(database, target) if target.exists() else None
    ready.rename(target)
    return aside


def _settle(house: House) -> None:
    """Tables of this version, held, and without whom we erased."""
    schema.migrate(house.database)
    mark = make_mark(house.settings.security.key_store)
    with house.database.transaction() as session:
        holding.hold(session, mark, BECAUSE, house.clock.now())
    _refuse_wrong_keys(house)
    tell_of_erased(replace(house, mark=mark))
    house.database.leave_no_trace()


def _move_aside(database: Database, target: Path) -> Path:
    """As one file: its log is emptied into it first."""
    database.leave_no_trace()
    database.engine.dispose()
    aside = target.with_name(f"{target.name}.before-{datetime.now(UTC):%Y%m%d-%H%M%S}")
    target.rename(aside)
    for log in ("-wal", "-shm"):
        target.with_name(f"{target.name}{log}").unlink(missing_ok=True)
    return aside


def _want_keys(settings: Settings) -> None:
    """Made anew they would open nothing of what a backup holds."""
    security = settings.security
    if security.keys is None and not security.key_store.exists():
        raise CommandError(f"Put your copy of the key file at {security.key_store} first.")


def _refuse_wrong_keys(house: House) -> None:
    with house.database.reading() as session:
        reader = session.query(Subscriber).first()
    if reader is not None and reader.digest != house.keys.digest(reader.email):
        raise CommandError(WRONG_KEYS.format(key_store=house.settings.security.key_store))
