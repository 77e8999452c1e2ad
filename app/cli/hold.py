import click

from app.cli.support import open_house, settled
from scheduler import holding


@click.command("hold")
@click.option("--because", default="The owner said so.", help="Why, for `status` to say.")
def command(because: str) -> None:
    """Let nothing leave until you release it. The call at hand is finished; planning goes on."""
    house = settled(open_house())
    with house.database.transaction() as session:
        holding.hold(session, house.mark or "", because, house.clock.now())
    click.echo("Held. Letters go on waiting in line; let them go with: lettercourse release")
