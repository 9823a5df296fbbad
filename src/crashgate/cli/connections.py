"""``crashgate connections check``. Rule: each connection is asked one cheap read, through the gate, like any call."""

import os
from typing import TYPE_CHECKING

import click

from crashgate.cli import session
from crashgate.cli.failure import ExitCode
from crashgate.cli.global_options import Command

if TYPE_CHECKING:
    from crashgate.cli.connection_check import ConnectionStatus


@click.command("check", cls=Command)
@click.argument("names", metavar="[NAME]...", nargs=-1, help="Which connections; all of them where none is named.")
@click.option("--sandbox", "in_sandbox", is_flag=True, help="Use a sandbox in this process in place of every upstream.")
def connections_check(names: tuple[str, ...], *, in_sandbox: bool) -> None:
    """Ask each connection whether it can be used.

    Is there a credential, can the upstream be reached, and does it take the credential? Each is asked for one row of a
    list; the decision log has these requests, by connections-check. A connection that can only be written to is not
    asked. No credential is printed.

    Exits with 0 when all can be used, with 3 when a credential is missing or not accepted or an address is wrong, and
    otherwise with 5.
    """
    from crashgate.cli.connection_check import check_connections
    from crashgate.cli.sandbox import embedded
    from crashgate.cli.serve import run

    found = run(check_connections(session.settings(), os.environ, names, embedded() if in_sandbox else None))
    screen = session.screen()
    if screen.json:
        screen.data(
            [
                {
                    "connection": each.name,
                    "provider": each.provider,
                    "url": each.url,
                    "standing": each.standing.value,
                    "why": each.why,
                }
                for each in found
            ]
        )
    else:
        rows = [(each.name, each.provider, each.url, each.standing.value) for each in found]
        screen.table(("connection", "provider", "address", "standing"), rows)
        for each in found:
            if each.why:
                screen.say(f"{each.name}: {each.why}")
    click.get_current_context().exit(_code(found))


def _code(found: "tuple[ConnectionStatus, ...]") -> ExitCode:
    from crashgate.cli.connection_check import Standing

    standings = {each.standing for each in found}
    if standings & {Standing.NO_CREDENTIAL, Standing.REFUSED, Standing.WRONG_ADDRESS}:
        return ExitCode.CONFIGURATION
    return ExitCode.UPSTREAM if Standing.NO_ANSWER in standings else ExitCode.OK
