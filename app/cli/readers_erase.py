import sys
from zoneinfo import ZoneInfo

import click

from app.cli.support import open_house
from app.erasure import Erased, erase
from app.errors import CommandError
from app.reader_card import nobody
from course import spoken, zones
from course.language import ENGLISH
from course.slots import Slot
from course.subscribers import clean_email


@click.command("erase")
@click.argument("address")
@click.option("--yes", is_flag=True, help="Erase without asking.")
def command(address: str, yes: bool) -> None:
    """Delete everything of the person at ADDRESS, for good.

    Only a keyed hash of the address stays, so that nothing goes there until it is confirmed anew.
    Copies and backups of the database, and emails the provider had already, aren't reached.
    """
    house = open_house()
    email = clean_email(address)
    _be_sure(email, yes)
    erased = erase(house, email)
    if erased is None:
        raise CommandError(nobody(email))
    click.echo(_told(erased))
    owner_zone = house.settings.owner.timezone
    for slot in erased.sessions:
        click.echo(_calendar(slot, zones.zone(owner_zone), owner_zone))
    if erased.under_way:
        click.echo("An email to her was being handed over at this moment, and may still reach her.")
    if not erased.without_trace:
        click.echo(
            "The database was being read all the while, so its log still holds what was deleted. "
            "It is overwritten by and by; at once, if you stop lettercourse and start it again."
        )


def _told(erased: Erased) -> str:
    parts = [
        _counted(erased.courses, "course"),
        _counted(erased.emails, "email"),
        _counted(erased.answers, "answer"),
    ]
    return (
        f"Erased, with all that belonged to it: {', '.join(parts)}. What stays is a keyed hash of "
        "the address, so that nothing goes there until it is confirmed anew."
    )


def _counted(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _calendar(slot: Slot, zone: ZoneInfo, name: str) -> str:
    starts_at, clock = slot.starts_at.astimezone(zone), spoken.zone_name(name, ENGLISH)
    return (
        f"She had booked a session on {starts_at:%A %d %B %Y at %H:%M} ({clock}). "
        "The time is free again, and an email to you takes it out of your own calendar. What was "
        "booked with another tool is cancelled there."
    )


def _be_sure(email: str, yes: bool) -> None:
    if yes:
        return
    if not sys.stdin.isatty():
        raise CommandError(
            f"Nothing was erased. If it is to be: lettercourse readers erase {email} --yes"
        )
    if not click.confirm(f"Erase everything of {email}? Nothing brings it back."):
        raise CommandError("Nothing was erased.")
