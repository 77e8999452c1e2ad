import json

import click

from app.bootstrap import House
from app.cli.support import open_house
from course import reflections, zones
from emails import inbound


@click.command("reflections")
@click.option("--limit", default=20, show_default=True, help="How many, newest first.")
@click.option("--unsorted", is_flag=True, help="Messages that belong to no letter, as they came.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list.")
def command(limit: int, unsorted: bool, as_json: bool) -> None:
    """Read what readers answered, newest first."""
    house = open_house()
    found = _unsorted(house, limit) if unsorted else _reflections(house, limit)
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False, indent=2))
        return
    if not found:
        click.echo("Nobody has answered yet. An answer to a letter appears here.")
    for item in found:
        click.echo(f"{item['from']}, {item['received']}, {item['about']}\n")
        click.echo(f"{item['words']}\n\n{'-' * 40}")


def _reflections(house: House, limit: int) -> list[dict[str, str]]:
    owner_zone = zones.zone(house.settings.owner.timezone)
    with house.database.reading() as session:
        opened = reflections.read_all(session, house.vault, limit)
    return [
        {
            "from": f"{item.name} <{item.email}>" if item.name else item.email,
            "received": f"{item.received_at.astimezone(owner_zone):%A %d %B %Y, %H:%M}",
            "about": f"on {item.lesson}" if item.lesson else "on no letter in particular",
            "words": item.words,
        }
        for item in opened
    ]


def _unsorted(house: House, limit: int) -> list[dict[str, str]]:
    with house.database.reading() as session:
        return [
            {
                "from": "unknown",
                "received": f"{received.received_at:%A %d %B %Y, %H:%M} UTC",
                "about": str(received.verdict),
                "words": inbound.open_raw(house.vault, received).decode("utf-8", "replace"),
            }
            for received in inbound.for_the_owner(session, limit)
        ]
