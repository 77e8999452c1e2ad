import sys

import click

from app.bootstrap import House
from app.cli.support import open_house, settled, why_held, why_letters_wait
from app.errors import CommandError
from course.errors import ContentError
from scheduler import holding, pauses, waiting
from scheduler.planning import plan_due
from scheduler.waiting import Waiting


@click.command("release")
@click.option("--yes", is_flag=True, help="Let it go without asking.")
def command(yes: bool) -> None:
    """Look at what would leave, and let it: ends a hold, yours or a restored copy's."""
    house = settled(open_house())
    reasons = [reason for reason in (why_held(house), why_letters_wait(house)) if reason]
    if not reasons:
        click.echo("Nothing is held.")
        return
    for reason in reasons:
        click.echo(reason)
    click.echo(_told(_look(house)))
    _be_sure(yes)
    with house.database.transaction() as session:
        holding.release(session, house.mark or "")
        pauses.let_letters_go(session, house.clock.now())
    click.echo("Released. It goes out with the next round.")


def _look(house: House) -> Waiting:
    """Planned up to now first, or what fell due since would go unsaid."""
    now = house.clock.now()
    try:
        plan_due(house.database, house.catalogue, now)
    except ContentError as error:
        click.echo(f"\nNot counted is what fell due since, for a letter has a mistake:\n{error}")
    with house.database.reading() as session:
        return waiting.look(session, now)


def _told(found: Waiting) -> str:
    lines = [f"\nWould leave now: {_emails(found.total)} to {found.readers} readers."]
    lines += [f"  {kind:<18}{count:>6}" for kind, count in found.by_kind.items()]
    if found.oldest_due_at:
        lines.append(f"  The oldest was due on {found.oldest_due_at:%Y-%m-%d at %H:%M} UTC.")
    if found.under_way:
        lines.append(f"  Besides, {_emails(found.under_way)} had no answer yet from the provider.")
    return "\n".join(lines) + "\n"


def _emails(count: int) -> str:
    return f"{count} email" if count == 1 else f"{count} emails"


def _be_sure(yes: bool) -> None:
    if yes:
        return
    if not sys.stdin.isatty():
        raise CommandError("Nothing was released. If all may go: lettercourse release --yes")
    if not click.confirm("Let it go?"):
        raise CommandError("Nothing was released.")
