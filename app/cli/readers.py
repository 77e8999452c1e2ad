import sys
from datetime import datetime
from pathlib import Path

import click

from app.cli import readers_allow, readers_erase, readers_export
from app.cli.handing_out import plain
from app.cli.support import echo_json, find_course, open_house
from app.reader_card import Card, Standing, known, refusal
from app.readers_file import COLUMNS
from app.readers_import import import_readers
from course import zones
from course.subscribers import clean_email
from scheduler.ledger import Entry

KNOWN = ", ".join(COLUMNS)


@click.group("readers")
def command() -> None:
    """Readers as a list, or one of them."""


command.add_command(readers_allow.command)
command.add_command(readers_export.command)
command.add_command(readers_erase.command)


@command.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--course", required=True, help="The course they are to join.")
@click.option(
    "--confirmed",
    is_flag=True,
    help="They have agreed already, and you can show how; they get no confirmation email.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def import_command(
    context: click.Context, file: Path, course: str, confirmed: bool, as_json: bool
) -> None:
    """Bring in readers from a CSV FILE with the columns email, name, timezone.

    Lines that can't be used are named and left out; the others are kept.
    """
    house = open_house()
    found = find_course(house, course)
    size = file.stat().st_size
    with click.progressbar(length=size, label="Reading", file=sys.stderr) as bar:
        result = import_readers(house, found, file, confirmed=confirmed, progress=bar.update)
    if as_json:
        echo_json(result.as_json())
    else:
        click.echo(result.sentence)
    for mistake in result.mistakes:
        click.echo(f"  {plain(mistake)}", err=True)
    if result.unread:
        unread = ", ".join(result.unread)
        click.echo(f"Not looked at: {plain(unread)}. What is read is called {KNOWN}.", err=True)
    context.exit(1 if result.mistakes else 0)


@command.command("show")
@click.argument("address")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def show_command(address: str, as_json: bool) -> None:
    """Say who the reader at ADDRESS is, what she agreed to, and every email ever planned."""
    house = open_house()
    with house.database.reading() as session:
        card = known(session, clean_email(address), house.clock.now())
    if as_json:
        echo_json(card.as_json())
    else:
        _tell(card)


def _tell(card: Card) -> None:
    zone = card.reader.zone
    click.echo(f"{card.reader.email}, {card.reader.name or 'without a name'}, {zone}")
    _list("Courses", [_course(one) for one in card.standings])
    _list(
        "Must not be written to",
        [f"since {_when(one.at, zone)}: {refusal(one)}" for one in card.suppressions],
    )
    _list(
        "Agreed to",
        [f"{_when(c.at, zone)}: {c.act}, {c.course}, by {c.means}" for c in card.consents],
    )
    _list("Emails", [_email(entry, zone) for entry in card.ledger])


def _list(title: str, lines: list[str]) -> None:
    if lines:
        click.echo(f"\n{title}")
    for line in lines:
        click.echo(f"  {line}")


def _course(standing: Standing) -> str:
    return f"{standing.course}: {standing.state}. {standing.coming}"


def _email(entry: Entry, zone: str) -> str:
    known = f", known {_when(entry.settled_at, zone)}" if entry.settled_at else ""
    number = f", {entry.provider} {entry.provider_id}" if entry.provider_id else ""
    why = f": {plain(entry.reason)}" if entry.reason else ""
    return f"{_when(entry.due_at, zone)}  {entry.state:<9} {entry.what}{known}{number}{why}"


def _when(at: datetime, zone: str) -> str:
    return f"{at.astimezone(zones.zone(zone)):%Y-%m-%d %H:%M}"
