"""A BrowserStack sandbox on a real port, and a client that speaks to it. Rule: nothing here decides a test."""

from base64 import b64encode
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import httpx2
from starlette.applications import Starlette
from starlette.routing import Mount

from crashgate_sandbox.browserstack.auth import PUBLIC_KEY, SECRET_KEY
from crashgate_sandbox.browserstack.manners import SELF_HOSTED, LangfuseManners
from crashgate_sandbox.browserstack.service import BrowserStack
from crashgate_sandbox.faults import Faults
from crashgate_sandbox.front import Front
from crashgate_sandbox.received import RequestLog
from crashgate_sandbox.standalone import running
from tests.held_clock import HeldClock
from tests.plain_http import NO_CERTIFICATES

NOW = datetime(2026, 11, 20, 15, 30, 0, 123_000, tzinfo=UTC)
SESSIONS = "/api/public/sessions"
TRACES = "/api/public/traces"
INGESTION = "/api/public/ingestion"


@dataclass(frozen=True, kw_only=True)
class Evals:
    """A running sandbox and its parts. ``client`` sends the project's keys and follows no redirect."""

    base_url: str
    client: httpx2.AsyncClient
    service: BrowserStack
    log: RequestLog
    clock: HeldClock

    async def get(self, path: str, **more: Any) -> httpx2.Response:  # noqa: ANN401 - whatever httpx2 takes
        return await self.client.get(path, **more)

    async def json(self, path: str) -> Any:  # noqa: ANN401 - whatever the sandbox answers
        response = await self.client.get(path)
        assert response.status_code == 200, response.text
        return response.json()

    async def session(self, session_id: str) -> Any:  # noqa: ANN401 - whatever the sandbox answers
        return await self.json(f"{SESSIONS}/{quote(session_id, safe='')}")

    async def ids(self, query: str = "") -> list[str]:
        """The ids of the first hundred sessions that the query finds."""
        found = await self.json(f"{SESSIONS}?limit=100{query}")
        return [row["id"] for row in found["data"]]

    async def ingest(self, *events: object, **more: Any) -> httpx2.Response:  # noqa: ANN401 - whatever httpx2 takes
        return await self.client.post(INGESTION, json={"batch": list(events)}, **more)


Start = Callable[..., AbstractAsyncContextManager[Evals]]


def basic(public_key: str, secret_key: str) -> dict[str, str]:
    """The header of HTTP Basic authentication."""
    return {"Authorization": f"Basic {b64encode(f'{public_key}:{secret_key}'.encode()).decode()}"}


def trace_event(event_id: str, **body: object) -> dict[str, object]:
    """An event that creates or changes a trace."""
    return {"id": event_id, "type": "trace-create", "timestamp": "2026-11-20T15:30:00.000Z", "body": body}


@asynccontextmanager
async def start_evals(
    *, manners: LangfuseManners = SELF_HOSTED, sessions: int = 60, prefix: str = "", any_key: bool = False
) -> AsyncGenerator[Evals]:
    clock, log = HeldClock(NOW), RequestLog()
    service = BrowserStack(prefix=prefix, any_key=any_key, manners=manners, sessions=sessions, now=NOW, clock=clock)
    front = Front(service, Faults(), log)
    app = Starlette(routes=[Mount(prefix, app=front)]) if prefix else front
    async with (
        running(app) as base_url,
        httpx2.AsyncClient(
            base_url=base_url + prefix, headers=basic(PUBLIC_KEY, SECRET_KEY), verify=NO_CERTIFICATES
        ) as client,
    ):
        yield Evals(base_url=base_url + prefix, client=client, service=service, log=log, clock=clock)
