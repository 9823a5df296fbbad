"""The upstreams of sessions, played: one of each thing in each place. Rule: as little as each document asks.

A place is an environment at BrowserStack, and an app on a platform at DevRev; BugsPulse has none.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote

import anyio

from crashgate.exports.catalogue import ExportCatalogue
from crashgate.exports.exporter import Encoders, Exporter
from crashgate.exports.plan import Format
from crashgate.exports.text_formats import CsvLines, JsonLines
from crashgate.model.message import Request, Response
from crashgate.policy.policy import Policy
from crashgate.storage.export_storage import Directory, ExportStorage
from crashgate.storage.parquet import Parquet
from crashgate.tools.exports import Exports
from crashgate.tools.files import Files
from crashgate.tools.toolbox import Toolbox
from tests.catalogue import BY_ID
from tests.gate.gate import ACME, ANDROID, IOS, PAYMENTS, Gate, PlayedUpstream, ok, open_gate, policy
from tests.house import everything

AT = "2026-11-20T10:00:00.000Z"


@dataclass(frozen=True, kw_only=True)
class Spot:
    """A place at each provider of sessions."""

    environment: str = "production"
    app: str = "com.acme.checkout"
    platform: str = "ios"

    @property
    def run(self) -> str:
        """The id of DevRev's session there."""
        return f"run-{self.app}-{self.platform}"

    @property
    def chat(self) -> str:
        """The id of BrowserStack's session there."""
        return f"chat-{self.environment}"


HERE = Spot()
WEB = Spot(environment="staging", app="acme-web", platform="web")
ELSEWHERE = Spot(environment="development", app="com.acme.courier", platform="android")
SPOTS = (HERE, WEB, ELSEWHERE)


@dataclass(kw_only=True)
class PlayedSessions(PlayedUpstream):
    """BugSnag as played elsewhere, and beside it the other providers, told apart by their paths."""

    spots: Sequence[Spot] = SPOTS

    async def send(self, request: Request) -> Response:
        path, _, query = request.url.partition("://")[2].partition("/")[2].partition("?")
        answer = self.answers.get(f"/{path}")
        found = None if answer else self._sessions(path, parse_qs(query), json.loads(request.body or b"{}"))
        if found is None:
            return await super().send(request)
        await anyio.lowlevel.checkpoint()
        self.received.append(request)
        return found

    def _sessions(self, path: str, query: Mapping[str, list[str]], body: Mapping[str, Any]) -> Response | None:
        match path.split("/"):
            case ["export", what]:
                return _bugspulse(what)
            case ["api", "public", "ingestion"]:
                event = body["batch"][0]
                # What a trace makes can be read only seconds later; here, not at all.
                return replace(ok({"successes": [{"id": event["id"], "status": 201}], "errors": []}), status=207)
            case ["api", "public", "sessions"]:
                wanted = query.get("environment")
                rows = [_chat(name) for name in self._environments if wanted is None or name in wanted]
                return ok({"data": rows, "meta": {"page": 1, "limit": 50, "totalItems": len(rows), "totalPages": 1}})
            case ["api", "public", "sessions", ref]:
                found = [name for name in self._environments if f"chat-{name}" == unquote(ref)]
                return ok(_chat(found[0]) | {"traces": self._traces}) if found else NO_CHAT
            case [route] if route.startswith("observability.sessions."):
                return self._devrev(route.removeprefix("observability.sessions."), {**_first_of_each(query), **body})
            case _:
                return None

    def _devrev(self, route: str, given: Mapping[str, Any]) -> Response:
        """``platform`` is asked for by two of the routes; the others know no platform."""
        inside = [each for each in self.spots if each.app == given.get("version_key")]
        if "platform" in given:
            inside = [each for each in inside if each.platform == given["platform"]]
        there = next((each for each in inside if each.run == given.get("session_id")), None)
        match route:
            case "list":
                return ok({"sessions": [_run(each) for each in inside]})
            case "get" if there is not None:
                return ok({"session": _run(there)})
            case "data.get" if there is not None:
                return ok({"recording": "mobile_recording", "recording_events_timeline": [{"event_name": "tap"}]})
            case "developer-info.get" if there is not None:
                line = {"type": "log", "value": "boom", "timestamp": AT}
                return ok({"console_data": [line], "network_data": [{"type": "fetch", "request": {"method": "GET"}}]})
            case _:
                return NO_RUN

    @property
    def _environments(self) -> list[str]:
        return sorted({each.environment for each in self.spots})

    @property
    def _traces(self) -> list[dict[str, Any]]:
        """One in each environment: a session can have traces in several."""
        return [
            {"id": f"trace-{name}", "name": "turn", "timestamp": AT, "environment": name} for name in self._environments
        ]


def _bugspulse(what: str) -> Response:
    rows: Mapping[str, dict[str, Any]] = {
        "sessions": {"id": "sess_1", "status": "completed", "startedAt": AT},
        "crashes": {"id": "crash_1", "message": "boom", "status": "open"},
        "events": {"id": "evt_1", "type": "navigate", "timestamp": AT, "sequenceNumber": 0},
        "network": {"id": "req_1", "method": "GET", "url": "https://shop.example/", "timestamp": AT},
    }
    return ok({"data": [rows[what]], "total": 1, "page": 1, "limit": 100, "pages": 1})


def _chat(environment: str) -> dict[str, Any]:
    return {"id": f"chat-{environment}", "createdAt": AT, "projectId": "shop", "environment": environment}


def _run(spot: Spot) -> dict[str, Any]:
    return {
        "session_id": spot.run,
        "type": "web" if spot.platform == "web" else "mobile",
        "platform": spot.platform,
        "created_at": AT,
        "session_duration_ms": 1000,
    }


def _first_of_each(query: Mapping[str, list[str]]) -> dict[str, Any]:
    return {name: values[0] for name, values in query.items()}


NO_CHAT = Response(
    status=404,
    headers={},
    body=b'{"message":"Session not found within authorized project","error":"LangfuseNotFoundError"}',
)
NO_RUN = Response(status=404, headers={}, body=b'{"type":"not_found","message":"Session not found"}')


def with_exports(gate: Gate, folder: Path) -> Gate:
    """The same gate with a place for exports in ``folder``."""
    storage = ExportStorage(folder, Directory(folder))
    encoders: Encoders = {Format.JSONL: JsonLines, Format.CSV: CsvLines, Format.PARQUET: Parquet}
    exporter = Exporter(storage=storage, encoders=encoders, clock=gate.clock)
    exports = Exports(exporter=exporter, catalogue=ExportCatalogue(storage), clock=gate.clock, operations=BY_ID)
    return replace(gate, toolbox=replace(gate.toolbox, exports=exports))


def open_played(
    *policies: Policy, connections: Sequence[str], folder: Path | None = None, upstream: PlayedUpstream | None = None
) -> Gate:
    """A gate before all of the played upstreams; with a ``folder`` there is a place for exports."""
    played = upstream or PlayedSessions(organizations={ACME: "acme"}, sites=(IOS, ANDROID, PAYMENTS))
    gate = open_gate(*policies, upstream=played, connections=connections)
    return gate if folder is None else with_exports(gate, folder)


def connections_of(provider: str) -> tuple[str, ...]:
    """The connection that a gate for the tools of one provider has; for our own, one that gives something to export."""
    return ("bugspulse",) if provider == "crashgate" else (provider,)


def open_to_all(provider: str, folder: Path, *, upstream: PlayedUpstream | None = None) -> Gate:
    """An agent that may do all there is at one provider, and make exports in ``folder``."""
    connections = connections_of(provider)
    grants = "".join(everything(connection) for connection in connections)
    return open_played(
        policy(grants, connections=connections), connections=connections, folder=folder, upstream=upstream
    )


def files_in(toolbox: Toolbox) -> Files:
    """The files of exports, where there is a place for them."""
    assert toolbox.files is not None
    return toolbox.files
