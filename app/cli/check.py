import click

from app.bootstrap import House, build
from app.cli.support import echo_json
from app.placeholders import placeholders
from app.proofs import proofs
from app.settings import load_settings
from scheduler.clock import SystemClock


@click.command("check")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def command(context: click.Context, as_json: bool) -> None:
    """Check settings, lessons and every rendered email, without network; exit 1 on a problem."""
    house = build(load_settings(), SystemClock())
    problems, rendered = _problems(house)
    open_points = placeholders(house.settings)
    production = house.settings.environment == "production"
    if production:
        problems, open_points = problems + open_points, []
    if as_json:
        echo_json({"emails": rendered, "problems": problems, "before_production": open_points})
    else:
        _print(rendered, problems, open_points)
    context.exit(1 if problems else 0)


def _problems(house: House) -> tuple[list[str], int]:
    courses = house.catalogue.courses.values()
    rendered = [proof for course in courses for proof in proofs(house, course)]
    found = [f"{p.name}: {problem}" for p in rendered for problem in p.composed.problems]
    return found, len(rendered)


def _print(rendered: int, problems: list[str], open_points: list[str]) -> None:
    for problem in problems:
        click.echo(f"  x {problem}")
    if not problems:
        click.echo(f"Settings and lessons are in order; {rendered} emails rendered as they should.")
    if open_points:
        click.echo("\nBefore production, these are for you to fill in:")
    for point in open_points:
        click.echo(f"  - {point}")
