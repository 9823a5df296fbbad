"""``crashgate log follow``. Rule: a line for each record as soon as it is durable, the decision before its outcome."""

from typing import TYPE_CHECKING

import click

from crashgate.cli import session
from crashgate.cli.commands.log_show import plain_record
from crashgate.cli.shared import Command

if TYPE_CHECKING:
    from crashgate.cli.screen import Screen
    from crashgate.decisions.record import Record, Stored


@click.command("follow", cls=Command)
@click.option(
    "-n",
    "newest",
    type=click.IntRange(min=0),
    metavar="N",
    default=10,
    show_default=True,
    help="Records to begin with.",
)
@click.option("--agent", metavar="NAME", help="Only calls of this agent.")
def log_follow(newest: int, agent: str | None) -> None:
    """Print each record as it is stored, until Ctrl-C. With --json, one JSON document a line."""
    from crashgate import wiring

    reader = wiring.log_reader(session.settings())
    screen = session.screen()
    calls: set[str] = set()
    for stored in reader.follow(newest=newest):
        if agent is None or _concerns(stored, agent, calls):
            _tell(screen, stored)


def _concerns(stored: "Stored[Record]", agent: str, calls: set[str]) -> bool:
    """Whether the record is of that agent; ``calls`` are its calls under way, because an outcome names only a call."""
    from crashgate.decisions.record import DecisionRecord, OutcomeRecord, agent_of

    record = stored.record
    if isinstance(record, OutcomeRecord):
        known = record.call in calls
        calls.discard(record.call)
        return known
    if isinstance(record, DecisionRecord) and record.agent == agent:
        calls.add(record.call)
    return agent_of(record) == agent


def _tell(screen: "Screen", stored: "Stored[Record]") -> None:
    if screen.json:
        screen.data(plain_record(stored), line=True)
        return
    screen.lines([(stored.record.at, _word(stored.record), stored.record.sentence)])


def _word(record: "Record") -> str:
    """``allow``, ``deny``, ``observed``, how a call ended, or what kind of record it is."""
    from crashgate.decisions.record import DecisionRecord, OutcomeRecord

    if isinstance(record, DecisionRecord):
        return "observed" if record.observed else record.effect.value
    return record.result.value if isinstance(record, OutcomeRecord) else record.KIND
