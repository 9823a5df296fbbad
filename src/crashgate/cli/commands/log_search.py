"""``crashgate log search``. Rule: what is found is shown as ``log show`` shows it."""

from typing import TYPE_CHECKING, Any

import click

from crashgate.cli import session
from crashgate.cli.commands.log_show import Since, plain, row
from crashgate.cli.shared import Command

if TYPE_CHECKING:
    from datetime import datetime

_TIME = "2026-11-20T17:00:00Z, or 15m, 2h, 7d ago."


@click.command("search", cls=Command)
@click.option("--agent", metavar="NAME", help="Calls of this agent.")
@click.option("--tool", metavar="NAME", help="Calls of this tool.")
@click.option("--resource", metavar="NAME", help="Calls about this kind of thing, such as error or release.")
@click.option("--target", metavar="TEXT", help="Calls whose target, place or logged argument contains this text.")
@click.option("--connection", metavar="NAME", help="Calls to this connection.")
@click.option("--project", metavar="ID", help="Calls in this project: its id or its slug.")
@click.option(
    "--decision",
    type=click.Choice(["allow", "deny", "observed"]),
    help="Calls that were decided so; observed: let through by trial mode alone, which allow finds too.",
)
@click.option("--since", type=Since(), metavar="TIME", help=f"From this time on: {_TIME}")
@click.option("--until", type=Since(), metavar="TIME", help=f"Before this time: {_TIME}")
@click.option(
    "-n", "--limit", type=click.IntRange(min=1), metavar="N", default=100, show_default=True, help="At most so many."
)
@click.option("--oldest", is_flag=True, help="The oldest first, and not the newest.")
def log_search(  # noqa: PLR0913 - one for each option
    *,
    agent: str | None,
    tool: str | None,
    resource: str | None,
    target: str | None,
    connection: str | None,
    project: str | None,
    decision: str | None,
    since: "datetime | None",
    until: "datetime | None",
    limit: int,
    oldest: bool,
) -> None:
    """Look for calls. All that is given must fit.

    The newest are printed first, or with --oldest the oldest.
    """
    from crashgate import wiring
    from crashgate.clock import timestamp
    from crashgate.decisions.record import Effect
    from crashgate.decisions.search import Query

    query = Query(
        agent=agent,
        tool=tool,
        resource=resource,
        connection=connection,
        project=project,
        effect=Effect.ALLOW if decision == "observed" else Effect(decision) if decision else None,
        observed=decision == "observed",
        target=target or "",
        since=timestamp(since) if since else None,
        until=timestamp(until) if until else None,
        limit=limit,
        oldest_first=oldest,
    )
    found = list(wiring.log_reader(session.settings()).search(query))
    screen = session.screen()
    told: list[dict[str, Any]] = [plain(entry) for entry in found] if screen.json else []
    if screen.json:
        screen.data(told)
    elif found:
        screen.lines([row(entry) for entry in found])
    else:
        screen.say("No calls are recorded that fit.")
