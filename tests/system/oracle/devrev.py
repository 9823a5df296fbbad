"""DevRev in the oracle. Source: https://developer.devrev.ai/api-reference/observability."""

import json
from collections.abc import Mapping
from random import Random
from typing import Any

from crashgate.audit.record import DecisionRecord
from crashgate_sandbox.devrev.apps import APPS
from crashgate_sandbox.devrev.sessions import Session
from tests.system.oracle.request import NOT_SHOWN, Arrived, Request, Table, shown, told_pairs
from tests.system.oracle.session_agent import Vendor, chance_levels, format_of, period
from tests.system.served import Site

_LIST = "POST /devrev/observability.sessions.list"
REQUESTS: Mapping[str, str] = {
    "devrev.sessions.list": _LIST,
    "devrev.sessions.export": _LIST,
    "devrev.sessions.get": "GET /devrev/observability.sessions.get",
    "devrev.session_data.get": "POST /devrev/observability.sessions.data.get",
    "devrev.developer_info.get": "POST /devrev/observability.sessions.developer-info.get",
}
_KIND = {"android": "mobile", "ios": "mobile", "web": "web"}
_FLAGS = ("is_crash", "is_anr", "has_exception_occurred", "rage_tap", "is_anonymous")
_UNTOLD = frozenset(
    {
        *("cursor", "mode"),
        *("app_version", "os_version", "manufacturer", "device_model", "network_type", "rev_user", "rev_org"),
    }
)
"""Of the body of a list: the page, and texts that the log does not show."""

_PARTS = ("recording_id", "tab_id")
"""Of a recording, and only one of them: which part of the session was read. The log tells plain ids only."""


def _told(record: DecisionRecord) -> Request:
    given, line = record.arguments, REQUESTS[record.operation or ""]
    # What was decided on is what was sent.
    assert (record.app, record.platform) == (given["app_id"], given["platform"])
    session = {"session_id": given.get("session_id", NOT_SHOWN)}
    match record.operation:
        case "devrev.sessions.get":
            names = {"version_key": "app_id", "platform": "platform", "session_id": "session_id"}
            return Request(line=line, query=tuple(sorted(told_pairs({**given, **session}, names))))
        case "devrev.developer_info.get":
            body = {"version_key": given["app_id"], **session, "tab_id": given.get("tab_id", NOT_SHOWN)}
        case "devrev.session_data.get":
            replay = {"include_replay_data": given["include_replay_data"]}
            parts = {name: given[name] for name in _PARTS if name in given}
            body = {"version_key": given["app_id"], **session, **parts, **replay}
        case _:
            body = _list(given)
    return Request(line=line, body=body)


def _list(given: Mapping[str, Any]) -> dict[str, Any]:
    named = {"version_key": given["app_id"], "platform": given["platform"], "type": _KIND[given["platform"]]}
    ends = {wire: given[name] for wire, name in (("after", "since"), ("before", "until")) if name in given}
    period_of = {"created_at": {"type": "range", **ends}} if ends else {}
    others = {name: given[name] for name in _FLAGS if name in given}
    sort = {"sort_by": list(given["sort_by"])} if "sort_by" in given else {}
    limit = {"limit": given["per_page"]} if "per_page" in given else {}
    return {**named, **period_of, **others, **sort, **limit}


def _heard(arrived: Arrived) -> Request:
    untold = set(_UNTOLD) if arrived.line == _LIST else set[str]()
    if arrived.line == REQUESTS["devrev.session_data.get"]:
        untold |= {name for name in _PARTS if shown(arrived.json.get(name)) == NOT_SHOWN}
    pairs = tuple(sorted((name, _seen(name, value)) for name, value in arrived.pairs))
    body = {name: _seen(name, value) for name, value in arrived.json.items() if name not in untold}
    return Request(line=arrived.line, query=pairs, body=body if arrived.body else None)


def _seen(name: str, value: Any) -> Any:  # noqa: ANN401 - any JSON
    return shown(value) if name in {"session_id", "tab_id"} else value


def _page(arrived: Arrived) -> str:
    """The place in the list, as the vendor's own words for it."""
    return json.dumps({name: arrived.json.get(name) for name in ("cursor", "mode")})


def _grants(draw: Random) -> str:
    """A policy that chance wrote: some apps, on some platforms or on any."""
    grants: list[str] = []
    for _ in range(draw.randint(1, 2)):
        apps = draw.sample(["com.acme.checkout", "com.acme.*", "acme-web", "*"], draw.randint(1, 2))
        lines = ["[[grant]]", 'connection = "devrev"', f"apps = {json.dumps(apps)}"]
        if draw.random() < 0.6:
            platforms = draw.sample(["ios", "android", "web", "*"], draw.randint(1, 2))
            lines.append(f"platforms = {json.dumps(platforms)}")
        grants.append("\n".join(lines) + "\n" + chance_levels(draw, ["session", "session_event", "network_log"]))
    return "".join(grants)


def _session(site: Site, draw: Random, tool: str) -> Session:
    """A session of a tool's usual kind, now and then of another: only the web has requests to list."""
    app = draw.choice([APPS[2], APPS[2], *APPS] if tool == "list_network_logs" else [APPS[0], APPS[0], *APPS])
    return draw.choice(site.session_providers.devrev.store.of(app, draw.choice(app.platforms))[:20])


def _arguments(site: Site, draw: Random, tool: str) -> dict[str, Any]:
    session, other = _session(site, draw, tool), _session(site, draw, tool)
    # One in five is of another app, on another platform, or is not there at all.
    elsewhere = draw.choice([other, other, None]) if draw.random() < 0.2 else session
    odd = draw.choice([f"{session.id} ", "a/b", "", 3, "nobody"])
    given: dict[str, Any] = {"app_id": session.app.version_key, "platform": session.platform.value}
    if draw.random() < 0.1:
        given |= draw.choice([{"platform": "symbian"}, {"app_id": "com.other.app"}, {"app_id": "no app"}])
    if tool in {"get_session", "list_session_events", "list_network_logs"}:
        given["session_id"] = odd if elsewhere is None else elsewhere.id
    if tool == "list_network_logs" or (tool == "list_session_events" and session.is_web):
        given["tab_id"] = draw.choice([*session.parts * 4, *other.parts, odd])
    elif tool == "list_session_events":
        given["recording_id"] = draw.choice([*session.parts * 4, *other.parts, odd])
    if tool == "list_session_events" and draw.random() < 0.3:
        given["include_replay_data"] = draw.choice([True, False, "yes please"])
    if tool in {"list_sessions", "export_sessions"}:
        given |= period(draw)
        narrowed: list[dict[str, Any]] = [{}, {"is_crash": True}, {"rage_tap": False}, {"app_version": ["5.12.1"]}]
        given |= draw.choice(narrowed)
        if draw.random() < 0.25:
            given["sort_by"] = draw.choice([["created_at:desc"], ["; drop"]])
    if tool == "list_sessions" and draw.random() < 0.5:
        given["per_page"] = draw.choice([2, 10, 100, 101])
    return given | format_of(draw, tool)


TABLE = Table(operations=frozenset(REQUESTS), told=_told, heard=_heard, page=_page)
VENDOR = Vendor(
    provider="devrev",
    tools=(
        "list_sessions", "list_sessions", "get_session", "list_session_events", "list_network_logs",
        "export_sessions", "create_session", "list_crashes",
    ),
    grants=_grants,
    arguments=_arguments,
    busiest="/devrev/observability.sessions.list",
    export={"connection": "devrev", "app_id": "com.acme.checkout", "platform": "ios", "until": "2026-11-20"},
)  # fmt: skip
