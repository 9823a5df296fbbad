"""One call for each operation on sessions, whoever the provider is. Rule: an export needs one page."""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any

from crashgate_sandbox.browserstack.drawn import AWKWARD_IDS
from crashgate_sandbox.bugspulse.sessions import session_id
from crashgate_sandbox.devrev.apps import APPS, Platform
from crashgate_sandbox.devrev.sessions import Session
from crashgate_sandbox.devrev.store import Store
from crashgate_sandbox.world.world import DEFAULT_SEED
from tests.system.sample import Arguments, Here, Sample

CHAT = AWKWARD_IDS[0]
"""A session at BrowserStack, in production, whose id has slashes."""


_APPS: Mapping[str, tuple[Platform, str]] = {
    "mobile": (Platform.IOS, "com.acme.checkout"),
    "web": (Platform.WEB, "acme-web"),
}


@cache
def run_of(kind: str) -> tuple[Mapping[str, Any], Session]:
    """Where DevRev's newest session of that kind is, and the session; ids are the same on every day."""
    platform, key = _APPS[kind]
    app = next(each for each in APPS if each.version_key == key)
    session = Store(seed=DEFAULT_SEED, sessions=1, now=datetime.now(UTC)).of(app, platform)[0]
    return {"connection": "devrev", "app_id": key, "platform": platform.value}, session


def _at(connection: str, **more: object) -> Arguments:
    return lambda _: {"connection": connection, **more}


def _app(**more: object) -> Arguments:
    return lambda _: {**run_of("mobile")[0], **more}


def _run(kind: str, part: str | None = None) -> Arguments:
    """The newest session, and a part of it under a parameter's name."""

    def arguments(_: Here) -> dict[str, Any]:
        where, session = run_of(kind)
        return {**where, "session_id": session.id, **({part: session.parts[0]} if part else {})}

    return arguments


def _export(connection: str, subject: str, path: str, *, method: str = "GET", **more: object) -> Sample:
    """An export that needs one page."""
    only = subject in {"crashes", "session_events", "network_logs"}
    arguments = _app(is_crash=True) if connection == "devrev" else _at(connection, **more)
    return Sample(
        tool=f"export_{subject}",
        arguments=(lambda _: more) if only else arguments,
        method=method,
        path=path,
        holds="export",
    )


SESSIONS: Mapping[str, Sample] = {
    "bugspulse.sessions.list": Sample(
        tool="list_sessions", arguments=_at("bugspulse"), path="/bugspulse/export/sessions", holds="sessions"
    ),
    "bugspulse.sessions.export": _export("bugspulse", "sessions", "/bugspulse/export/sessions"),
    "bugspulse.crashes.list": Sample(
        tool="list_crashes", arguments=lambda _: {}, path="/bugspulse/export/crashes", holds="crashes"
    ),
    "bugspulse.crashes.export": _export("bugspulse", "crashes", "/bugspulse/export/crashes"),
    "bugspulse.session_events.list": Sample(
        tool="list_session_events",
        arguments=_at("bugspulse", session_id=session_id(0)),
        path="/bugspulse/export/events",
        holds="events",
    ),
    "bugspulse.session_events.export": _export(
        "bugspulse", "session_events", "/bugspulse/export/events", session_id=session_id(0)
    ),
    "bugspulse.network_logs.list": Sample(
        tool="list_network_logs",
        arguments=_at("bugspulse"),
        path="/bugspulse/export/network",
        holds="network_logs",
    ),
    "bugspulse.network_logs.export": _export("bugspulse", "network_logs", "/bugspulse/export/network"),
    "browserstack.sessions.list": Sample(
        tool="list_sessions",
        arguments=_at("browserstack", environment=["production", "staging"]),
        path="/browserstack/api/public/sessions",
        holds="sessions",
    ),
    "browserstack.sessions.get": Sample(
        tool="get_session",
        arguments=_at("browserstack", session_id=CHAT),
        path="/browserstack/api/public/sessions/{session}",
        holds="session",
    ),
    "browserstack.sessions.create": Sample(
        tool="create_session",
        arguments=lambda _: {"session_id": CHAT, "name": "turn", "environment": "production", "input": {"q": "?"}},
        method="POST",
        path="/browserstack/api/public/ingestion",
        holds="session",
    ),
    "browserstack.sessions.export": _export(
        "browserstack", "sessions", "/browserstack/api/public/sessions", environment=["staging"]
    ),
    "devrev.sessions.list": Sample(
        tool="list_sessions",
        arguments=_app(since="2026-11-19", app_version=["5.12.1"], rage_tap=False),
        method="POST",
        path="/devrev/observability.sessions.list",
        holds="sessions",
    ),
    "devrev.sessions.get": Sample(
        tool="get_session",
        arguments=_run("mobile"),
        path="/devrev/observability.sessions.get",
        holds="session",
    ),
    "devrev.sessions.export": _export("devrev", "sessions", "/devrev/observability.sessions.list", method="POST"),
    "devrev.session_data.get": Sample(
        tool="list_session_events",
        arguments=_run("mobile", "recording_id"),
        method="POST",
        path="/devrev/observability.sessions.data.get",
        holds="events",
    ),
    "devrev.developer_info.get": Sample(
        tool="list_network_logs",
        arguments=_run("web", "tab_id"),
        method="POST",
        path="/devrev/observability.sessions.developer-info.get",
        holds="network_logs",
    ),
    "bugsnag-sessions.sessions.report": Sample(
        tool="report_sessions",
        arguments=lambda _: {
            "app": {"version": "4.18.0", "releaseStage": "production"},
            "session_counts": [{"startedAt": "2026-11-20T15:18Z", "sessionsStarted": 12}],
        },
        method="POST",
        path="/bugsnag-sessions/",
        holds="report",
    ),
}
