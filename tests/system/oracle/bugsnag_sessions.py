"""BugSnag's session counts in the oracle. Source: https://docs.bugsnag.com/api/sessions/."""

from random import Random
from typing import Any

from crashgate import __version__
from crashgate.audit.record import DecisionRecord
from tests.system.oracle.request import Arrived, Request, Table
from tests.system.oracle.session_agent import Vendor, chance_levels
from tests.system.served import Site

_REPORT = "bugsnag-sessions.sessions.report"
_APP = {"version": "4.18.0", "releaseStage": "production"}
_BODY = {
    "notifier": {"name": "crashgate", "version": __version__, "url": "https://github.com/crashgate/crashgate"},
    "app": _APP,
    "device": {},
    "sessionCounts": [{"startedAt": "2026-11-20T15:18:00Z", "sessionsStarted": 12}],
}
"""What every report says that is right; the log shows nothing of it but the time of sending."""


def _told(record: DecisionRecord) -> Request:
    assert record.operation == _REPORT
    sent_at = {"bugsnag-sent-at": str(record.arguments["sent_at"])}
    return Request(line="POST /bugsnag-sessions/", body=_BODY, headers=sent_at)


def _heard(arrived: Arrived) -> Request:
    sent_at = {"bugsnag-sent-at": arrived.headers[b"bugsnag-sent-at"].decode()}
    return Request(line=arrived.line, query=tuple(arrived.pairs), body=arrived.json, headers=sent_at)


def _page(_: Arrived) -> str:
    return ""


def _grants(draw: Random) -> str:
    return f'[[grant]]\nconnection = "bugsnag-sessions"\n{chance_levels(draw, ["session"])}'


def _arguments(_: Site, draw: Random, tool: str) -> dict[str, Any]:
    if tool != "report_sessions":
        return {}
    right: dict[str, Any] = {"startedAt": "2026-11-20T15:18Z", "sessionsStarted": 12}
    wrong: list[dict[str, Any]] = [{"sessionsStarted": 0}, {"startedAt": "soon"}, {"startedAt": None}, {"more": 1}]
    return {"app": _APP, "session_counts": [right if draw.random() < 0.7 else {**right, **draw.choice(wrong)}]}


TABLE = Table(operations=frozenset({_REPORT}), told=_told, heard=_heard, page=_page)
VENDOR = Vendor(
    provider="bugsnag-sessions",
    tools=("report_sessions", "report_sessions", "report_sessions", "list_sessions"),
    grants=_grants,
    arguments=_arguments,
    busiest="/bugsnag-sessions/",
    writes="/bugsnag-sessions/",
    composites=frozenset({"report_sessions"}),
)
