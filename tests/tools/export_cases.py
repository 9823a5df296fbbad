"""Each export, and the rows that its file must hold. Rule: they are asked of the sandbox, past crashgate."""

import json
from collections.abc import Callable, Mapping
from typing import Any, cast

from starlette.requests import Request

from crashgate.providers.browserstack.keys import authorization
from crashgate_sandbox.browserstack.auth import PUBLIC_KEY, SECRET_KEY
from crashgate_sandbox.bugspulse.key import BUGSPULSE_KEY
from crashgate_sandbox.bugspulse.sessions import session_id
from crashgate_sandbox.devrev.auth import DEVREV_TOKEN
from tests.house import House
from tests.tools.read_back import Rows, value_of

_DEVICE = {
    "app_version": "app_version", "os_version": "os_version", "sdk_version": "sdk_version",
    "plug_sdk_version": "plug_sdk_version", "network_type": "network_type", "manufacturer": "manufacturer",
    "device_model": "model", "screen_width": "screen_width", "screen_height": "screen_height",
}  # fmt: skip
COLUMNS: Mapping[str, Mapping[str, str]] = {
    "bugspulse sessions": {
        "id": "id", "status": "status", "platform": "platform", "app_version": "appVersion",
        "os_version": "osVersion", "network_type": "networkType", "user_id": "userId", "started_at": "startedAt",
        "ended_at": "endedAt", "duration_ms": "duration", "event_count": "eventCount", "has_crash": "hasCrash",
        "has_network_errors": "hasNetworkErrors",
    },
    "bugspulse crashes": {
        "id": "id", "status": "status", "platform": "platform", "app_version": "appVersion",
        "os_version": "osVersion", "message": "message", "is_fatal": "isFatal", "handled": "handled",
        "occurrence_count": "occurrenceCount", "affected_devices": "affectedDevices",
        "first_seen_at": "firstSeenAt", "last_seen_at": "lastSeenAt",
    },
    "bugspulse events": {
        "id": "id", "type": "type", "name": "data.name", "at": "timestamp", "sequence_number": "sequenceNumber",
        "data": "data",
    },
    "bugspulse network": {
        "id": "id", "session_id": "sessionId", "method": "method", "url": "url", "status_code": "statusCode",
        "duration_ms": "duration", "error": "error", "at": "timestamp",
    },
    "browserstack sessions": {
        "id": "id", "environment": "environment", "project_id": "projectId", "started_at": "createdAt",
    },
    "devrev sessions": {
        "id": "session_id", "type": "type", "platform": "platform", "user_id": "rev_user_id",
        "rev_org_id": "rev_org_id", "started_at": "created_at", "duration_ms": "session_duration_ms",
        "has_crash": "is_crash", "has_anr": "is_anr", "has_exception": "has_exception_occurred",
        "has_rage_tap": "rage_tap", "recording_ids": "recording_ids", "tab_ids": "tab_ids",
        **{name: f"device_metadata.{theirs}" for name, theirs in _DEVICE.items()},
    },
}  # fmt: skip
"""Each column and what it is upstream, written from the vendors' documents and not from the catalogue."""


def _asked(
    house: House, provider: str, path: str, query: str = "", body: Mapping[str, Any] | None = None
) -> Mapping[str, Any]:
    """What the sandbox answers, without crashgate in between."""
    keys = {
        "bugspulse": f"Bearer {BUGSPULSE_KEY}",
        "browserstack": authorization(f"{PUBLIC_KEY}:{SECRET_KEY}"),
        "devrev": f"Bearer {DEVREV_TOKEN}",
    }
    headers = [(b"authorization", keys[provider].encode()), (b"content-type", b"application/json")]
    scope = {
        "type": "http",
        "method": "GET" if body is None else "POST",
        "path": f"/{provider}{path}",
        "query_string": query.encode(),
        "headers": headers,
    }
    upstream = getattr(house.session_providers, provider)
    answer = upstream.answer(Request(scope), json.dumps(body).encode() if body is not None else b"")
    assert answer.status_code == 200, answer.body
    found: Mapping[str, Any] = json.loads(answer.body)
    return found


def _runs(house: House) -> Rows:
    """Every page of DevRev's list."""
    rows: Rows = []
    more: dict[str, str] = {}
    while more or not rows:
        body = {"version_key": "com.acme.checkout", "platform": "ios", "type": "mobile", "limit": 100, **more}
        page = _asked(house, "devrev", "/observability.sessions.list", body=body)
        rows += page["sessions"]
        more = {"cursor": page["next_cursor"], "mode": "after"} if page.get("next_cursor") else {}
    return rows


CASES: Mapping[str, tuple[str, Mapping[str, Any], Callable[[House], Rows]]] = {
    "bugspulse sessions": (
        "export_sessions",
        {"connection": "bugspulse"},
        lambda house: _asked(house, "bugspulse", "/export/sessions", "limit=1000")["data"],
    ),
    "bugspulse crashes": (
        "export_crashes",
        {},
        lambda house: _asked(house, "bugspulse", "/export/crashes", "limit=1000")["data"],
    ),
    "bugspulse events": (
        "export_session_events",
        {"session_id": session_id(0)},
        lambda house: _asked(house, "bugspulse", "/export/events", f"sessionId={session_id(0)}")["data"],
    ),
    "bugspulse network": (
        "export_network_logs",
        {},
        lambda house: _asked(house, "bugspulse", "/export/network", "limit=1000")["data"],
    ),
    "browserstack sessions": (
        "export_sessions",
        {"connection": "browserstack"},
        lambda house: _asked(house, "browserstack", "/api/public/sessions", "limit=100")["data"],
    ),
    "devrev sessions": (
        "export_sessions",
        {"connection": "devrev", "app_id": "com.acme.checkout", "platform": "ios"},
        _runs,
    ),
}


def wanted_row(case: str, row: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, path in COLUMNS[case].items():
        value: Any = row
        for part in path.split("."):
            value = cast("Mapping[str, Any]", value).get(part) if isinstance(value, dict) else None
        found[name] = value_of(name, value)
    return found
