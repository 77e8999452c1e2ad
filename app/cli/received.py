import sys
from pathlib import Path

import click

from app.bootstrap import House
from app.cli.handing_out import write_private
from app.cli.support import HOW_MANY, echo_json, open_house
from app.errors import CommandError
from course import zones
from emails import inbound
from emails.inbound import FOR_THE_OWNER, ReceivedEmail, Verdict

BECAME = {
    Verdict.REFLECTION: "an answer, kept among the reflections",
    Verdict.STOPPED: "a wish to stop, done",
    Verdict.PACED: "a wish about her pace, done",
    Verdict.BOUNCE: "a report about a letter’s delivery",
    Verdict.AUTOMATIC: "an automatic answer, nothing to do",
    Verdict.EMPTY: "an answer without words of its own",
    Verdict.ANSWER: "your answer to a reader, sent on",
    **FOR_THE_OWNER,
}
WAITING = "not looked at yet"
SCREEN = Path("-")


@click.command("received")
@click.argument("number", required=False)
@click.option(
    "--raw",
    type=click.Path(dir_okay=False, allow_dash=True, path_type=Path),
    help="Write the email itself to this new file, as it came; - is the screen.",
)
@click.option(
    "--limit", default=50, show_default=True, type=HOW_MANY, help="How many, newest first."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(number: str | None, raw: Path | None, limit: int, *, as_json: bool) -> None:
    """Every email that came, and what became of it; with NUMBER that one alone."""
    house = open_house()
    if raw:
        _hand_out(inbound.open_raw(house.vault, _find(house, number)[0]), raw)
        return
    found = [_told(house, *_find(house, number))] if number else _newest(house, limit)
    if as_json:
        echo_json(found)
        return
    if not found:
        click.echo("No email has come yet.")
    for item in found:
        click.echo(f"{item['number']}  {item['received']}  {item['from']}: {item['became']}")


def _hand_out(email: bytes, to: Path) -> None:
    if to == SCREEN:
        sys.stdout.buffer.write(email)
    else:
        write_private(to, email)


def _newest(house: House, limit: int) -> list[dict[str, str]]:
    with house.database.reading() as session:
        return [_told(house, *found) for found in inbound.newest(session, limit)]


def _find(house: House, number: str | None) -> tuple[ReceivedEmail, str | None]:
    if number is None:
        raise CommandError("Which one? Give its number: lettercourse received NUMBER --raw FILE")
    with house.database.reading() as session:
        found = inbound.find(session, number)
    if found is None:
        raise CommandError(f"No email {number!r} was received; lettercourse received lists them.")
    return found


def _told(house: House, received: ReceivedEmail, reader: str | None) -> dict[str, str]:
    here = received.received_at.astimezone(zones.zone(house.settings.owner.timezone))
    return {
        "number": received.id,
        "received": f"{here:%d %B %Y, %H:%M}",
        "from": reader or "no reader",
        "verdict": received.verdict or "waiting",
        "became": BECAME[Verdict(received.verdict)] if received.verdict else WAITING,
    }
