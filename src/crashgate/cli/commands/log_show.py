"""``crashgate log show``. Rule: one line a call, refused ones included, in the order in which they were decided."""

import json
import re
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any

import click

from crashgate.cli import session
from crashgate.cli.shared import Command

if TYPE_CHECKING:
    from crashgate.decisions.entry import Aside, Entry
    from crashgate.decisions.record import Record, Stored

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


class Since(click.ParamType[datetime]):
    """A time: ``2026-11-20``, ``2026-11-20T17:00:00Z`` (UTC without a zone), or how long ago: ``90s 15m 2h 7d 1w``."""

    name = "since"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:  # noqa: ANN401 - click's own
        """The moment in UTC."""
        if isinstance(value, datetime):
            return value
        ago = re.fullmatch(r"([0-9]{1,6})([smhdw])", value)
        try:
            if ago:
                return datetime.now(UTC) - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
            moment = datetime.fromisoformat(value)
            return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
        except (ValueError, OverflowError):
            self.fail("write a time such as 2026-11-20T17:00:00Z, or how long ago: 15m, 2h, 7d", param, ctx)


@click.command("show", cls=Command)
@click.option(
    "-n", "--limit", type=click.IntRange(min=1), metavar="N", default=20, show_default=True, help="At most so many."
)
@click.option("--agent", metavar="NAME", help="Only calls of this agent.")
@click.option(
    "--since", type=Since(), metavar="TIME", help="Only later ones: 2026-11-20T17:00:00Z, or 15m, 2h, 7d ago."
)
def log_show(limit: int, agent: str | None, since: datetime | None) -> None:
    """Print the newest calls with their decisions and outcomes.

    One line a call, refused ones and look-ups of the gate included, the newest last. Attempts that never became a call
    have a line too.
    """
    from crashgate import wiring
    from crashgate.clock import timestamp

    reader = wiring.log_reader(session.settings())
    told = reader.told(since=timestamp(since) if since else None)
    kept = list(islice((each for each in told if agent in {None, each.agent}), limit))[::-1]
    screen = session.screen()
    if screen.json:
        screen.data([plain(each) for each in kept])
    elif kept:
        screen.lines([row(each) for each in kept])
    else:
        screen.say("No calls are recorded that fit.")


def row(told: "Entry | Aside") -> tuple[str, str, str]:
    """Time, one word for how it went, and the sentence."""
    return told.at, word(told), told.sentence


def word(told: "Entry | Aside") -> str:
    """``allow``, ``deny``, ``observed``, ``look-up``, ``unknown`` for an allowed call without an outcome, or a kind."""
    from crashgate.decisions.entry import Aside
    from crashgate.decisions.record import Purpose

    if isinstance(told, Aside):
        return told.stored.record.KIND
    if told.unknown:
        return "unknown"
    decision = told.decision.record
    if decision.observed:
        return "observed"
    return "look-up" if decision.purpose is Purpose.LOOKUP else decision.effect.value


def plain(told: "Entry | Aside") -> dict[str, Any]:
    """As JSON: the records of a call whole, or the one record, and the sentence that people read."""
    from crashgate.decisions.entry import Aside

    if isinstance(told, Aside):
        return {"sentence": told.sentence, told.stored.record.KIND: plain_record(told.stored)}
    return {
        "sentence": told.sentence,
        "unknown": told.unknown,
        "decision": plain_record(told.decision),
        "outcome": None if told.outcome is None else plain_record(told.outcome),
    }


def plain_record(stored: "Stored[Record]") -> dict[str, Any]:
    """A record with its place in the chain."""
    from crashgate.decisions.canonical import encode

    place = {"chain": stored.chain, "seq": stored.seq, "previous": stored.previous, "hash": stored.hash}
    return {**place, **json.loads(encode(stored.record))}
