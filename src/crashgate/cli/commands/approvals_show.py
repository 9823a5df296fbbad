"""``crashgate approvals show``. Rule: all that a person needs to answer, and no value that the log may not show."""

from datetime import UTC, datetime

import click

from crashgate.cli import approvals, session
from crashgate.cli.shared import Command


@click.command("show", cls=Command)
@click.argument("identifier", metavar="ID", help="The id of the request.")
def approvals_show(identifier: str) -> None:
    """Show one request for approval.

    What would be done, by whom, with which arguments; who answered it, and which call used it up. Arguments that may
    hold text of anyone are named and not shown.
    """
    now = datetime.now(UTC)
    request, screen = approvals.found(identifier), session.screen()
    if screen.json:
        screen.data(approvals.plain(request, now))
    else:
        approvals.show(screen, request, now)
