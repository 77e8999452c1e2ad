import click

from app.cli.support import echo_json, open_for_work, parse_instant, why_held
from scheduler.clock import FixedClock
from scheduler.outbox import count_states


@click.command("tick")
@click.option("--at", help="The instant, such as 2026-12-01T08:00:00Z; now otherwise.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(at: str | None, as_json: bool) -> None:
    """Plan and deliver everything due at one instant, then stop."""
    house = open_for_work(FixedClock(parse_instant(at)) if at is not None else None)
    now = house.clock.now()
    try:
        done = house.engine.tick(now)
    finally:
        house.life.end()
    held = why_held(house)
    with house.database.reading() as session:
        counts = count_states(session)
    if as_json:
        this_tick = {"received": done.received, "planned": done.planned, "calls": done.calls}
        echo_json({"at": now.isoformat(), **counts, "held": held, "this_tick": this_tick})
        return
    if held:
        click.echo(held)
    click.echo(f"At {now:%Y-%m-%d %H:%M:%S} UTC: {done.planned} planned, {done.calls} calls made.")
    standing = ", ".join(f"{count} {state}" for state, count in counts.items() if count)
    click.echo(standing or "Nothing has been sent yet.")
