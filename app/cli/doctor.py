from ipaddress import ip_address

import click

from app.bootstrap import build
from app.cli.support import echo_json
from app.dns_records import DNS_PORT, Dns
from app.doctor import examine
from app.errors import CommandError, SettingsError
from app.findings import Finding, Mark, wrong
from app.settings import load_settings
from scheduler.clock import SystemClock


@click.command("doctor")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option(
    "--name-server", metavar="ADDRESS[:PORT]", help="Ask this one instead of the system's."
)
@click.pass_context
def command(context: click.Context, as_json: bool, name_server: str | None) -> None:
    """Check everything, and ask whom it takes: provider, public address, DNS, clock, database.

    Changes nothing and sends nothing. Ends with 1 when something is wrong.
    """
    dns = Dns(_name_server(name_server) if name_server else None)
    findings = _examined(dns)
    if as_json:
        echo_json({**_counts(findings), "findings": [each.as_json() for each in findings]})
    else:
        _print(findings)
    context.exit(1 if _counts(findings)[Mark.WRONG] else 0)


def _examined(dns: Dns) -> list[Finding]:
    """Nobody can be asked where the settings don't say whom."""
    try:
        house = build(load_settings(), SystemClock(), to_keep=False)
    except SettingsError as error:
        return [wrong("settings", mistake) for mistake in error.mistakes]
    return examine(house, dns)


def _name_server(words: str) -> tuple[str, int]:
    address, _, port = words.partition(":") if words.count(":") == 1 else (words, "", "")
    try:
        return str(ip_address(address)), int(port or DNS_PORT)
    except ValueError as error:
        raise CommandError(f"{words!r} is no name server; write 1.1.1.1 or 10.0.0.1:53.") from error


def _counts(findings: list[Finding]) -> dict[str, int]:
    return {str(mark): sum(each.mark == mark for each in findings) for mark in Mark}


def _print(findings: list[Finding]) -> None:
    for each in findings:
        click.echo(f"  {each.mark:<6}{each.what}: {each.says}")
        if each.cure:
            click.echo(f"        {each.cure}")
    counts = _counts(findings)
    click.echo(f"\nWrong: {counts[Mark.WRONG]}, to look at: {counts[Mark.LOOK]}.")
