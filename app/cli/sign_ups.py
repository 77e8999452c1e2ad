import click
from sqlalchemy.orm import Session

from app.admission import Wish, let_in
from app.bootstrap import House
from app.cli.support import echo_json, open_house
from app.errors import CommandError
from course import review, zones
from course.catalogue import Catalogue
from course.consents import Means
from course.review import HeldSignUp
from course.subscribers import clean_email

SHOWN = 20

addresses = click.argument("addresses", nargs=-1)
everyone = click.option("--all", "everyone", is_flag=True, help="All that wait.")


@click.group("sign-ups", invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object, with all of them.")
@click.pass_context
def command(context: click.Context, as_json: bool) -> None:
    """Sign-ups that wait for your look, because more came at once than the limits let in.

    None of them has been written to. What nobody looks at is deleted after two weeks.
    """
    if context.invoked_subcommand is None:
        _show(open_house(), as_json=as_json)


@command.command("let-in")
@addresses
@everyone
def let_in_command(addresses: tuple[str, ...], everyone: bool) -> None:
    """Ask these ADDRESSES to confirm, or all that wait; no address more than once a day."""
    house = open_house()
    with house.database.transaction() as session:
        found = _take_out(session, addresses, everyone=everyone)
        _refuse_gone(found, house.catalogue)
        for held in found:
            let_in(session, house, _wish(held), asked_at=held.at)
    click.echo(f"{len(found)} let in. Each gets an email that asks whether it was her.")


@command.command("discard")
@addresses
@everyone
def discard_command(addresses: tuple[str, ...], everyone: bool) -> None:
    """Delete the sign-ups of these ADDRESSES, or all that wait. Nobody is told."""
    house = open_house()
    with house.database.transaction() as session:
        found = _take_out(session, addresses, everyone=everyone)
    house.database.leave_no_trace()
    click.echo(f"{len(found)} discarded.")


def _take_out(session: Session, addresses: tuple[str, ...], *, everyone: bool) -> list[HeldSignUp]:
    """Raises CommandError, and all go on waiting, where one of those named isn't there."""
    if bool(addresses) == everyone:
        raise CommandError("Nothing was done. Name addresses, or say --all.")
    if everyone:
        return review.take_out(session, None)
    wanted = [clean_email(address) for address in addresses]
    found = review.take_out(session, wanted)
    strangers = [email for email in wanted if email not in {held.email for held in found}]
    if strangers:
        raise CommandError(
            f"Nothing was done. Nobody waits under {', '.join(strangers)}; look for a slip of the "
            "pen, or see who waits: lettercourse sign-ups"
        )
    return found


def _refuse_gone(found: list[HeldSignUp], catalogue: Catalogue) -> None:
    """Raises CommandError, and all go on waiting, where there is no course to let one into."""
    gone = [held for held in found if held.course not in catalogue.courses]
    if gone:
        named = ", ".join(f"{held.email} ({held.course})" for held in gone)
        raise CommandError(
            f"Nobody was let in, for the course of these isn't there any more: {named}. Bring it "
            "back, or first: lettercourse sign-ups discard ADDRESS ..."
        )


def _wish(held: HeldSignUp) -> Wish:
    means = Means(held.means)
    return Wish(held.email, held.name, held.zone, held.course, held.wording, means)


def _show(house: House, *, as_json: bool) -> None:
    with house.database.reading() as session:
        number = review.count(session)
        shown = review.oldest_first(session, None if as_json else SHOWN)
    if as_json:
        echo_json({"waiting": number, "sign_ups": [_as_json(one) for one in shown]})
        return
    if not number:
        click.echo("Nobody waits. What is more than the limits let in appears here.")
        return
    zone = zones.zone(house.settings.owner.timezone)
    for one in shown:
        click.echo(f"{one.at.astimezone(zone):%Y-%m-%d %H:%M}  {one.email}, {one.course}")
    if number > len(shown):
        click.echo(f"and {number - len(shown)} more")
    click.echo("\nLet them in, or not: lettercourse sign-ups let-in ADDRESS ... (or --all),")
    click.echo("                     lettercourse sign-ups discard ADDRESS ... (or --all)")


def _as_json(held: HeldSignUp) -> dict[str, str | None]:
    return {
        "email": held.email,
        "name": held.name,
        "course": held.course,
        "at": held.at.isoformat(),
        "means": held.means,
    }
