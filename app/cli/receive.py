from typing import BinaryIO

import click

from app.cli.support import open_house
from emails import inbound
from emails.inbound import ReceivedEmail
from scheduler.receiving import receive_waiting


@click.command("receive")
@click.argument("file", type=click.File("rb"))
def command(file: BinaryIO) -> None:
    """Feed one received email by hand: FILE is an .eml, or - for standard input."""
    house = open_house()
    now = house.clock.now()
    with house.database.transaction() as session:
        received_id = inbound.store(session, house.vault, file.read(), now)
    if received_id is None:
        click.echo("This email has been received before; nothing was done twice.")
        return
    receive_waiting(house.receiver, now)
    with house.database.reading() as session:
        verdict = session.get_one(ReceivedEmail, received_id).verdict
    click.echo(f"Kept, and understood as: {verdict}.")
