"""``crashgate log show``, ``follow``, ``search`` and ``stats``: the commands that read the decision log."""

import json
import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any

import click

from crashgate.cli import session
from crashgate.cli.command import Command

if TYPE_CHECKING:
    from crashgate.audit.call import Aside, Entry
    from crashgate.audit.record import Record, Stored
    from crashgate.cli.output import Screen

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
    "-n",
    "--limit",
    type=click.IntRange(min=1),
    metavar="N",
    default=20,
    show_default=True,
    help="The maximum number of lines.",
)
@click.option("--agent", metavar="NAME", help="Only calls of this agent.")
@click.option(
    "--since", type=Since(), metavar="TIME", help="Only from this time on: 2026-11-20T17:00:00Z, or 15m, 2h, 7d ago."
)
def log_show(limit: int, agent: str | None, since: datetime | None) -> None:
    """Print the newest calls with their decisions and outcomes.

    There is one line for each call, including refused calls and the gate's own look-ups, with the newest last. Requests
    that never became a call have a line too.
    """
    from crashgate.clock import timestamp
    from crashgate.config import wiring

    reader = wiring.log_reader(session.settings())
    told = reader.timeline(since=timestamp(since) if since else None)
    kept = list(islice((each for each in told if agent in {None, each.agent}), limit))[::-1]
    screen = session.screen()
    if screen.json:
        screen.data([plain(each) for each in kept])
    elif kept:
        screen.lines([row(each) for each in kept])
    else:
        screen.say("No matching calls are recorded.")


def row(told: "Entry | Aside") -> tuple[str, str, str]:
    """Time, one word for how it went, and the sentence."""
    return told.at, word(told), told.sentence


def word(told: "Entry | Aside") -> str:
    """``allow``, ``deny``, ``observed``, ``look-up``, ``unknown`` for an allowed call without an outcome, or a kind."""
    from crashgate.audit.call import Aside
    from crashgate.audit.record import Purpose

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
    from crashgate.audit.call import Aside

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
    from crashgate.audit.canonical import encode

    place = {"chain": stored.chain, "seq": stored.seq, "previous": stored.previous, "hash": stored.hash}
    return {**place, **json.loads(encode(stored.record))}


@click.command("follow", cls=Command)
@click.option(
    "-n",
    "newest",
    type=click.IntRange(min=0),
    metavar="N",
    default=10,
    show_default=True,
    help="The number of earlier records to print first.",
)
@click.option("--agent", metavar="NAME", help="Only calls of this agent.")
def log_follow(newest: int, agent: str | None) -> None:
    """Print each record as it is stored, until Ctrl-C.

    With --json, each line is a JSON document.
    """
    from crashgate.config import wiring

    reader = wiring.log_reader(session.settings())
    screen = session.screen()
    calls: set[str] = set()
    for stored in reader.follow(newest=newest):
        if agent is None or _concerns(stored, agent, calls):
            _tell(screen, stored)


def _concerns(stored: "Stored[Record]", agent: str, calls: set[str]) -> bool:
    """Whether the record is of that agent; ``calls`` are its calls under way, because an outcome names only a call."""
    from crashgate.audit.record import DecisionRecord, OutcomeRecord, agent_of

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
    from crashgate.audit.record import DecisionRecord, OutcomeRecord

    if isinstance(record, DecisionRecord):
        return "observed" if record.observed else record.effect.value
    return record.result.value if isinstance(record, OutcomeRecord) else record.KIND


_TIME = "2026-11-20T17:00:00Z, or 15m, 2h, 7d ago."


@click.command("search", cls=Command)
@click.option("--agent", metavar="NAME", help="Calls of this agent.")
@click.option("--tool", metavar="NAME", help="Calls of this tool.")
@click.option("--resource", metavar="NAME", help="Calls about this kind of thing, such as error or release.")
@click.option("--target", metavar="TEXT", help="Calls whose target, place or logged argument contains this text.")
@click.option("--connection", metavar="NAME", help="Calls to this connection.")
@click.option("--project", metavar="ID", help="Calls in this project: its id or its slug.")
@click.option(
    "--decision",
    type=click.Choice(["allow", "deny", "observed"]),
    help="Calls with this decision. observed: only observe mode let them through; allow finds these too.",
)
@click.option("--reason", metavar="CODE", help="Calls decided for this reason, such as no_grant.")
@click.option("--since", type=Since(), metavar="TIME", help=f"From this time on: {_TIME}")
@click.option("--until", type=Since(), metavar="TIME", help=f"Before this time: {_TIME}")
@click.option(
    "-n",
    "--limit",
    type=click.IntRange(min=1),
    metavar="N",
    default=100,
    show_default=True,
    help="The maximum number of lines.",
)
@click.option("--oldest", is_flag=True, help="Print the oldest first.")
def log_search(  # noqa: PLR0913 - one for each option
    *,
    agent: str | None,
    tool: str | None,
    resource: str | None,
    target: str | None,
    connection: str | None,
    project: str | None,
    decision: str | None,
    reason: str | None,
    since: "datetime | None",
    until: "datetime | None",
    limit: int,
    oldest: bool,
) -> None:
    """Search for calls that match all the options.

    The newest are printed first. A call that was refused for wrong arguments has the reason invalid_arguments, and its
    sentence names the argument. Such a call is a mistake, not an attempt at something forbidden.
    """
    from crashgate.audit.record import Effect
    from crashgate.audit.search import Query
    from crashgate.clock import timestamp
    from crashgate.config import wiring

    if reason is not None:
        _check_reason(reason)
    query = Query(
        agent=agent,
        tool=tool,
        resource=resource,
        connection=connection,
        project=project,
        effect=Effect.ALLOW if decision == "observed" else Effect(decision) if decision else None,
        observed=decision == "observed",
        reason=reason,
        target=target or "",
        since=timestamp(since) if since else None,
        until=timestamp(until) if until else None,
        limit=limit,
        oldest_first=oldest,
    )
    found = list(wiring.log_reader(session.settings()).search(query))
    screen = session.screen()
    told: list[dict[str, Any]] = [plain(entry) for entry in found] if screen.json else []
    if screen.json:
        screen.data(told)
    elif found:
        screen.lines([row(entry) for entry in found])
    else:
        screen.say("No matching calls are recorded.")


def _check_reason(code: str) -> None:
    """Raises BadParameter for what is not the code of a reason."""
    from crashgate.gate import verdict
    from crashgate.policy import decision

    codes = sorted({*decision.Reason, *verdict.Reason})
    if code not in codes:
        raise click.BadParameter(f"write one of {', '.join(codes)}", param_hint="--reason")


_MOST_ROWS = 20
_BAR_WIDTH = 30


@click.command("stats", cls=Command)
@click.option("--agent", metavar="NAME", help="Only calls of this agent.")
@click.option("--since", type=Since(), metavar="TIME", help=f"From this time on: {_TIME}")
@click.option("--until", type=Since(), metavar="TIME", help=f"Before this time: {_TIME}")
def log_stats(*, agent: str | None, since: "datetime | None", until: "datetime | None") -> None:
    """Count calls by agent, tool, decision and reason.

    Look-ups of the gate are not counted. The reason invalid_arguments means that a call was wrong, not forbidden.
    """
    from crashgate.audit.record import DecisionRecord, Purpose
    from crashgate.clock import timestamp
    from crashgate.config import wiring

    counts: dict[str, Counter[str]] = {name: Counter() for name in ("agent", "tool", "decision", "reason")}
    records = wiring.log_reader(session.settings()).records(
        since=timestamp(since) if since else None, until=timestamp(until) if until else None
    )
    for record in (stored.record for stored in records):
        if isinstance(record, DecisionRecord) and record.purpose is Purpose.CALL and agent in {None, record.agent}:
            counts["agent"][record.agent] += 1
            counts["tool"][record.tool or "unknown"] += 1
            counts["decision"]["observed" if record.observed else record.effect.value] += 1
            counts["reason"][record.reason] += 1
    screen, total = session.screen(), counts["agent"].total()
    if screen.json:
        screen.data({"calls": total, **{name: dict(counter.most_common()) for name, counter in counts.items()}})
    elif not total:
        screen.say("No matching calls are recorded.")
    else:
        screen.say(f"{total} call{'' if total == 1 else 's'}.")
        for name, counter in counts.items():
            _show_counts(screen, name, counter)


def _show_counts(screen: "Screen", name: str, counter: "Counter[str]") -> None:
    """A table of the highest counts; at a terminal with bars."""
    rows = counter.most_common(_MOST_ROWS)
    longest = rows[0][1]
    screen.say()
    screen.table(
        (name, "calls") if screen.plain else (name, "calls", ""),
        [
            (value, str(count), *(() if screen.plain else ("█" * max(1, round(count / longest * _BAR_WIDTH)),)))
            for value, count in rows
        ],
    )
    if len(counter) > _MOST_ROWS:
        screen.say(f"and {len(counter) - _MOST_ROWS} more; --json shows all")
