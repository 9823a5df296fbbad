"""``crashgate log prune``. Rule: nothing goes without a signed checkpoint, and never from an unsound log."""

from datetime import datetime
from typing import TYPE_CHECKING

import click

from crashgate.cli import session
from crashgate.cli.commands.log_show import Since
from crashgate.cli.shared import Command

if TYPE_CHECKING:
    from crashgate.decisions.port import Cut


@click.command("prune", cls=Command)
@click.option("--before", type=Since(), metavar="TIME", help="Records from before this time: 2026-11-20T17:00:00Z.")
@click.option("--keep", type=Since(), metavar="AGE", help="Records older than this: 90d, 12w.")
@click.option("--dry-run", is_flag=True, help="Only say what would go.")
def log_prune(before: datetime | None, keep: datetime | None, *, dry_run: bool) -> None:
    """Take old records out of the log.

    The log is checked first. A signed checkpoint is stored before anything goes, so that `crashgate log verify` can
    tell a prune from a truncation, and a record of who did it afterwards. The last record of each chain always stays.
    A server may go on writing meanwhile. The file keeps its size, and the room is used again; on a full disk make some
    room first.
    """
    from crashgate import wiring
    from crashgate.clock import timestamp

    moment = before or keep
    if moment is None or (before is not None and keep is not None):
        raise click.UsageError("Say what is to go: either --before TIME or --keep AGE.")
    keeper = wiring.log_reader(session.settings()).keeper()
    cuts = keeper.prune(timestamp(moment), dry_run=dry_run)
    screen = session.screen()
    if screen.json:
        plain = [{"chain": cut.chain, "count": cut.count, "seq": cut.seq, "hash": cut.hash} for cut in cuts]
        screen.data({"before": timestamp(moment), "dry_run": dry_run, "chains": plain})
    elif not cuts:
        screen.say("Nothing is that old.")
    for cut in cuts if not screen.json else ():
        screen.say(_in_words(cut, dry_run=dry_run))


def _in_words(cut: "Cut", *, dry_run: bool) -> str:
    records = f"{cut.count} record{'' if cut.count == 1 else 's'}"
    deed = "would be pruned" if dry_run else "pruned"
    return f"Chain {cut.chain}: {records} {deed}, up to number {cut.seq}."
