"""What the commands share: the house, checked; instants from words; errors as sentences."""

import errno
import json
import logging
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
from sqlalchemy.exc import DBAPIError

from app import schema
from app.bootstrap import House, build
from app.erasing_again import erase_again
from app.errors import AppError, CommandError, NotMigrated
from app.installation import move_in
from app.settings import load_settings
from course.catalogue import Course, load_catalogue
from course.errors import CourseError
from course.lessons import Lesson
from emails.errors import EmailsError
from scheduler import doubts, holding, pauses
from scheduler.clock import Clock

ERROR_FILE = Path("data/last-error.txt")
YEARS = range(2000, 2200)
HOW_MANY = click.IntRange(1, 100_000)
HELD = "Nothing leaves until you look at what would, and say so: lettercourse release"
STOPPED = (
    "Letters wait, and confirmations and booking mail go on, until you say so: lettercourse release"
)
FULL_DISK = (
    "The disk is full. Make room on it. Nothing was lost: serve and work go on by themselves, and "
    "any other command is to be given again."
)
OPEN_IT = "Let the user who runs lettercourse read and write it, or name another place."
FILE_CURES = {
    errno.EACCES: OPEN_IT,
    errno.EPERM: OPEN_IT,
    errno.EROFS: OPEN_IT,
    errno.ENOENT: "Look for a slip of the pen, and make the folder first if it isn't there.",
    errno.EISDIR: "A file belongs there: name one, or move the folder away.",
    errno.ENOTDIR: "A folder belongs there: name one, or move the file away.",
    errno.EEXIST: "A folder belongs there: name one, or move the file away.",
    errno.ENAMETOOLONG: "Choose a shorter name.",
}
# By what SQLite says; it has no types for them.
DATABASE_CURES = {
    "is locked": "Another program keeps it to itself. Wait until that is done, or end it.",
    "readonly": "Let the user who runs lettercourse write to its file and into its folder.",
    "unable to open": "Let the user who runs lettercourse write to its file and into its folder.",
}


def open_house(clock: Clock | None = None, *, migrate: bool = False, **given: Any) -> House:
    """The installation as the settings say, and as `given` says where it says anything.

    Raises NotMigrated when the database isn't ready.
    """
    # A library's chatter may hold addresses and links with tokens; only its warnings are shown.
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(message)s")
    # A round that lasts longer than its second is no trouble: the next one finds what is left.
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    house = build(load_settings(**given), clock)
    if migrate:
        schema.migrate(house.database)
    elif not schema.is_current(house.database):
        raise NotMigrated(NotMigrated.__doc__)
    return house


def open_for_work(clock: Clock | None = None, *, migrate: bool = False, **given: Any) -> House:
    """The same, for what sends: settled, and with all letters read, so that none fails midway."""
    house = settled(open_house(clock, migrate=migrate, **given))
    house = replace(house, catalogue=load_catalogue(house.settings.content.courses_folder))
    doors = [door.name for door in house.engine.postman.doors]
    doubts.give_up(house.database, house.catalogue, doors, house.clock.now())
    return house


def settled(house: House) -> House:
    """The database is ours from now on, or we know that it isn't."""
    tell_of_erased(house)
    return replace(house, mark=move_in(house.database, house.settings.security.key_store))


def tell_of_erased(house: House) -> None:
    """Before any work: whoever was erased and came back with this database is erased again."""
    if back := erase_again(house):
        who = "One reader" if back == 1 else f"{back} readers"
        click.echo(
            f"{who} came back with this database, and had been erased: gone again.", err=True
        )


def why_held(house: House) -> str | None:
    """A sentence where nothing leaves until the owner says go, and how she says it."""
    with house.database.reading() as session:
        reason = holding.why_held(session, house.mark)
    return f"{reason} {HELD}" if reason else None


def why_letters_wait(house: House) -> str | None:
    """A sentence where letters, and they alone, wait for the owner's word."""
    with house.database.reading() as session:
        found = pauses.letters_stopped(session)
    return f"{found.reason} {STOPPED}" if found else None


def find_course(house: House, slug: str) -> Course:
    course = house.catalogue.get(slug)
    if course is None:
        known = ", ".join(house.catalogue.courses)
        raise CommandError(f"There is no course {slug!r}; there is: {known}.")
    return course


def find_lesson(course: Course, name: str) -> Lesson:
    """By slug, or by today's number, which is easier to type."""
    numbered = {str(course.number(lesson)): lesson for lesson in course.lessons}
    lesson = numbered.get(name.lstrip("0")) or course.by_slug.get(name)
    if lesson is None:
        raise CommandError(f"There is no letter {name!r}; there is: {', '.join(course.by_slug)}.")
    return lesson


def parse_instant(words: str) -> datetime:
    """An ISO 8601 instant; without an offset it is UTC."""
    try:
        found = datetime.fromisoformat(words)
    except ValueError as error:
        raise CommandError(f"{words!r} isn't an instant; write 2026-12-01T08:00:00Z.") from error
    if found.year not in YEARS:
        raise CommandError(f"{words!r} is too far away; name an instant from 2000 to 2199.")
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)


def echo_json(value: Mapping[str, Any] | Sequence[Any]) -> None:
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))


def tell(error: Exception) -> str:
    """What a person should read of an error. A mistake of ours leaves its trace in a file."""
    if isinstance(error, AppError | CourseError | EmailsError):
        return str(error) or str(error.__doc__)
    if _is_full_disk(error):
        return FULL_DISK
    if isinstance(error, DBAPIError):
        return _of_database(error)
    if isinstance(error, OSError) and error.filename is not None:
        return _of_file(error)
    return (
        f"Something happened that should not have ({type(error).__name__}). Nothing was lost. "
        f"{_where_to_look(error)}"
    )


def _is_full_disk(error: Exception) -> bool:
    """Said by the system itself, or by SQLite, whose word for it has no type of its own."""
    if isinstance(error, OSError):
        return error.errno == errno.ENOSPC
    return isinstance(error, DBAPIError) and "disk is full" in str(error.orig)


def _of_database(error: DBAPIError) -> str:
    said = str(error.orig).strip()
    cures = (cure for words, cure in DATABASE_CURES.items() if words in said)
    cure = next(cures, "Check database.url in settings.toml.")
    return f"The database can't be used: {said}\n{cure}"


def _of_file(error: OSError) -> str:
    cure = FILE_CURES.get(error.errno or 0, "Look at it there, then try again.")
    return f"{error.filename} can't be used: {error.strerror}. {cure}"


def _where_to_look(error: Exception) -> str:
    try:
        ERROR_FILE.parent.mkdir(parents=True, exist_ok=True)
        ERROR_FILE.write_text("".join(traceback.format_exception(error)), encoding="utf-8")
    except OSError:
        return f"What whoever mends it needs to know couldn't be written to {ERROR_FILE}."
    return f"What whoever mends it needs to know is in {ERROR_FILE}."
