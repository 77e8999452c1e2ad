from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import click
from sqlalchemy import MetaData, inspect
from sqlalchemy.dialects import postgresql

from app import schema
from app.backup import (
    LOGS,
    NOT_A_BACKUP,
    empty_log,
    load_into,
    move_aside,
    put_in_place,
    remove_with_logs,
    revision_in,
)
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
NEWER = (
    "{file} was made by a newer version of Lettercourse than this one. Install that version, or "
    "one after it, and restore with that."
)
WAS_THERE = "What was there before is {aside}; delete it once you don't need it."
LOG_WAS_THERE = (
    "The log of a database that is gone lay there, and may hold its latest changes. It is {aside} "
    "now; delete it once you don't need it."
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
        words = LOG_WAS_THERE if aside.name.endswith(LOGS) else WAS_THERE
        click.echo(words.format(aside=aside))


def _into_postgresql(database: Database, settings: Settings, file: Path) -> None:
    if inspect(database.engine).get_table_names():
        raise CommandError(
            "The database in your settings isn't empty. Make a new one, name it in database.url, "
            "and restore into that."
        )
    _refuse_unknown(revision_in(file), file)
    house = build(settings)
    mark = make_mark(settings.security.key_store)
    load_into(settings.database.url, file, _hold_at_once(database, mark))
    try:
        _settle(house)
    except BaseException:
        _empty(database)
        raise


def _into_sqlite(database: Database, file: Path, *, take_place: bool) -> Path | None:
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
    with _made_ready(file, target) as ready:
        aside = move_aside(database, target)
        ready.rename(target)
    return aside


@contextmanager
def _made_ready(file: Path, target: Path) -> Iterator[Path]:
    """Under another name, so that nobody ever opens it before it is held."""
    ready = target.with_name(f"{target.name}.restoring")
    remove_with_logs(ready)
    try:
        put_in_place(file, ready)
        house = build(load_settings(database={"url": f"sqlite:///{ready}"}))
        try:
            _refuse_unknown(schema.revision_of(house.database), file)
            _settle(house)
        finally:
            house.database.engine.dispose()
        yield ready
    finally:
        remove_with_logs(ready)


def _settle(house: House) -> None:
    """Tables of this version, held, and without whom we erased."""
    schema.migrate(house.database)
    mark = make_mark(house.settings.security.key_store)
    with house.database.transaction() as session:
        holding.hold(session, mark, BECAUSE, house.clock.now())
    _refuse_wrong_keys(house)
    tell_of_erased(replace(house, mark=mark))
    empty_log(house.database)


def _hold_at_once(database: Database, mark: str) -> str:
    """For the transaction that loads the data, in which there is neither session nor clock of ours.

    `_settle` tells the time anew, by the clock of the house.
    """
    held = {"held_at": datetime.now(UTC), "reason": BECAUSE}
    row = postgresql.insert(holding.Installation).values(id=holding.ONLY, mark=mark, **held)
    whole = row.on_conflict_do_update(index_elements=[holding.Installation.id], set_=held)
    return str(whole.compile(database.engine, compile_kwargs={"literal_binds": True}))


def _empty(database: Database) -> None:
    """As it was found."""
    loaded = MetaData()
    loaded.reflect(database.engine)
    loaded.drop_all(database.engine)


def _want_keys(settings: Settings) -> None:
    """Made anew they would open nothing of what a backup holds."""
    security = settings.security
    if security.keys is None and not security.key_store.exists():
        raise CommandError(f"Put your copy of the key file at {security.key_store} first.")


def _refuse_unknown(revision: str | None, file: Path) -> None:
    if revision is None:
        raise CommandError(f"{file} {NOT_A_BACKUP}")
    if not schema.knows(revision):
        raise CommandError(NEWER.format(file=file))


def _refuse_wrong_keys(house: House) -> None:
    with house.database.reading() as session:
        reader = session.query(Subscriber).first()
    if reader is not None and reader.digest != house.keys.digest(reader.email):
        raise CommandError(WRONG_KEYS.format(key_store=house.settings.security.key_store))
