from collections.abc import Collection

import click

from app.bootstrap import House
from app.cli.handing_out import plain
from app.cli.support import echo_json, open_house, why_held
from app.overview import SHOWN, Overview, look
from course.errors import ContentError


@click.command("status")
@click.option("--all", "name_all", is_flag=True, help="Name every email that needs you.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(name_all: bool, as_json: bool) -> None:
    """Say what is planned, waiting, sent, unknown, failed, and what needs you."""
    house = open_house()
    held = why_held(house)
    with house.database.reading() as session:
        now, limits = house.clock.now(), house.terms.limits
        overview = look(
            session,
            house.provider.name,
            now,
            held,
            limits,
            has_mailbox=house.mailbox is not None,
            tool=house.settings.booking.tool,
            courses=_courses(house),
            most=None if name_all else SHOWN,
        )
    if as_json:
        echo_json(overview.as_json())
        return
    click.echo(overview.sentence)
    for limit in overview.limits:
        click.echo(limit)
    _table("Emails", overview.deliveries)
    _table("Readers", overview.readers)
    _attention(overview)


def _courses(house: House) -> Collection[str] | None:
    """None while a letter has a mistake, which `check` tells: where things stand can be told."""
    try:
        return list(house.catalogue.courses)
    except ContentError:
        return None


def _table(title: str, counts: dict[str, int]) -> None:
    click.echo(f"\n{title}")
    for name, count in counts.items():
        click.echo(f"  {name:<10}{count:>8}")


def _attention(overview: Overview) -> None:
    if overview.attention:
        click.echo("\nNeeds you")
    for line in overview.attention:
        click.echo(f"  - {plain(line)}")
    if overview.unnamed:
        click.echo(f"  and {overview.unnamed} more.")
