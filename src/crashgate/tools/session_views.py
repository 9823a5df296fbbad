"""A session as an agent sees it. Rule: its traces are not paged upstream, so here they are bounded and counted."""

from collections.abc import Sequence
from typing import Any

from crashgate.model.result import Result
from crashgate.model.tool import Detail, Holds, Reply, Shown, View
from crashgate.views.fields import common, cut, whole
from crashgate.views.present import bounded, present
from crashgate.views.rows import noticed

LISTED = (
    "id", "status", "platform", "environment", "started_at", "duration_ms", "app_version", "os_version",
    "device_model", "network_type", "user_id", "event_count",
    "has_crash", "has_anr", "has_exception", "has_rage_tap", "has_network_errors",
)  # fmt: skip
WHOLE = (*LISTED, "ended_at", "manufacturer", "sdk_version", "recording_ids", "tab_ids", "project_id")
_TRACE = ("id", "name", "at", "environment", "user_id", "release", "version", "tags", "input", "output")
_TRACE_IN_FULL = (*_TRACE, "metadata", "public", "bookmarked", "created_at", "updated_at")
_TRACES, _TRACES_IN_FULL = 20, 50
_TEXT, _TEXT_IN_FULL = 300, 4_000

row = common(*LISTED)


def _session(reply: Reply, detail: Detail) -> Shown:
    """One session, with the first of its traces where it has any."""
    where = f" in {reply.where}" if reply.where else ""
    if not reply.page.rows:
        return Shown(content={"session": {}}, text=f"There is no session{where} to show.")
    found = reply.page.rows[0]
    shown: dict[str, Any] = whole(found, detail, WHOLE, apart="traces")
    traces = getattr(found, "traces", ())
    if traces:
        full = detail is Detail.FULL
        longest = _TEXT_IN_FULL if full else _TEXT
        each = common(*(_TRACE_IN_FULL if full else _TRACE))
        most = _TRACES_IN_FULL if full else _TRACES
        remedy = "upstream gives all traces of a session at once; only the first are shown" + (
            "" if full else ', and detail="full" shows more of each and of them'
        )
        listed, rest = bounded(traces, lambda trace: cut(each(trace, Detail.FULL), longest), most=most, remedy=remedy)
        shown |= {"traces": listed, "traces_total": len(traces), **rest}
        if not full and (hidden := _hidden(traces[: len(listed)])):
            shown["left_out"] = {"of_traces": hidden, "how": 'detail="full" shows them'}
    return Shown(content=noticed({"session": shown}), text=f"One session{where}.")


def _hidden(traces: Sequence[Result]) -> list[str]:
    """The fields that a summary of these traces leaves out although one of them has something there."""
    names = [name for name in _TRACE_IN_FULL if name not in _TRACE]
    return [name for name in names if any(present(trace, [name]) for trace in traces)]


session = View(_session, Holds(fields=WHOLE, added=("traces", "traces_total", "not_shown", "left_out")))
