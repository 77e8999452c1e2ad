import sys
from pathlib import Path

import click

from app.cli.support import echo_json, find_course, open_house
from app.readers_import import import_readers


@click.group("readers")
def command() -> None:
    """Readers as a list."""


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
        click.echo(f"  {mistake}", err=True)
    context.exit(1 if result.mistakes else 0)
