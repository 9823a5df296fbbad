"""``crashgate approvals reject``. Rule: a rejection stands until the request expires, and names who gave it."""

import click

from crashgate.cli import approvals
from crashgate.cli.shared import Command


@click.command("reject", cls=Command)
@click.argument("identifier", metavar="ID", help="The id of the request.")
def approvals_reject(identifier: str) -> None:
    """Reject a request.

    The agent is told so when it makes the same call again. Who rejected is recorded.
    """
    approvals.answer(identifier, approved=False)
