"""`python -m tests.mutations --count 20000 --seed 0`; ends with 1 when anything is wrong."""

import tempfile
import time

import click

from app.schema import METADATA
from bench.stage import peak_mb
from course.database import Database
from tests.mutations.run import run, specimens
from tests.mutations.scene import scene


@click.command()
@click.option("--count", default=20_000, show_default=True, help="How many emails.")
@click.option("--seed", default=0, show_default=True, help="The same seed makes the same emails.")
@click.pass_context
def main(context: click.Context, count: int, seed: int) -> None:
    """Post mutated mail to the inbound hook, work it, and look each up again."""
    began = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="lc-mutations-") as folder:
        database = Database(f"sqlite:///{folder}/lettercourse.sqlite3")
        METADATA.create_all(database.engine)
        with scene(database) as (house, web, to):
            outcome = run(house, web, specimens(to, count, seed, large=True))
        database.engine.dispose()
    click.echo("The slowest, in seconds of the processor:")
    for worked in outcome.slowest:
        click.echo(f"  {worked}")
    verdicts = ", ".join(
        f"{number} {verdict}" for verdict, number in outcome.verdicts.most_common()
    )
    click.echo(f"Understood as: {verdicts}.")
    for sentence in outcome.wrong:
        click.echo(f"WRONG: {sentence}")
    took = time.perf_counter() - began
    click.echo(
        f"{outcome.count} emails in {took:.0f} s, {len(outcome.wrong)} things wrong, "
        f"peak memory {peak_mb():.0f} MB."
    )
    context.exit(1 if outcome.wrong else 0)


if __name__ == "__main__":
    main()
