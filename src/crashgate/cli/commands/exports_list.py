"""``crashgate exports list``. Rule: everybody's exports, for their operator; nothing is changed."""

from typing import TYPE_CHECKING, Any

import click

from crashgate.cli import session
from crashgate.cli.shared import Command

if TYPE_CHECKING:
    from crashgate.exports.keeping import Keeper, Kept

COLUMNS = ("id", "standing", "agent", "connection", "rows", "bytes", "at")


@click.command("list", cls=Command)
@click.option("--agent", metavar="NAME", help="Only exports of this agent.")
@click.option("--at", "place", metavar="PLACE", help="A folder or a URL; otherwise `exports` of crashgate.toml.")
def exports_list(*, agent: str | None, place: str | None) -> None:
    """Print the exports that are kept, the oldest first.

    An unfinished one is being made, or was interrupted and can be resumed. What is left behind is of no use to anybody,
    and goes with the next prune. What is unaccounted for is called like a data file of ours, but nothing shows that it
    is: it may be somebody else's, and stays.
    """
    kept = keeper(place).kept(agent)
    screen = session.screen()
    if screen.json:
        screen.data([plain(each) for each in kept])
    elif kept:
        screen.table(COLUMNS, [row(each) for each in kept])
    else:
        screen.say("No exports are kept.")


def keeper(place: str | None) -> "Keeper":
    """What lists and removes the exports of a place. Raises ConfigurationError, ExportError."""
    from crashgate import wiring

    return wiring.export_keeper(session.settings({"exports": place} if place is not None else {}))


def plain(kept: "Kept") -> dict[str, Any]:
    """One export as JSON."""
    from crashgate.clock import timestamp

    return {
        "id": kept.id,
        "name": kept.name,
        "standing": kept.standing.value,
        "agent": kept.agent,
        "connection": kept.connection,
        "rows": kept.rows,
        "bytes": kept.size,
        "at": timestamp(kept.at),
    }


def row(kept: "Kept") -> tuple[str, ...]:
    """One export as cells."""
    told = plain(kept)
    return tuple("-" if told[name] is None else str(told[name]) for name in COLUMNS)
