"""SIGTERM over HTTP: calls under way finish, nothing new begins, and the log is whole."""

import asyncio
import signal
from contextlib import suppress
from pathlib import Path
from typing import Any

import anyio
import httpx2
import pytest

from crashgate.sandbox.faults import Fault, FaultKind
from tests.house import OPERATOR, until
from tests.system.served import Era, Site, http_client, open_site

ERAS: list[Era] = ["legacy", "2026-07-28"]
STOPPED = {0, 143, -signal.SIGTERM}
LIST: dict[str, Any] = {"project_id": "checkout-ios"}


async def _arrived(site: Site, number: int) -> None:
    await until(lambda: len(site.requests.received) >= number)


@pytest.mark.parametrize("era", ERAS)
async def test_a_call_under_way_finishes_and_a_new_one_is_turned_away(tmp_path: Path, era: Era) -> None:
    # Guards: _Server in server.listen. uvicorn alone breaks the streamed answers of the older era off.
    failed: list[bool | None] = []
    turned_away: list[int] = []
    async with asyncio.timeout(30), open_site(tmp_path) as site, site.http_server() as (url, process):
        # A client of the older era also has a standing stream open, and cannot say goodbye to a server that is gone.
        with suppress(BaseExceptionGroup):
            async with http_client(url, site.token(OPERATOR), era=era) as client:
                await client.call_tool("list_errors", LIST)
                site.faults.add(Fault(kind=FaultKind.SLOW, path="/projects/*/errors", seconds=0.5))

                async def slow() -> None:
                    failed.append((await client.call_tool("list_errors", LIST)).is_error)

                async with anyio.create_task_group() as tasks:
                    tasks.start_soon(slow)
                    await _arrived(site, 3)
                    process.send_signal(signal.SIGTERM)
                    await asyncio.sleep(0)
                    while not turned_away or turned_away[-1] != 503:
                        async with httpx2.AsyncClient() as other:
                            headers = {"Authorization": f"Bearer {site.token(OPERATOR)}", "Content-Type": "text/plain"}
                            turned_away.append((await other.post(f"{url}/mcp", headers=headers)).status_code)
        ended = await process.wait()

    assert failed == [False]
    assert set(turned_away) <= {415, 503}
    assert ended in STOPPED
    assert [entry.unknown for entry in site.log.entries()] == [False] * 3
    assert [(verdict.sound, verdict.end_checked) for verdict in site.log.verify()] == [(True, True)]


@pytest.mark.threats(28)
async def test_a_call_that_outlasts_the_patience_is_given_up_and_recorded(tmp_path: Path) -> None:
    # Guards: the deadline in _Server.on_tick, and the shield around the outcome.
    async with asyncio.timeout(30), open_site(tmp_path) as site:
        environment = {"CRASHGATE_HTTP__SHUTDOWN_SECONDS": "0"}
        async with site.http_server(environment) as (url, process):
            with suppress(BaseExceptionGroup):
                async with http_client(url, site.token(OPERATOR)) as client:
                    await client.call_tool("list_errors", LIST)
                    site.faults.add(Fault(kind=FaultKind.SLOW, path="/projects/*/errors", seconds=60))
                    async with anyio.create_task_group() as tasks:
                        tasks.start_soon(client.call_tool, "list_errors", LIST)
                        await _arrived(site, 3)
                        process.send_signal(signal.SIGTERM)
                        assert await process.wait() in STOPPED
                        tasks.cancel_scope.cancel()

    entries = list(site.log.entries())
    assert [entry.unknown for entry in entries] == [False] * 3
    assert "The call was cancelled after" in entries[0].sentence
    assert [(verdict.sound, verdict.end_checked) for verdict in site.log.verify()] == [(True, True)]
