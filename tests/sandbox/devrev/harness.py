"""DevRev on a real port, and a client that speaks to it. Rule: nothing here decides a test."""

from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx2
from starlette.applications import Starlette
from starlette.routing import Mount

from crashgate_sandbox.devrev.auth import DEVREV_TOKEN
from crashgate_sandbox.devrev.service import DevRev
from crashgate_sandbox.faults import Faults
from crashgate_sandbox.front import Front
from crashgate_sandbox.received import RequestLog
from crashgate_sandbox.standalone import running
from tests.held_clock import NOW, HeldClock
from tests.plain_http import NO_CERTIFICATES

CHECKOUT = {"platform": "android", "version_key": "com.acme.checkout"}
ON_IOS = {"platform": "ios", "version_key": "com.acme.checkout"}
COURIER = {"platform": "android", "version_key": "com.acme.courier"}
SHOP = {"platform": "web", "version_key": "acme-web"}
MOST_PAGES = 200
GET = "/observability.sessions.get"
LIST = "/observability.sessions.list"
DATA = "/observability.sessions.data.get"
DEVELOPER_INFO = "/observability.sessions.developer-info.get"


@dataclass(frozen=True, kw_only=True)
class Running:
    """A running DevRev and its parts. ``client`` sends the token."""

    client: httpx2.AsyncClient
    service: DevRev
    clock: HeldClock

    async def get(self, path: str, **query: Any) -> httpx2.Response:  # noqa: ANN401 - whatever a query takes
        return await self.client.get(path, params=query)

    async def post(self, path: str, **body: object) -> httpx2.Response:
        return await self.client.post(path, json=body)

    async def sessions(self, **body: object) -> list[Any]:
        """All rows that a POST list gives, by following its cursors forth."""
        kind = "web" if body["platform"] == "web" else "mobile"
        return [row for one in await self.pages(**body, type=kind, limit=100) for row in one["sessions"]]

    async def pages(self, **body: object) -> list[Any]:
        """The pages of a POST list, in the order in which its ``mode`` gives them."""
        following = "prev_cursor" if body.get("mode") == "before" else "next_cursor"
        found: list[Any] = []
        more: dict[str, object] = {}
        while not found or more:
            answer = await self.post(LIST, **body, **more)
            assert answer.status_code == 200, answer.text
            found.append(answer.json())
            if len(found) > MOST_PAGES:
                raise RuntimeError("the pages go round in a circle")
            more = {"cursor": found[-1][following]} if following in found[-1] else {}
        return found


Start = Callable[..., AbstractAsyncContextManager[Running]]


@asynccontextmanager
async def start_devrev(
    *,
    prefix: str = "",
    token: str | None = DEVREV_TOKEN,
    limit: int | None = None,
    sessions: int = 120,
    seed: int = 20_26,
) -> AsyncGenerator[Running]:
    clock = HeldClock()
    service = DevRev(prefix=prefix, token=token, limit=limit, sessions=sessions, now=NOW, clock=clock, seed=seed)
    app = Starlette(routes=[Mount(prefix or "/", app=Front(service, Faults(), RequestLog()))])
    headers = {"Authorization": f"Bearer {token or 'anything'}"}
    async with (
        running(app) as base_url,
        httpx2.AsyncClient(base_url=f"{base_url}{prefix}", headers=headers, verify=NO_CERTIFICATES) as client,
    ):
        yield Running(client=client, service=service, clock=clock)
