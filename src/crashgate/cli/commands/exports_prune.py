"""``crashgate exports prune``. Rule: what is being written stays, and what is listed can be read, at every moment."""

from datetime import datetime

import click

from crashgate.cli import session
from crashgate.cli.commands.exports_list import COLUMNS, keeper, plain, row
from crashgate.cli.commands.log_show import Since
from crashgate.cli.shared import Command


@click.command("prune", cls=Command)
@click.option("--before", type=Since(), metavar="TIME", help="Exports from before this time: 2026-11-20T17:00:00Z.")
@click.option("--keep", type=Since(), metavar="AGE", help="Exports older than this: 30d, 12w.")
@click.option("--agent", metavar="NAME", help="Only exports of this agent.")
@click.option("--at", "place", metavar="PLACE", help="A folder or a URL; otherwise `exports` of crashgate.toml.")
@click.option("--dry-run", is_flag=True, help="Only say what would go.")
def exports_prune(
    *, before: datetime | None, keep: datetime | None, agent: str | None, place: str | None, dry_run: bool
) -> None:
    """Remove old exports, finished and interrupted.

    A finished one is as old as its last page, an interrupted one as what was last written of it. Servers may go on
    making exports meanwhile. Killed in the middle, the next run removes the rest. A file of which
    neither a manifest nor work in progress tells stays, whatever it is called.
    """
    from crashgate.clock import timestamp
    from crashgate.exports.keeping import Standing

    moment = before or keep
    if moment is None or (before is not None and keep is not None):
        raise click.UsageError("Say what is to go: either --before TIME or --keep AGE.")
    exports = keeper(place)
    gone = exports.prune(moment, agent, dry_run=dry_run)
    stays = [each for each in exports.kept(agent) if each.standing is Standing.UNACCOUNTED and each.at < moment]
    screen = session.screen()
    if screen.json:
        told = {"exports": [plain(each) for each in gone], "unaccounted": [plain(each) for each in stays]}
        screen.data({"before": timestamp(moment), "dry_run": dry_run, **told})
        return
    if stays:
        screen.say(
            f"Nothing shows that these are ours, so they stay: {', '.join(each.name for each in stays)}.",
            style="yellow",
        )
    if not gone:
        screen.say("Nothing is that old.")
    else:
        screen.table(COLUMNS, [row(each) for each in gone])
        removed = f"{len(gone)} export{'' if len(gone) == 1 else 's'}"
        screen.say(f"{removed} {'would be removed' if dry_run else 'removed'}.")
