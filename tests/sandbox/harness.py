"""A sandbox on a real port, and a client that speaks to it. Rule: nothing here decides a test."""

from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from copy import copy
from dataclasses import dataclass
from functools import cache
from typing import Any

import httpx2

from crashgate_sandbox.app import create_app
from crashgate_sandbox.bugsnag.auth import SANDBOX_TOKEN
from crashgate_sandbox.bugsnag.budget import UNLIMITED, Budgets
from crashgate_sandbox.bugsnag.call import Manners
from crashgate_sandbox.bugsnag.service import BugSnag
from crashgate_sandbox.faults import Faults
from crashgate_sandbox.received import RequestLog
from crashgate_sandbox.standalone import running
from crashgate_sandbox.world.errors import Error
from crashgate_sandbox.world.projects import Project
from crashgate_sandbox.world.world import World
from tests.held_clock import NOW, HeldClock
from tests.plain_http import NO_CERTIFICATES


@dataclass(frozen=True, kw_only=True)
class Sandbox:
    """A running sandbox and all its parts. ``client`` sends the administrator's token and follows no redirect."""

    base_url: str
    client: httpx2.AsyncClient
    world: World
    faults: Faults
    log: RequestLog
    clock: HeldClock

    def project(self, slug: str) -> Project:
        found = self.world.project(slug)
        assert found is not None
        return found

    def errors(self, slug: str) -> list[Error]:
        """A project's errors as they were drawn: the headlines first."""
        return self.world.errors_of(self.project(slug).id)

    async def get(self, path: str, **more: Any) -> httpx2.Response:  # noqa: ANN401 - whatever httpx2 takes
        return await self.client.get(path, **more)

    async def json(self, path: str) -> Any:  # noqa: ANN401 - whatever the sandbox answers
        response = await self.client.get(path)
        assert response.status_code == 200, response.text
        return response.json()

    async def patch(self, path: str, body: object) -> httpx2.Response:
        return await self.client.patch(path, json=body)

    async def pages(self, path: str) -> list[Any]:
        """The bodies of a list's pages, by following its links."""
        found: list[Any] = []
        following: str | None = path
        while following is not None:
            response = await self.client.get(following)
            assert response.status_code == 200, response.text
            found.append(response.json())
            following = response.links.get("next", {}).get("url")
        return found


@cache
def _drawn() -> World:
    """A copy of it that is reset is a world of its own, and draws nothing again."""
    return World(now=NOW)


Start = Callable[..., AbstractAsyncContextManager[Sandbox]]


@asynccontextmanager
async def start_sandbox(
    *, budgets: Budgets = UNLIMITED, manners: Manners | None = None, token: str | None = SANDBOX_TOKEN
) -> AsyncGenerator[Sandbox]:
    world, faults, log, clock = copy(_drawn()), Faults(), RequestLog(), HeldClock()
    world.reset()
    bugsnag = BugSnag(world, token=token, budgets=budgets, manners=manners or Manners(), clock=clock)
    limits = None if budgets is UNLIMITED else 1
    app = create_app(world, services={"bugsnag": bugsnag}, limits=limits, faults=faults, log=log, clock=clock)
    headers = {"Authorization": f"token {token or 'anything'}", "X-Version": "2"}
    async with (
        running(app) as base_url,
        httpx2.AsyncClient(base_url=base_url, headers=headers, verify=NO_CERTIFICATES) as client,
    ):
        yield Sandbox(base_url=base_url, client=client, world=world, faults=faults, log=log, clock=clock)
