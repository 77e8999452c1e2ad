"""`python -m tests.simulation --seeds 1000`, or `--seed N` to see one run step by step."""

import time

import click

from tests.simulation.run import Failure, run

TOLD_EVERY = 500


@click.command()
@click.option("--seeds", default=1000, show_default=True, help="How many to play.")
@click.option("--first", default=0, show_default=True, help="The first of them.")
@click.option("--seed", type=int, help="Play this one only, and print its steps.")
@click.option("--keep-going", is_flag=True, help="Name each failing seed, and play the rest.")
@click.pass_context
def main(
    context: click.Context, seeds: int, first: int, seed: int | None, keep_going: bool
) -> None:
    """Play seeds; ends with 1 when a law breaks, after printing the seed and its steps."""
    began, failed = time.perf_counter(), 0
    for number in [seed] if seed is not None else range(first, first + seeds):
        try:
            trace = run(number)
        except Failure as failure:
            failed += 1
            click.echo(f"seed {number}: {failure.sentence}" if keep_going else str(failure))
            if not keep_going:
                context.exit(1)
        else:
            if seed is not None:
                click.echo("\n".join(trace))
        if seed is None and (number - first + 1) % TOLD_EVERY == 0:
            click.echo(f"{number - first + 1} of {seeds} seeds", err=True)
    played = 1 if seed is not None else seeds
    click.echo(
        f"{played} seeds in {time.perf_counter() - began:.0f} s, {failed} broke a law.", err=True
    )
    context.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
