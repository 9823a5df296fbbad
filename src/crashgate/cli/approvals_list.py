"""``crashgate approvals list``. Rule: what waits for an answer is shown first of all, and nothing is changed."""

import asyncio
from datetime import UTC, datetime

import click

from crashgate.cli import approvals, session
from crashgate.cli.shared import Command


@click.command("list", cls=Command)
@click.option("--all", "everything", is_flag=True, help="Also those that are rejected, used or expired.")
def approvals_list(*, everything: bool) -> None:
    """Print the requests that wait for an answer.

    The oldest first, and among them the approvals that are not used yet. Each holds for one call, with exactly its
    arguments.
    """
    from crashgate import wiring
    from crashgate.clock import timestamp

    now = datetime.now(UTC)
    kept = asyncio.run(wiring.approvals(session.settings()).all())
    shown = [each for each in kept if everything or approvals.holds(each, now)]
    screen = session.screen()
    if screen.json:
        screen.data([approvals.plain(each, now) for each in shown])
    elif shown:
        rows = [
            (each.id, approvals.standing(each, now), each.agent, each.what, timestamp(each.expires)) for each in shown
        ]
        screen.table(("id", "standing", "agent", "asks to", "expires"), rows)
    else:
        screen.say("No request for approval is open.")
