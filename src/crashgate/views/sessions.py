"""A session as an agent sees it. Rule: its traces are not paged upstream, so here they are bounded and counted."""

from collections.abc import Sequence

from crashgate.model.field_table import Visibility, shown_fields
from crashgate.model.result import Result
from crashgate.model.tool import Detail, Holds, Reply, Shown, View
from crashgate.views.present import LONGEST, bounded, cut, present, show_fields
from crashgate.views.rows import noticed

_TRACES, _TRACES_IN_FULL = 20, 50
_TEXT, _TEXT_IN_FULL = 300, 4_000

row = show_fields(Visibility.ROW, longest=LONGEST)
_summary = show_fields(Visibility.SUMMARY, longest=LONGEST)
_APART = frozenset({"session_id", "project_id"})
"""Of a trace, what the session says already."""


def _session(reply: Reply, detail: Detail) -> Shown:
    """One session, with the first of its traces where it has any."""
    where = f" in {reply.where}" if reply.where else ""
    if not reply.page.rows:
        return Shown(content={"session": {}}, text=f"There is no session{where} to show.")
    found: Result = reply.page.rows[0]
    full = detail is Detail.FULL
    shown = _summary(found, detail)
    if full:
        shown = present(found, [name for name in shown_fields(type(found), Visibility.FULL) if name != "traces"])
    traces = getattr(found, "traces", ())
    if traces:
        longest = _TEXT_IN_FULL if full else _TEXT
        most = _TRACES_IN_FULL if full else _TRACES
        remedy = "upstream gives all traces of a session at once; only the first are shown" + (
            "" if full else ', and detail="full" shows more of each and of them'
        )
        listed, rest = bounded(
            traces, lambda trace: cut(present(trace, _of_trace(trace, detail)), longest), most=most, remedy=remedy
        )
        shown |= {"traces": listed, "traces_total": len(traces), **rest}
        if not full and (hidden := _hidden(traces[: len(listed)])):
            shown["left_out"] = {"of_traces": hidden, "how": 'detail="full" shows them'}
    return Shown(content=noticed({"session": shown}), text=f"One session{where}.")


def _of_trace(trace: Result, detail: Detail) -> tuple[str, ...]:
    names = shown_fields(type(trace), Visibility.FULL if detail is Detail.FULL else Visibility.ROW)
    return tuple(name for name in names if name not in _APART)


def _hidden(traces: Sequence[Result]) -> list[str]:
    """The fields that a summary of these traces leaves out although one of them has something there."""
    model = type(traces[0])
    names = [name for name in shown_fields(model, Visibility.FULL) if name not in shown_fields(model, Visibility.ROW)]
    return [name for name in names if name not in _APART and any(present(trace, [name]) for trace in traces)]


session = View(
    _session, Holds(visibility=Visibility.SUMMARY, added=("traces", "traces_total", "not_shown", "left_out"))
)
