"""``crashgate approvals list``. Rule: what waits for an answer is shown first of all, and nothing is changed."""

import asyncio
from datetime import UTC, datetime, timedelta

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
    elif shown and screen.plain:
        rows = [
            (each.id, approvals.standing(each, now), each.agent, each.what, timestamp(each.expires)) for each in shown
        ]
        screen.table(("id", "standing", "agent", "asks to", "expires"), rows)
    elif shown:
        # What is asked holds ids, and a column beside the others would be too narrow for one.
        for each in shown:
            screen.say(f"{each.id}  {approvals.standing(each, now)}, {ahead(each.expires, now)}  {each.agent} asks to")
            screen.under("", each.what, width=0)
    else:
        screen.say("No request for approval is open.")


def ahead(moment: datetime, now: datetime) -> str:
    """How long it is until then, rounded up: ``in 12 min``, ``in 5 h``; ``passed`` where it is over."""
    if moment <= now:
        return "passed"
    minutes = -((now - moment) // timedelta(minutes=1))
    return f"in {minutes} min" if minutes < _MINUTES_SHOWN else f"in {-(-minutes // 60)} h"


_MINUTES_SHOWN = 120
