"""``observability.sessions.list``. Rule: GET pages and sorts, only POST narrows; GET with a filter is refused (G).

The order is by ``created_at``, newest first, unless ``sort_by`` says otherwise (G); its form is ``field:asc`` or
``field:desc`` (V), and the fields that can be sorted by are a guess (G). A ``type`` that does not go with the platform
holds no session (G).
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from crashgate_sandbox.devrev.answers import JsonObject
from crashgate_sandbox.devrev.apps import PLATFORMS, Platform, app_of
from crashgate_sandbox.devrev.call import Call, Route
from crashgate_sandbox.devrev.errors import bad_request
from crashgate_sandbox.devrev.fields import Fields
from crashgate_sandbox.devrev.filters import FILTERS, tests_of
from crashgate_sandbox.devrev.paging import page
from crashgate_sandbox.devrev.sessions import Session, session_json

_PATH = "/observability.sessions.list"
_FIELDS = ("platform", "version_key", "cursor", "limit", "mode", "sort_by")
_TYPES = ("mobile", "web")
_SORTS: Mapping[str, Callable[[Session], datetime | int]] = {
    "created_at": lambda session: session.created_at,
    "session_duration_ms": lambda session: session.duration_ms,
}
_DIRECTIONS = {"": False, "asc": False, "desc": True}


def list_sessions(call: Call) -> JsonObject:
    """``{"sessions": […], "next_cursor": …, "prev_cursor": …}``, the cursors only where there is more."""
    narrows = call.method == "POST"
    call.fields.allow((*_FIELDS, "type", *FILTERS) if narrows else _FIELDS)
    kind = call.fields.word("type", _TYPES) if narrows else None
    platform = Platform(call.fields.word("platform", PLATFORMS))
    app = app_of(call.fields.text("version_key"))
    tests = tests_of(call.fields) if narrows else []
    rows = [
        session
        for session in call.store.of(app, platform)
        if kind in {None, session.kind} and all(test(session) for test in tests)
    ]
    shown = page(call.fields, _sorted(rows, call.fields))
    answer: JsonObject = {"sessions": [session_json(session) for session in shown.rows]}
    if shown.next_cursor is not None:
        answer["next_cursor"] = shown.next_cursor
    if shown.prev_cursor is not None:
        answer["prev_cursor"] = shown.prev_cursor
    return answer


def _sorted(rows: Sequence[Session], fields: Fields) -> Sequence[Session]:
    """By the first field, then by the next; rows that are equal stay newest first."""
    for wanted in reversed(fields.texts("sort_by") or ()):
        name, _, direction = wanted.partition(":")
        if name not in _SORTS or direction not in _DIRECTIONS:
            raise bad_request("value_not_permitted", "Sessions cannot be sorted by that", field="sort_by")
        rows = sorted(rows, key=_SORTS[name], reverse=_DIRECTIONS[direction])
    return rows


ROUTES = (
    Route(method="GET", path=_PATH, handler=list_sessions),
    Route(method="POST", path=_PATH, handler=list_sessions),
)
