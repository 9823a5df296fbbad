"""What agents did: the decision log, newest first, a page at a time, and each record whole."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

from crashgate.audit.call import Aside, Entry
from crashgate.audit.canonical import encode
from crashgate.audit.formats.csv import csv_lines
from crashgate.audit.reader import LogReader
from crashgate.audit.record import Effect, Purpose, Record, Stored
from crashgate.audit.search import Query, matches
from crashgate.clock import timestamp
from crashgate.console.pages import Facts, address, wrong

_ROWS = 50
_MOST_READ = 800
"""Calls that one page looks through: what the keys of the log do not hold must be read record by record."""
_MOST_DOWNLOADED = 10_000
_APART = timedelta(seconds=5)
"""By which the order of storing may differ from that of times, where several processes write."""
_LONGEST = 200
_LOOK_UPS = 100
_DECISIONS = ("allow", "deny", "observed")
DOWNLOADS = {"csv": "text/csv", "jsonl": "application/jsonl"}
"""The forms in which calls can be downloaded, with their media types."""
FILTERS = ("agent", "tool", "resource", "connection", "project", "decision", "reason", "target", "since", "until")


@dataclass(frozen=True, kw_only=True, slots=True)
class _Mark:
    """The last call that a page looked at: where the next one goes on."""

    at: str
    chain: str
    seq: int

    def __str__(self) -> str:
        return f"{self.at}~{self.seq}~{self.chain}"


def activity(reader: LogReader, parameters: Mapping[str, str]) -> Facts:
    """One page of calls that match the filters. Raises HTTPException 400 for a filter that cannot be meant."""
    filters = _filters(parameters)
    mark = _read_mark(parameters.get("before", ""))
    wanted = _query(filters)
    until = wanted.until
    if mark is not None:
        later = timestamp(_moment(mark.at, "before") + _APART)
        until = min(until or later, later)
    keyed = replace(wanted, observed=False, reason=None, target="", until=until)
    shown: list[Entry] = []
    last: Entry | None = None
    passed, more = mark is None, False
    for read, entry in enumerate(reader.search(keyed)):
        # check: a page reads so many calls and no more
        more = len(shown) == _ROWS or read == _MOST_READ
        if more:
            break
        if not passed:
            passed = mark is not None and (entry.decision.chain, entry.decision.seq) == (mark.chain, mark.seq)
            continue
        last = entry
        if matches(entry.decision.record, wanted):
            shown.append(entry)
    return _page(shown, last if more else None, filters)


def _page(shown: list[Entry], last: Entry | None, filters: Mapping[str, str]) -> Facts:
    following = None
    if last is not None:
        place = last.decision
        mark = _Mark(at=last.at, chain=place.chain, seq=place.seq)
        following = address("/activity", filters, before=str(mark))
    return {
        "filters": filters,
        "calls": [row(each) for each in shown],
        "next": following,
        "downloads": {form: address(f"/activity.{form}", filters) for form in DOWNLOADS},
    }


def download(reader: LogReader, parameters: Mapping[str, str], *, form: str) -> bytes:
    """Calls that match the filters, newest first, as ``csv`` or ``jsonl``. Raises as ``activity`` does.

    It looks through 10,000 calls at most. Lines of JSON are the calls of `crashgate log search --json`.
    """
    wanted = _query(_filters(parameters))
    read = islice(
        reader.search(replace(wanted, observed=False, reason=None, target="")),
        # check[huge]: a download is so long and no longer
        _MOST_DOWNLOADED,
    )
    calls = (each for each in read if matches(each.decision.record, wanted))
    lines = csv_lines(calls) if form == "csv" else (json.dumps(_whole(each), separators=(",", ":")) for each in calls)
    return "".join(f"{line}\n" for line in lines).encode()


def _whole(entry: Entry) -> Facts:
    return {
        "sentence": entry.sentence,
        "unknown": entry.unknown,
        "decision": plain(entry.decision),
        "outcome": None if entry.outcome is None else plain(entry.outcome),
    }


def row(entry: Entry) -> Facts:
    """One call in a line."""
    decision = entry.decision.record
    return {
        "at": entry.at,
        "word": word(entry),
        "sentence": entry.sentence,
        "agent": decision.agent,
        "tool": decision.tool,
        "resource": decision.resource,
        "connection": decision.connection,
        "project": decision.project_slug or decision.project,
        "reason": decision.reason,
        "record": record_address(entry.decision),
    }


def word(entry: Entry) -> str:
    """How it went, in one word."""
    decision = entry.decision.record
    if entry.unknown:
        return "unknown"
    if decision.observed:
        return "observed"
    return "look-up" if decision.purpose is Purpose.LOOKUP else decision.effect.value


def record_address(stored: Stored[Any]) -> str:
    """Where the record is shown whole."""
    return address("/record", {"chain": stored.chain, "seq": str(stored.seq)})


def record(reader: LogReader, parameters: Mapping[str, str]) -> Facts:
    """One record whole, with its outcome and the look-ups that it needed. Raises HTTPException 404 where it is not."""
    chain, seq = parameters.get("chain", ""), parameters.get("seq", "")
    found = reader.find(chain, int(seq)) if seq.isdecimal() and len(seq) < 16 and len(chain) <= _LONGEST else None  # noqa: PLR2004 - digits of a count
    if found is None:
        raise wrong("There is no such decision in the log; it may have been pruned.", status=404)
    if isinstance(found, Aside):
        return {"sentence": found.sentence, "word": found.stored.record.KIND, "record": plain(found.stored)}
    return {
        "sentence": found.sentence,
        "word": word(found),
        "record": plain(found.decision),
        "outcome": None if found.outcome is None else plain(found.outcome),
        "look_ups": _look_ups(reader, found),
        "parent": found.decision.record.parent,
    }


def plain(stored: Stored[Record] | Stored[Any]) -> dict[str, Any]:
    """A record with its place in the chain, as `crashgate log show --json` prints it."""
    place = {"chain": stored.chain, "seq": stored.seq, "previous": stored.previous, "hash": stored.hash}
    return {**place, **json.loads(encode(stored.record))}


def _look_ups(reader: LogReader, entry: Entry) -> list[Facts]:
    """Of the agent's last hundred calls before this one, those that this one needed."""
    decision = entry.decision.record
    until = timestamp(_moment(decision.at, "at") + _APART)
    near = reader.search(Query(agent=decision.agent, until=until, limit=_LOOK_UPS))
    return [row(each) for each in near if each.decision.record.parent == decision.call][::-1]


def _query(filters: Mapping[str, str]) -> Query:
    decision = filters.get("decision")
    if decision not in {None, *_DECISIONS}:
        raise wrong(f"A decision is one of {', '.join(_DECISIONS)}.")
    since, until = filters.get("since"), filters.get("until")
    return Query(
        agent=filters.get("agent"),
        tool=filters.get("tool"),
        resource=filters.get("resource"),
        connection=filters.get("connection"),
        project=filters.get("project"),
        effect=Effect.ALLOW if decision == "observed" else Effect(decision) if decision else None,
        observed=decision == "observed",
        reason=filters.get("reason"),
        target=filters.get("target", ""),
        since=timestamp(_moment(since, "since")) if since else None,
        until=timestamp(_moment(until, "until")) if until else None,
    )


def _filters(parameters: Mapping[str, str]) -> dict[str, str]:
    return {name: _checked(name, parameters[name]) for name in FILTERS if parameters.get(name)}


def _checked(name: str, value: str) -> str:
    if len(value) > _LONGEST:
        raise wrong(f"The filter {name} is longer than {_LONGEST} characters.")
    return value


def _moment(text: str, name: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise wrong(f"{name} is not a time. Write one such as 2026-11-20T17:00:00Z.") from error


def _read_mark(text: str) -> _Mark | None:
    if not text:
        return None
    at, _, rest = text.partition("~")
    seq, _, chain = rest.partition("~")
    if len(text) > _LONGEST or not seq.isdecimal():
        raise wrong("That is no page of the log. Start again at /activity.")
    return _Mark(at=timestamp(_moment(at, "before")), chain=chain, seq=int(seq))
