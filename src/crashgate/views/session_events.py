"""What happened in a session, as an agent sees it. Rule: a part that is not shown is counted, with how to get it."""

from typing import Any

from crashgate.model.field_table import Visibility
from crashgate.model.tool import Detail, Holds, Reply, Shown, View
from crashgate.views.present import ROWS_BYTES, bounded, cut, show_fields
from crashgate.views.rows import counted, noticed

_EVENTS, _EVENTS_IN_FULL = 50, 500
_TEXT, LONGEST_LOG = 300, 4_000
_event = show_fields(Visibility.ROW)


def _list_events(reply: Reply, detail: Detail) -> Shown:
    """Events as rows, in order. Upstream may give all of a session at once."""
    rows = reply.page.rows
    remedy = "export_session_events writes all of them to a file" + or_more(detail)
    content = show_events(rows, detail, remedy, room=ROWS_BYTES)
    if reply.page.total is not None:
        content["total"] = reply.page.total
    where = f" in {reply.where}" if reply.where else ""
    text = f"{len(content['events'])} of {counted(len(rows), 'events')}{where}." if rows else f"No events{where}."
    return Shown(content=noticed(content), text=text)


def show_events(rows: Any, detail: Detail, remedy: str, *, room: int) -> dict[str, Any]:  # noqa: ANN401 - rows of any provider
    """The events that there is room for, in bytes, and how many are not shown; ``remedy`` says how to get those."""
    full = detail is Detail.FULL
    shown, rest = bounded(
        rows,
        lambda each: cut(_event(each, Detail.FULL), LONGEST_LOG if full else _TEXT),
        most=_EVENTS_IN_FULL if full else _EVENTS,
        remedy=remedy,
        room=room,
    )
    return {"events": shown, **rest}


def or_more(detail: Detail) -> str:
    """What else shows more; nothing where all that there may be is shown."""
    return "" if detail is Detail.FULL else f'; detail="full" shows {_EVENTS_IN_FULL} at once'


list_events = View(_list_events, Holds(visibility=Visibility.ROW, beside=("total",)))
