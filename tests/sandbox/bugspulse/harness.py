"""A BugsPulse on a real port, and a client with its key. Rule: nothing here decides a test."""

import csv
import io
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx2

from crashgate_sandbox.bugspulse.key import BUGSPULSE_KEY
from crashgate_sandbox.bugspulse.service import BugsPulse
from crashgate_sandbox.faults import Faults
from crashgate_sandbox.front import Front
from crashgate_sandbox.received import RequestLog
from crashgate_sandbox.standalone import running
from tests.held_clock import NOW, HeldClock
from tests.plain_http import NO_CERTIFICATES


@dataclass(frozen=True, kw_only=True)
class Pulse:
    """A running BugsPulse and its parts. ``client`` sends the key."""

    client: httpx2.AsyncClient
    service: BugsPulse
    clock: HeldClock

    async def get(self, path: str, **query: object) -> httpx2.Response:
        """``since`` and ``until`` stand for ``from`` and ``to``."""
        renamed = {{"since": "from", "until": "to"}.get(name, name): str(value) for name, value in query.items()}
        return await self.client.get(path, params=renamed)

    async def json(self, path: str, **query: object) -> Any:  # noqa: ANN401 - whatever it answers
        answer = await self.get(path, **query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def rows(self, path: str, **query: object) -> list[Any]:
        """The rows of all pages."""
        found: list[Any] = []
        page, pages = 0, 1
        while page < pages:
            page += 1
            body = await self.json(path, page=page, **query)
            found += body["data"]
            pages = body["pages"]
        return found

    async def cells(self, path: str, **query: object) -> list[list[str]]:
        """The lines of a CSV answer, its header first."""
        answer = await self.get(path, format="csv", **query)
        assert answer.status_code == 200, answer.text
        return list(csv.reader(io.StringIO(answer.content.decode(), newline="")))

    async def ingest(self, path: str, body: object) -> httpx2.Response:
        return await self.client.post(path, json=body)


Start = Callable[..., AbstractAsyncContextManager[Pulse]]


@asynccontextmanager
async def start_pulse(
    *,
    requests_per_minute: int | None = None,
    sent_key: str = BUGSPULSE_KEY,
    **parts: Any,  # noqa: ANN401 - BugsPulse's own
) -> AsyncGenerator[Pulse]:
    clock = HeldClock()
    usual: dict[str, Any] = {"now": NOW, "clock": clock, "requests_per_minute": requests_per_minute}
    service = BugsPulse(**(usual | parts))
    headers = {"Authorization": f"Bearer {sent_key}"}
    app = Front(service, Faults(), RequestLog())
    async with (
        running(app) as base_url,
        httpx2.AsyncClient(base_url=base_url, headers=headers, verify=NO_CERTIFICATES) as client,
    ):
        yield Pulse(client=client, service=service, clock=clock)
