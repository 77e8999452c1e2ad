import json
from pathlib import Path

import click

from app.cli.handing_out import write_private
from app.cli.support import echo_json, open_house
from app.reader_export import export
from app.reader_file import as_file
from course.subscribers import clean_email


@click.command("export")
@click.argument("address")
@click.option(
    "--to",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write it to this new file, which only you can read, instead of the screen. One that ends "
    "in .html can be read by herself too; the JSON is in it.",
)
def command(address: str, to: Path | None) -> None:
    """Hand out everything kept of the reader at ADDRESS, her answers in clear, as one JSON object.

    Meant for her: send it by a way that you would trust with her answers.
    """
    house = open_house()
    found = export(house, clean_email(address))
    if to is None:
        echo_json(found)
        return
    plain = json.dumps(found, ensure_ascii=False, indent=2) + "\n"
    readable = to.suffix.lower() in {".html", ".htm"}
    write_private(to, (as_file(house, found) if readable else plain).encode())
    click.echo(f"Everything kept of {address} is in {to}, her answers in clear.")
