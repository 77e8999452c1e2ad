import click

from app.bootstrap import build
from app.checking import Checked, check
from app.cli.support import echo_json
from app.errors import SettingsError
from app.settings import load_settings
from course.errors import ContentError
from scheduler.clock import SystemClock


@click.command("check")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def command(context: click.Context, as_json: bool) -> None:
    """Check settings, lessons and every rendered email, without network; exit 1 on a problem."""
    checked = _checked(as_json=as_json)
    if as_json:
        echo_json(vars(checked))
    else:
        _print(checked)
    context.exit(1 if checked.problems else 0)


def _checked(*, as_json: bool) -> Checked:
    try:
        return check(build(load_settings(), SystemClock(), to_keep=False))
    except (SettingsError, ContentError) as error:
        if not as_json:
            raise
        return Checked(0, str(error).splitlines(), [])


def _print(checked: Checked) -> None:
    for problem in checked.problems:
        click.echo(f"  x {problem}")
    if not checked.problems:
        rendered = f"{checked.emails} emails rendered as they should."
        click.echo(f"Settings and lessons are in order; {rendered}")
    if checked.before_production:
        click.echo("\nBefore production, these are for you to fill in:")
    for point in checked.before_production:
        click.echo(f"  - {point}")
