"""BrowserStack in the oracle. Source: https://evals.browserstack.com/docs_v2/docs/api, and Langfuse's reference."""

import json
from collections.abc import Mapping
from random import Random
from typing import Any
from urllib.parse import quote, unquote
from uuid import UUID

from crashgate.audit.record import DecisionRecord
from crashgate_sandbox.browserstack.drawn import AWKWARD_IDS, EMPTY_ID, ENVIRONMENTS, DrawnSessions
from tests.house import NOW
from tests.system.oracle.request import NOT_SHOWN, Arrived, Request, Table, numbered, shown, told_pairs
from tests.system.oracle.session_agent import LONG, Vendor, format_of, period
from tests.system.served import Site

_ONE = "GET /browserstack/api/public/sessions/"
_LIST = ("GET /browserstack/api/public/sessions", {
    "fromTimestamp": "since", "toTimestamp": "until", "environment": "environment", "limit": "per_page",
})  # fmt: skip
_LISTS: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "browserstack.sessions.list": _LIST,
    "browserstack.sessions.export": _LIST,
}
_GET, _CREATE = "browserstack.sessions.get", "browserstack.sessions.create"
_TRACE = {"name": "turn", "input": {"q": "?"}}
"""What every trace that is sent here says; the log shows no such text."""


def _told(record: DecisionRecord) -> Request:
    named = str(record.arguments.get("session_id", NOT_SHOWN))
    if record.operation == _GET:
        return Request(line=f"{_ONE}{quote(named, safe='')}")
    if record.operation == _CREATE:
        # What the record was decided for is what was written to.
        assert record.environment == record.arguments["environment"]
        trace = {"sessionId": named, "environment": record.arguments["environment"], **_TRACE}
        event = {"type": "trace-create", "body": trace}
        return Request(line="POST /browserstack/api/public/ingestion", body={"batch": [event]})
    line, names = _LISTS[record.operation or ""]
    return Request(line=line, query=tuple(sorted(told_pairs(record.arguments, names))))


def _heard(arrived: Arrived) -> Request:
    line = arrived.line
    if line.startswith(_ONE):
        segment = line.removeprefix(_ONE)
        assert "/" not in segment
        line = f"{_ONE}{quote(shown(unquote(segment)), safe='')}"
    pairs = [(name, value) for name, value in arrived.pairs if name != "page"]
    body = {"batch": [_event(each) for each in arrived.json["batch"]]} if arrived.body else None
    return Request(line=line, query=tuple(sorted(pairs)), body=body)


def _event(event: dict[str, Any]) -> dict[str, Any]:
    """The event without what is made anew for each: its time, and the id that its trace has too."""
    trace = dict(event["body"])
    made = trace.pop("id")
    assert (str(UUID(made)), event["id"], sorted(event)) == (made, made, ["body", "id", "timestamp", "type"])
    return {"type": event["type"], "body": {**trace, "sessionId": shown(trace.get("sessionId"))}}


def _grants(draw: Random) -> str:
    """A policy that chance wrote: some environments, one of them perhaps off."""
    names = draw.sample(["production", "staging", "default", "qa-*", "canary_2", "*"], draw.randint(1, 3))
    level = draw.choice(["off", "read", "write", "write", "full"])
    grants = [f'environments = {json.dumps(names)}\naccess.session = "{level}"\n']
    if draw.random() < 0.5:
        grants.append(f'environments = ["{draw.choice(ENVIRONMENTS)}"]\naccess.session = "off"\n')
    return "".join(f'[[grant]]\nconnection = "browserstack"\n{each}' for each in grants)


def _arguments(_: Site, draw: Random, tool: str) -> dict[str, Any]:
    given: dict[str, Any] = {}
    if tool in {"list_sessions", "export_sessions"}:
        given |= period(draw)
        names = draw.sample([*ENVIRONMENTS, "no-such", "production"], draw.randint(1, 3))
        given["environment"] = draw.choice([names, names, names[0], [], ["Not a name"]])
        if draw.random() < 0.4:
            del given["environment"]
        if tool == "list_sessions" and draw.random() < 0.5:
            given["per_page"] = draw.choice([2, 5, 100, 101])
    elif tool not in {"list_crashes", "export_crashes"}:
        drawn = DrawnSessions(LONG, NOW)
        there = [drawn.session(draw.randrange(13, LONG)).id for _ in range(4)]
        given["session_id"] = draw.choice([*there, EMPTY_ID, "new-1", "new-2", "chat-ffffffff", "..", *AWKWARD_IDS[:3]])
    if tool == "create_session":
        given |= {**_TRACE, "environment": draw.choice([*ENVIRONMENTS, "langfuse-own", "Not a name"])}
    return given | format_of(draw, tool)


TABLE = Table(operations=frozenset({*_LISTS, _GET, _CREATE}), told=_told, heard=_heard, page=numbered)
VENDOR = Vendor(
    provider="browserstack",
    tools=(
        "list_sessions", "list_sessions", "get_session", "get_session", "create_session", "create_session",
        "export_sessions", "list_session_events", "list_crashes",
    ),
    grants=_grants,
    arguments=_arguments,
    busiest="/browserstack/api/public/sessions",
    writes="/browserstack/api/public/ingestion",
    export={"connection": "browserstack", "until": "2026-11-20"},
)  # fmt: skip
