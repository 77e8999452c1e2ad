from datetime import datetime
from typing import Any

import click

from app.bootstrap import House
from app.cli import reflections_answer
from app.cli.handing_out import plain
from app.cli.support import HOW_MANY, echo_json, open_house
from course import answers, reflections, zones
from emails import inbound
from emails.links import REFLECTION_TAG_LENGTH


@click.group("reflections", invoke_without_command=True)
@click.option(
    "--limit", default=20, show_default=True, type=HOW_MANY, help="How many, newest first."
)
@click.option("--unsorted", is_flag=True, help="Messages that belong to no letter, as they came.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list.")
@click.pass_context
def command(context: click.Context, limit: int, unsorted: bool, as_json: bool) -> None:
    """Read what readers answered or shared, newest first; answer one of them."""
    if context.invoked_subcommand:
        return
    house = open_house()
    found = _unsorted(house, limit) if unsorted else _reflections(house, limit)
    if as_json:
        echo_json(found)
        return
    if not found:
        click.echo("Nobody has answered yet. An answer to a letter appears here.")
    for item in found:
        click.echo(plain(_told(item)))
        click.echo("-" * 40)


def _told(item: dict[str, Any]) -> str:
    parts = [
        f"{item['from']}, {item['received']}, {item['about']}\n\n{item['words']}\n",
        *(f"You answered, {a['written']}:\n\n{a['words']}\n" for a in item.get("answers", ())),
    ]
    if "number" in item:
        parts.append(f"To answer: lettercourse reflections answer {item['number']}\n")
    return "\n".join(parts)


command.add_command(reflections_answer.command)


def _reflections(house: House, limit: int) -> list[dict[str, Any]]:
    with house.database.reading() as session:
        opened = reflections.read_all(session, house.vault, limit)
        answered = answers.to_reflections(session, house.vault, [item.id for item in opened])
    return [
        {
            "number": item.id[:REFLECTION_TAG_LENGTH],
            "from": f"{item.name} <{item.email}>" if item.name else item.email,
            "received": _moment(house, item.received_at),
            "about": f"on {item.lesson}" if item.lesson else "on no letter in particular",
            "words": item.words,
            "answers": [
                {"written": _moment(house, answer.written_at), "words": answer.words}
                for answer in answered
                if answer.reflection_id == item.id
            ],
        }
        for item in opened
    ]


def _moment(house: House, at: datetime) -> str:
    return f"{at.astimezone(zones.zone(house.settings.owner.timezone)):%A %d %B %Y, %H:%M}"


def _unsorted(house: House, limit: int) -> list[dict[str, Any]]:
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
