from pathlib import Path

import click

from app.bootstrap import build
from app.cli.support import echo_json, find_course, parse_instant
from app.rehearsal import rehearse
from app.rehearsal_report import write_report
from app.settings import load_settings
from scheduler.clock import SystemClock

READERS = click.IntRange(1, 100_000)


@click.command("rehearse")
@click.argument("course")
@click.option(
    "--readers", default=200, show_default=True, type=READERS, help="How many, in twenty zones."
)
@click.option("--from", "starts", help="When they begin, such as 2026-10-01; now otherwise.")
@click.option(
    "--out",
    default="rehearsal",
    show_default=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Where the calendar and the emails go.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(course: str, readers: int, starts: str | None, out: Path, as_json: bool) -> None:
    """Play the whole COURSE on a virtual clock; write every email and a calendar. Sends nothing."""
    house = build(load_settings(), SystemClock(), to_keep=False)
    found = find_course(house, course)
    starts_at = parse_instant(starts) if starts is not None else house.clock.now()
    sent = rehearse(house, found, readers, starts_at)
    calendar = write_report(found, sent, out)
    if as_json:
        echo_json({"readers": readers, "emails": len(sent), "calendar": str(calendar)})
        return
    click.echo(f"{len(sent)} emails to {readers} readers, all written; nothing was sent.")
    click.echo(f"The calendar: {calendar}")
