import click
from sqlalchemy import delete, select

from app.cli.support import open_house
from app.errors import CommandError
from app.reader_card import refusal
from course.subscribers import clean_email
from emails.suppression import EVERYTHING, Reason, Suppression

# A bounce may have been a mistake or be mended; a person's own no isn't for the owner to lift.
LIFTED = (Reason.HARD_BOUNCE, Reason.SOFT_BOUNCES)


@click.command("allow")
@click.argument("address")
def command(address: str) -> None:
    """Let ADDRESS be written to again after its emails came back.

    She signs up anew, and confirms. What she asked for herself stays: a goodbye, a complaint.
    """
    house = open_house()
    digest = house.keys.digest(clean_email(address))
    of_hers = select(Suppression).where(
        Suppression.digest == digest, Suppression.course == EVERYTHING
    )
    with house.database.transaction() as session:
        found = session.scalar(of_hers)
        if found is None:
            raise CommandError(f"Nothing keeps {address} from being written to.")
        if found.reason not in LIFTED:
            raise CommandError(f"It stays so: {refusal(found)}. That was her own word.")
        session.execute(delete(Suppression).where(Suppression.id == found.id))
    click.echo(f"{address} may be written to again; she signs up anew on the course page.")
