"""Requests as rows, with those picked that the caller wants: those that failed, or those of one session.

Upstream filters by neither, so they are picked from the rows that the policy left.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

from crashgate.model.field_table import Visibility
from crashgate.model.params import Params
from crashgate.model.result import Result
from crashgate.model.tool import Detail, Reply, Shown, View
from crashgate.sanitise import clean
from crashgate.views.present import LONGEST, show_fields
from crashgate.views.rows import rows

_FAILED = 400
"""The first status of an answer that is a failure."""

_Row = TypeVar("_Row", bound=Result)


def picked(requests: Sequence[_Row], params: Params) -> tuple[_Row, ...]:
    """The requests that the parameters pick; without ``status_code`` there was no answer."""
    failed_only, session = getattr(params, "failed_only", None), getattr(params, "session_id", None)
    # As texts of answers are read.
    wanted = None if session is None else clean(session, limit=LONGEST)
    return tuple(
        each
        for each in requests
        if not failed_only or (status := getattr(each, "status_code", None)) is None or status >= _FAILED
        if wanted is None or getattr(each, "session_id", wanted) == wanted
    )


_view = rows("network_logs", show_fields(Visibility.ROW, longest=LONGEST))


def _list(reply: Reply, detail: Detail) -> Shown:
    every = reply.page.rows
    wanted = picked(every, reply.params)
    if len(wanted) == len(every):
        return _view(reply, detail)
    # The total is that of all requests.
    shown = _view(replace(reply, page=replace(reply.page, rows=wanted, total=None)), detail)
    text = f"{shown.text} Picked from {len(every)} requests."
    # Whoever goes on begins after the last one that is shown, so what is told is its place among all.
    place = (
        None
        if shown.rows is None
        else 1 + next(place for place, each in enumerate(every) if each is wanted[shown.rows - 1])
    )
    return replace(shown, text=text, rows=place)


network_logs = View(_list, _view.holds)
