"""What happened in a session, as an agent sees it. Rule: a part that is not shown is counted, with how to get it."""

from typing import Any

from crashgate.model.field_table import Visibility, shown_fields
from crashgate.model.tool import Detail, Holds, Reply, Shown, View
from crashgate.providers.devrev.apps import OnDevice
from crashgate.providers.devrev.session_data import RecordedEvent, SessionData
from crashgate.views.fields import cut, show_fields
from crashgate.views.present import ROWS_BYTES, UNTRUSTED, bounded, present, size
from crashgate.views.rows import counted, noticed

_EVENTS, _EVENTS_IN_FULL = 50, 500
_TEXT, _LOG = 300, 4_000
_event = show_fields(Visibility.ROW)


def _listed(reply: Reply, detail: Detail) -> Shown:
    """Events as rows, in order. Upstream may give all of a session at once."""
    rows = reply.page.rows
    remedy = "export_session_events writes all of them to a file" + _or_more(detail)
    content = _events(rows, detail, remedy, room=ROWS_BYTES)
    if reply.page.total is not None:
        content["total"] = reply.page.total
    where = f" in {reply.where}" if reply.where else ""
    text = f"{len(content['events'])} of {counted(len(rows), 'events')}{where}." if rows else f"No events{where}."
    return Shown(content=noticed(content), text=text)


def _recording(reply: Reply, detail: Detail) -> Shown:
    """The events of one recording, with the log that came with a crash or a hang."""
    where = f" in {reply.where}" if reply.where else ""
    found = reply.page.rows[0]
    about = _about(found, detail)
    replay = about.get(UNTRUSTED, {}).pop("replay_data", None)
    about = cut(about, _LOG)
    if replay is not None and size(replay) <= ROWS_BYTES * 3 // 4:
        # Only who asked for it gets it, and cut it would be of no use.
        about.setdefault(UNTRUSTED, {})["replay_data"] = replay
    elif replay is not None:
        about["left_out"] = {"replay_data": "too large for one answer"}
    room = max(ROWS_BYTES - size(about), ROWS_BYTES // 4)
    events = _events(found.events, detail, "they are the first of the recording" + _or_more(detail), room=room)
    return Shown(content=noticed({**events, "recording": about}), text=f"One recording{where}.")


def _about(recording: SessionData, detail: Detail) -> dict[str, Any]:
    """The recording as a whole; in a summary without the device, which its session tells."""
    if detail is Detail.FULL:
        return present(recording, [name for name in SessionData.model_fields if name != "events"])
    names = shown_fields(SessionData, Visibility.SUMMARY)
    return cut(present(recording, [name for name in names if name not in OnDevice.model_fields]), _LOG)


def _events(rows: Any, detail: Detail, remedy: str, *, room: int) -> dict[str, Any]:  # noqa: ANN401 - rows of any provider
    full = detail is Detail.FULL
    shown, rest = bounded(
        rows,
        lambda each: cut(_event(each, Detail.FULL), _LOG if full else _TEXT),
        most=_EVENTS_IN_FULL if full else _EVENTS,
        remedy=remedy,
        room=room,
    )
    return {"events": shown, **rest}


def _or_more(detail: Detail) -> str:
    return "" if detail is Detail.FULL else f'; detail="full" shows {_EVENTS_IN_FULL} at once'


listed = View(_listed, Holds(visibility=Visibility.ROW, beside=("total",)))
recording = View(
    _recording, Holds(visibility=Visibility.ROW, beside=("recording",), inside={SessionData: RecordedEvent})
)
