from datetime import datetime

import click

from app.bootstrap import House
from app.cli.handing_out import plain
from app.cli.support import echo_json, open_house
from app.errors import CommandError
from course import bookings, enrolments, feed, zones
from course.bookings import Booking
from emails.booking_tools.registry import title_of

# As much of a session's name as is typed.
SHORT = 6


@click.group("bookings")
def command() -> None:
    """The sessions ahead: look at them, here or in your calendar, confirm one, call one off."""


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def list_command(as_json: bool) -> None:
    """Every session ahead, the next one first, with the note that came with it."""
    house = open_house()
    with house.database.reading() as session:
        found = [_told(house, one) for one, _ in bookings.all_ahead(session, house.clock.now())]
    if as_json:
        echo_json({"sessions": found})
        return
    if not found:
        click.echo("No session lies ahead. Whoever books one appears here.")
    for one in found:
        click.echo(f"{one['id']}  {one['when']}, {one['kind']}, {plain(one['name'])}{one['waits']}")
        if one["note"]:
            click.echo(f"        {plain(one['note'])}")


@command.command("confirm")
@click.argument("session_id")
def confirm_command(session_id: str) -> None:
    """Say yes to a session that somebody asks for."""
    house = open_house()
    uid = _find_ours(house, session_id)
    with house.database.transaction() as session:
        booking = bookings.by_uid(session, uid, for_update=True)
        done = booking is not None and bookings.confirm(booking, house.clock.now())
    click.echo("Confirmed; both of you get the email." if done else "It was confirmed already.")


@command.command("cancel")
@click.argument("session_id")
def cancel_command(session_id: str) -> None:
    """Call a session off, or say no to one that is asked for; its reader is told."""
    house = open_house()
    uid, now = _find_ours(house, session_id), house.clock.now()
    with house.database.transaction() as session:
        booking = bookings.by_uid(session, uid, for_update=True)
        reader = booking and enrolments.by_id(session, booking.enrolment_id, for_update=True)
        if booking and reader:
            bookings.cancel(session, house.diary, booking, reader, now, by_owner=True)
    click.echo("Cancelled; both of you get the email, and the time is free again.")


@command.command("calendar")
@click.option("--renew", is_flag=True, help="Make a new address; the old one stops working.")
def calendar_command(renew: bool) -> None:
    """Print the address at which your own calendar program finds the sessions."""
    house = open_house()
    with house.database.transaction() as session:
        known = None if renew else feed.code(session)
        code = known or feed.renew(session, house.clock.now())
    click.echo(house.links.calendar(code))
    click.echo(
        "Let your calendar program subscribe to it, and keep it to yourself: it shows who comes "
        "when. Should others come to know it, make a new one with --renew."
    )


def _find_ours(house: House, session_id: str) -> str:
    """The whole name of the session whose name begins so. Raises CommandError unless it is one.

    Also for one that was booked with another tool, where alone it can be changed.
    """
    with house.database.reading() as session:
        ahead = [one for one, _ in bookings.all_ahead(session, house.clock.now())]
    found = [one for one in ahead if one.uid.startswith(session_id)]
    if len(found) != 1:
        raise CommandError(
            f"No session ahead is called {session_id!r}; `lettercourse bookings list` names them."
        )
    [booking] = found
    if booking.tool:
        tool = title_of(booking.tool)
        raise CommandError(f"This session was booked with {tool}; confirm or cancel it there.")
    return booking.uid


def _told(house: House, booking: Booking) -> dict[str, str]:
    return {
        "id": booking.uid[:SHORT],
        "when": _when(house, booking.starts_at),
        "starts_at": booking.starts_at.isoformat(),
        "kind": booking.kind_in(house.diary),
        "name": booking.name,
        "tool": title_of(booking.tool) if booking.tool else "",
        "waits": "" if booking.confirmed_at else ", waits for your word",
        "note": booking.opened_note(house.vault),
    }


def _when(house: House, at: datetime) -> str:
    local = at.astimezone(zones.zone(house.settings.owner.timezone))
    return f"{local:%A %d %B %Y, %H:%M}"
