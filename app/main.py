"""The command `lettercourse`. Each subcommand is imported only when it is called for."""

import sys
from importlib import import_module

import click

COMMANDS = {
    "serve": "web and scheduler in one process",
    "work": "a worker without web; any number of them on PostgreSQL",
    "tick": "plan and deliver everything due at one instant, then stop",
    "rehearse": "play a whole course on a virtual clock",
    "status": "what is planned, waiting, sent, unknown, failed, and what needs you",
    "audit": "proof that no letter is missing, doubled, or sent after a goodbye",
    "check": "settings, lessons and every rendered email, without network",
    "doctor": "the same, and live: provider, public address, DNS, clock, disk, database",
    "send-test": "one lesson to one address",
    "receive": "feed one received email by hand",
    "received": "every email that came, and what became of it",
    "reflections": "read what readers answered",
    "bookings": "the sessions ahead: see them, here or in your calendar; confirm one, call one off",
    "readers": "bring readers in from a CSV file; look at one, hand all of hers out, or erase her",
    "sign-ups": "those that wait for your look, when more came than usual",
    "hold": "let nothing leave until you release it",
    "release": "look at what would leave, and let it",
    "backup": "a copy of the database, while everything goes on",
    "restore": "put a backup in place; it starts held, without whom you erased since",
    "migrate": "make the database ready for this version",
}


class Commands(click.Group):
    """Starts quickly: `--help` needs no database, no templates and no web server."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        del ctx
        if cmd_name not in COMMANDS:
            return None
        found = import_module(f"app.cli.{cmd_name.replace('-', '_')}").command
        return found if isinstance(found, click.Command) else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=Commands)
def commands() -> None:
    """Email courses from plain Markdown: self-hosted, private, calm."""


def cli() -> None:
    """Run a command; what goes wrong is told in sentences, never as a trace."""
    try:
        commands.main(standalone_mode=True)
    except Exception as error:  # noqa: BLE001  the outermost edge: a person gets a sentence
        from app.cli.support import tell  # noqa: PLC0415  keeps --help quick

        click.echo(tell(error), err=True)
        sys.exit(1)


if __name__ == "__main__":
    cli()
