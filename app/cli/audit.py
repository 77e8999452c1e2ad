from itertools import islice

import click

from app.cli.support import echo_json, open_house
from scheduler.audit import audit

SHOWN = 200


@click.command("audit")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def command(context: click.Context, as_json: bool) -> None:
    """Prove from the database that no letter is missing, doubled, or sent after a goodbye.

    Ends with 1 when something is found; each line says what, about whom, and what to do.
    """
    house = open_house()
    with house.database.snapshot() as session:
        breaches = list(islice(audit(session, house.catalogue, house.clock.now()), SHOWN))
    if as_json:
        echo_json({"findings": [breach.as_json() for breach in breaches]})
    elif breaches:
        click.echo(f"{len(breaches)} found:")
        for breach in breaches:
            click.echo(f"  - {breach}")
    else:
        click.echo("No gap, no double, no letter after a goodbye.")
    context.exit(1 if breaches else 0)
