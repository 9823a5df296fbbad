"""The log as a table for spreadsheets. Rule: a row is a call or another record, and no cell is ever a formula.

Columns, in this order; an empty cell means that it does not apply:

- ``time``: RFC 3339 in UTC with milliseconds; ``kind``: call, attempt, checkpoint, prune, head_loss or
  acknowledgement
- ``agent``, ``subject`` (what vouches for it), ``via``, ``client`` (what the client says of itself)
- ``effect``: allow or deny; ``reason``: a code; ``observed``: yes where only observe mode let it through; ``approval``;
  ``answered_by``; ``continued``: yes for a later page and for the rest of an export; ``trace``
- ``tool``, ``operation``, ``access``, ``provider``, ``connection``, ``organization``, ``project``, ``project_slug``,
  ``environment``, ``platform``, ``app``, ``resource``, ``target``
- ``rule``, ``policy_hash``: what decided
- ``result``: how the call ended, ``unknown`` where an allowed call has no outcome, or what kind of attempt it was
- ``status``, ``duration_ms``, ``requests``, ``rows``, ``dropped``, ``redacted``, ``error``, ``count``
- ``sentence``: all of it in words
- ``call``, ``chain``, ``seq``, ``hash`` of the decision or record, and ``outcome_hash``
"""

import csv
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields

from crashgate.audit.attempt import AttemptRecord
from crashgate.audit.call import Aside, Entry
from crashgate.audit.checkpoint import PruneRecord
from crashgate.audit.record import DecisionRecord
from crashgate.sanitise import clean, neutralised

COLUMNS = [
    "time",
    "kind",
    "agent",
    "subject",
    "via",
    "client",
    "effect",
    "reason",
    "observed",
    "approval",
    "answered_by",
    "continued",
    "trace",
    "tool",
    "operation",
    "access",
    "provider",
    "connection",
    "organization",
    "project",
    "project_slug",
    "environment",
    "platform",
    "app",
    "resource",
    "target",
    "rule",
    "policy_hash",
    "result",
    "status",
    "duration_ms",
    "requests",
    "rows",
    "dropped",
    "redacted",
    "error",
    "count",
    "sentence",
    "call",
    "chain",
    "seq",
    "hash",
    "outcome_hash",
]
_OF_DECISION = [name for name in COLUMNS if name in {field.name for field in fields(DecisionRecord)}]
_OF_OUTCOME = ["status", "duration_ms", "requests", "rows", "dropped", "error"]

_LONGEST = 2_000


def csv_lines(told: Iterable[Entry | Aside]) -> Iterator[str]:
    """The header, then a line for each, without the ends of the lines."""
    line = _Line()
    writer = csv.DictWriter(line, COLUMNS, restval="", lineterminator="")
    writer.writeheader()
    yield line.text
    for each in told:
        writer.writerow({name: cell(value) for name, value in _row(each).items()})
        yield line.text


def cell(value: object) -> str:
    """The value as text that a spreadsheet shows as it is: one clean line, with an apostrophe before each formula."""
    if value is None:
        return ""
    # check[unwrap]: no cell of the exported log is a formula
    return neutralised(
        # check[unwrap]: the cells of the exported log are clean
        clean(str(value), limit=_LONGEST, lines=False)
    )


class _Line:
    """What ``csv`` writes to."""

    text = ""

    def write(self, text: str) -> int:
        self.text = text
        return len(text)


def _row(told: Entry | Aside) -> Mapping[str, object]:
    return _call(told) if isinstance(told, Entry) else _aside(told)


def _call(entry: Entry) -> Mapping[str, object]:
    decision, outcome = entry.decision, entry.outcome
    row: dict[str, object] = {name: getattr(decision.record, name) for name in _OF_DECISION}
    row |= {name: "yes" if getattr(decision.record, name) else "" for name in ("observed", "continued")}
    row |= {"time": entry.at, "kind": "call", "sentence": entry.sentence, "result": "unknown" if entry.unknown else ""}
    row |= {"chain": decision.chain, "seq": decision.seq, "hash": decision.hash}
    if outcome is not None:
        row |= {name: getattr(outcome.record, name) for name in _OF_OUTCOME}
        row["result"], row["outcome_hash"] = outcome.record.result.value, outcome.hash
        row["redacted"] = " ".join(outcome.record.redacted)
    return row


def _aside(aside: Aside) -> Mapping[str, object]:
    stored = aside.stored
    row: dict[str, object] = {"time": aside.at, "kind": stored.record.KIND, "sentence": aside.sentence}
    row |= {"agent": aside.agent, "chain": stored.chain, "seq": stored.seq, "hash": stored.hash}
    if isinstance(stored.record, AttemptRecord):
        row |= {"via": stored.record.via, "reason": stored.record.reason, "result": stored.record.what}
        row["count"] = stored.record.count
    elif isinstance(stored.record, PruneRecord):
        row["count"] = stored.record.count
    return row
