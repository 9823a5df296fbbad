"""Requests of an app, as an agent sees them. Rule: addresses and errors are the app's own text."""

from crashgate.model.field_table import Visibility
from crashgate.model.tool import Detail, Holds, Reply, Shown, View
from crashgate.providers.devrev.developer_info import DeveloperInfo, NetworkCall
from crashgate.views.fields import LONGEST, cut, show_fields
from crashgate.views.present import ROWS_BYTES, bounded
from crashgate.views.rows import counted, noticed

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
    logs, more_logs = bounded(
        found.network, lambda each: cut(row(each, Detail.FULL), longest), most=most, remedy=remedy, room=_ROOM
    )
    lines, more_lines = bounded(
        found.console, lambda each: cut(row(each, Detail.FULL), longest), most=most, remedy=remedy, room=_ROOM
    )
    rest = {key: value["not_shown"] for key, value in (("network_logs", more_logs), ("console", more_lines)) if value}
    content = {"network_logs": logs, "console": lines, **({"not_shown": rest} if rest else {})}
    requests = counted(len(found.network), "requests")
    return Shown(content=noticed(content), text=f"{requests} and {counted(len(found.console), 'lines')}{where}.")


developer_info = View(
    _developer_info, Holds(visibility=Visibility.ROW, beside=("console",), inside={DeveloperInfo: NetworkCall})
)
