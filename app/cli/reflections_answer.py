from typing import TextIO

import click

from app import answering
from app.cli.support import open_house
from app.errors import CommandError

ABOVE = "Write your answer above this line. Empty: nothing is sent."


@click.command("answer")
@click.argument("number")
@click.option(
    "--text-file",
    type=click.File("r", encoding="utf-8-sig"),
    help="Your answer; - is standard input.",
)
@click.option("--yes", is_flag=True, help="Send it without asking.")
def command(number: str, text_file: TextIO | None, yes: bool) -> None:
    """Answer a reader: NUMBER stands beside her words in `lettercourse reflections`.

    Without --text-file your editor opens. It goes out as a letter, from the letters' address.
    """
    house = open_house()
    to = answering.find(house, number)
    words = (_read(text_file) if text_file else _edited()).strip()
    click.echo(f"To {to.name or 'a reader'} <{to.email}>:\n\n{words}\n")
    if words and not yes and not click.confirm("Send this?"):
        click.echo("Nothing was sent.")
        return
    answering.answer(house, to, words)
    click.echo("It leaves with the next round.")


def _read(text_file: TextIO) -> str:
    try:
        return text_file.read()
    except UnicodeDecodeError as error:
        raise CommandError(
            f"Nothing was sent. {text_file.name} isn't saved as UTF-8; save it with that encoding."
        ) from error


def _edited() -> str:
    return (click.edit(f"\n\n{ABOVE}\n") or "").partition(ABOVE)[0]
