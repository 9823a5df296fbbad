"""A recording and a browser's tab, as an agent sees them: each is one answer that holds lists."""

from typing import Any

from crashgate.model.field_table import Visibility, shown_fields
from crashgate.model.tool import Detail, Holds, Reply, Shown, View
from crashgate.providers.devrev.apps import ON_DEVICE
from crashgate.providers.devrev.developer_info import DeveloperInfo, NetworkCall
from crashgate.providers.devrev.session_data import RecordedEvent, SessionData
from crashgate.views.network_logs import picked
from crashgate.views.present import LONGEST, ROWS_BYTES, UNTRUSTED, bounded, cut, present, show_fields, size
from crashgate.views.rows import counted, noticed
from crashgate.views.session_events import LONGEST_LOG, or_more, show_events

_ROWS, _ROWS_IN_FULL = 50, 500
_TEXT, _TEXT_IN_FULL = 300, 4_000
_ROOM = ROWS_BYTES // 2
"""Two lists share one answer."""

row = show_fields(Visibility.ROW, longest=LONGEST)


def _developer_info(reply: Reply, detail: Detail) -> Shown:
    """The requests and the console of a browser's tab."""
    where = f" in {reply.where}" if reply.where else ""
    found, full = reply.page.rows[0], detail is Detail.FULL
    longest, most = (_TEXT_IN_FULL, _ROWS_IN_FULL) if full else (_TEXT, _ROWS)
    remedy = "only the first are shown" + ("" if full else f'; detail="full" shows {_ROWS_IN_FULL}')
    network = picked(found.network, reply.params)
    logs, more_logs = bounded(
        network, lambda each: cut(row(each, Detail.FULL), longest), most=most, remedy=remedy, room=_ROOM
    )
    lines, more_lines = bounded(
        found.console, lambda each: cut(row(each, Detail.FULL), longest), most=most, remedy=remedy, room=_ROOM
    )
    rest = {key: value["not_shown"] for key, value in (("network_logs", more_logs), ("console", more_lines)) if value}
    content = {"network_logs": logs, "console": lines, **({"not_shown": rest} if rest else {})}
    requests = counted(len(network), "requests")
    if len(network) < len(found.network):
        requests += f" of {len(found.network)}"
    return Shown(content=noticed(content), text=f"{requests} and {counted(len(found.console), 'lines')}{where}.")


def _recording(reply: Reply, detail: Detail) -> Shown:
    """The events of one recording, with the log that came with a crash or a hang."""
    where = f" in {reply.where}" if reply.where else ""
    found = reply.page.rows[0]
    about = _about(found, detail)
    replay = about.get(UNTRUSTED, {}).pop("replay_data", None)
    about = cut(about, LONGEST_LOG)
    if replay is not None and size(replay) <= ROWS_BYTES * 3 // 4:
        # Only who asked for it gets it, and cut it would be of no use.
        about.setdefault(UNTRUSTED, {})["replay_data"] = replay
    elif replay is not None:
        about["left_out"] = {"replay_data": "too large for one answer"}
    room = max(ROWS_BYTES - size(about), ROWS_BYTES // 4)
    events = show_events(found.events, detail, "they are the first of the recording" + or_more(detail), room=room)
    return Shown(content=noticed({**events, "recording": about}), text=f"One recording{where}.")


def _about(recording: SessionData, detail: Detail) -> dict[str, Any]:
    """The recording as a whole; in a summary without the device, which its session tells."""
    if detail is Detail.FULL:
        return present(recording, [name for name in shown_fields(SessionData, Visibility.FULL) if name != "events"])
    names = shown_fields(SessionData, Visibility.SUMMARY)
    return cut(present(recording, [name for name in names if name not in ON_DEVICE]), LONGEST_LOG)


recording = View(
    _recording, Holds(visibility=Visibility.ROW, beside=("recording",), inside={SessionData: RecordedEvent})
)
developer_info = View(
    _developer_info, Holds(visibility=Visibility.ROW, beside=("console",), inside={DeveloperInfo: NetworkCall})
)
