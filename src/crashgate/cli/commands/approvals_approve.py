"""``crashgate approvals approve``. Rule: the approval is for one call, and names who gave it."""

import click

from crashgate.cli import approvals
from crashgate.cli.shared import Command


@click.command("approve", cls=Command)
@click.argument("identifier", metavar="ID", help="The id of the request.")
def approvals_approve(identifier: str) -> None:
    """Approve a request.

    The agent has to make the same call again: the approval is for that one, once, for as long as its policy says. Who
    approved is recorded.
    """
    approvals.answer(identifier, approved=True)
