"""BugsPulse in the oracle. Source: https://www.bugspulse.com/docs/api/export."""

from collections.abc import Mapping
from random import Random
from typing import Any

from crashgate.audit.record import DecisionRecord
from crashgate_sandbox.bugspulse.sessions import session_id
from tests.system.oracle.request import NOT_SHOWN, Arrived, Request, Table, numbered, shown, told_pairs
from tests.system.oracle.session_agent import Vendor, chance_levels, format_of, period
from tests.system.served import Site

_PERIOD = {"from": "since", "to": "until", "limit": "per_page"}
_LISTS: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "sessions": ("GET /bugspulse/export/sessions", _PERIOD),
    "crashes": ("GET /bugspulse/export/crashes", {"limit": "per_page"}),
    "session_events": ("GET /bugspulse/export/events", {"sessionId": "session_id", "limit": "per_page"}),
    "network_logs": ("GET /bugspulse/export/network", _PERIOD),
}
REQUESTS = {f"bugspulse.{what}.{how}": each for what, each in _LISTS.items() for how in ("list", "export")}
_RESOURCES = ("session", "crash", "session_event", "network_log")
_PAGED = {"list_sessions", "list_network_logs", "list_crashes", "list_session_events"}


def _told(record: DecisionRecord) -> Request:
    line, names = REQUESTS[record.operation or ""]
    arguments = dict(record.arguments)
    if "sessionId" in names:
        arguments.setdefault("session_id", NOT_SHOWN)
    return Request(line=line, query=tuple(sorted(told_pairs(arguments, names))))


def _heard(arrived: Arrived) -> Request:
    pairs = [(name, shown(value) if name == "sessionId" else value) for name, value in arrived.pairs if name != "page"]
    return Request(line=arrived.line, query=tuple(sorted(pairs)), body=arrived.body or None)


def _grants(draw: Random) -> str:
    """A policy that chance wrote; nothing at BugsPulse has a place."""
    return f'[[grant]]\nconnection = "bugspulse"\n{chance_levels(draw, _RESOURCES)}'


def _arguments(_: Site, draw: Random, tool: str) -> dict[str, Any]:
    given: dict[str, Any] = {}
    if tool in {"list_session_events", "export_session_events", "get_session"}:
        right = [session_id(draw.randrange(40)) for _ in range(4)]
        given["session_id"] = draw.choice([*right, "sess_1780000000_ffffff", "an odd one/../x", "..", "", 7])
    elif tool not in {"list_crashes", "export_crashes"}:
        given |= period(draw)
    if tool == "list_network_logs" and draw.random() < 0.3:
        given |= {"failed_only": draw.choice([True, False, "yes please"])}
        given |= draw.choice([{}, {"session_id": session_id(3)}, {"around": "2026-11-20T09:30:00Z", "minutes": 90}])
    if tool in _PAGED and draw.random() < 0.5:
        given["per_page"] = draw.choice([3, 50, 1000, 1000, 1001, "many"])
    return given | format_of(draw, tool)


TABLE = Table(operations=frozenset(REQUESTS), told=_told, heard=_heard, page=numbered)
VENDOR = Vendor(
    provider="bugspulse",
    tools=(
        "list_sessions", "list_session_events", "list_network_logs", "list_crashes", "export_sessions",
        "export_crashes", "export_session_events", "export_network_logs", "get_session",
    ),
    grants=_grants,
    arguments=_arguments,
    busiest="/bugspulse/export/sessions",
    export={"connection": "bugspulse", "until": "2026-11-20T12:00:00Z", "format": "csv"},
)  # fmt: skip
