"""Told to stop over HTTP: calls under way finish, nothing new begins, and the log is whole and closed."""

import asyncio
import signal
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import anyio
import httpx2
import pytest

from crashgate.audit.attempt import AttemptRecord
from crashgate_sandbox.faults import Fault, FaultKind
from tests.house import OPERATOR, until
from tests.system.served import Era, Site, http_client, open_site

ERAS: list[Era] = ["legacy", "2026-07-28"]
LIST: dict[str, Any] = {"project_id": "checkout-ios"}


async def _arrived(site: Site, number: int) -> None:
    await until(lambda: len(site.requests.received) >= number)


@asynccontextmanager
async def _in_a_call_without_end(site: Site, url: str) -> AsyncGenerator[None]:
    """While upstream does not answer a call of the server's only client.

    Nothing is to be asserted inside: it ends when the server does, whose client cannot say goodbye any more.
    """
    with suppress(BaseExceptionGroup):
        async with http_client(url, site.token(OPERATOR)) as client:
            await client.call_tool("list_errors", LIST)
            site.faults.add(Fault(kind=FaultKind.SLOW, path="/projects/*/errors", seconds=60))
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(client.call_tool, "list_errors", LIST)
                await _arrived(site, 3)
                yield
                tasks.cancel_scope.cancel()


async def _turned_away(site: Site, url: str) -> set[int]:
    """What new calls get, until the server has taken note that it shall stop and answers 503."""
    statuses: list[int] = []
    headers = {"Authorization": f"Bearer {site.token(OPERATOR)}", "Content-Type": "text/plain"}
    async with httpx2.AsyncClient() as other:
        while not statuses or statuses[-1] != 503:
            statuses.append((await other.post(f"{url}/mcp", headers=headers)).status_code)
    return set(statuses)


@pytest.mark.parametrize("era", ERAS)
async def test_a_call_under_way_finishes_and_a_new_one_is_turned_away(tmp_path: Path, era: Era) -> None:
    # Guards: _Calls and _Server in server.listen. uvicorn alone breaks streamed answers off; the call is slower than
    # its grace.
    failed: list[bool | None] = []
    turned_away: set[int] = set()
    async with asyncio.timeout(30), open_site(tmp_path) as site, site.http_server() as (url, process):
        # A client of the older era also has a standing stream open, and cannot say goodbye to a server that is gone.
        with suppress(BaseExceptionGroup):
            async with http_client(url, site.token(OPERATOR), era=era) as client:
                await client.call_tool("list_errors", LIST)
                site.faults.add(Fault(kind=FaultKind.SLOW, path="/projects/*/errors", seconds=2))

                async def slow() -> None:
                    failed.append((await client.call_tool("list_errors", LIST)).is_error)

                async with anyio.create_task_group() as tasks:
                    tasks.start_soon(slow)
                    await _arrived(site, 3)
                    process.send_signal(signal.SIGTERM)
                    turned_away |= await _turned_away(site, url)
        ended = await process.wait()

    assert failed == [False]
    assert turned_away in ({503}, {415, 503})
    assert ended == 0
    assert [entry.unknown for entry in site.log.entries()] == [False] * 3
    assert [(verdict.sound, verdict.end_checked) for verdict in site.log.verify()] == [(True, True)]


@pytest.mark.threats(28)
async def test_a_call_that_outlasts_the_patience_is_given_up_and_recorded(tmp_path: Path) -> None:
    # Guards: the deadline in _Server.on_tick, and the shield around the outcome.
    patience = {"CRASHGATE_HTTP__SHUTDOWN_SECONDS": "0"}
    async with asyncio.timeout(30), open_site(tmp_path) as site, site.http_server(patience) as (url, process):
        async with _in_a_call_without_end(site, url):
            process.send_signal(signal.SIGTERM)
            await process.wait()

        assert await process.wait() == 0

    entries = list(site.log.entries())
    assert [entry.unknown for entry in entries] == [False] * 3
    assert "The call was cancelled after" in entries[0].sentence
    assert [(verdict.sound, verdict.end_checked) for verdict in site.log.verify()] == [(True, True)]


SIGNALS = [signal.SIGTERM, signal.SIGINT]


def _closed(site: Site) -> bool:
    return [(verdict.sound, verdict.end_checked) for verdict in site.log.verify()] == [(True, True)]


@pytest.mark.threats(27, 28)
@pytest.mark.parametrize("told", SIGNALS)
async def test_told_to_stop_it_ends_with_0_and_a_closed_log(tmp_path: Path, told: signal.Signals) -> None:
    # Guards: capture_signals in server.listen; uvicorn raises the signal again, and the process died with its log open.
    async with asyncio.timeout(30), open_site(tmp_path) as site, site.http_server() as (url, process):
        async with httpx2.AsyncClient() as nobody:
            for _ in range(5):
                await nobody.post(f"{url}/mcp")
        async with http_client(url, site.token(OPERATOR)) as client:
            await client.call_tool("list_errors", LIST)
        process.send_signal(told)

        assert await process.wait() == 0
    attempts = [record.record for record in site.log.records() if isinstance(record.record, AttemptRecord)]
    assert sum(each.count for each in attempts) == 5
    assert _closed(site)


@pytest.mark.parametrize("told", SIGNALS)
async def test_told_at_once_after_it_is_ready_it_ends_in_order(tmp_path: Path, told: signal.Signals) -> None:
    # Guards: stop_on_signal around everything; the signals are ours before anybody can read the address.
    async with asyncio.timeout(30), open_site(tmp_path) as site, site.http_server() as (_, process):
        process.send_signal(told)

        assert await process.wait() == 0


async def test_a_stream_of_changes_ends_in_order_and_holds_nothing_up(tmp_path: Path) -> None:
    # Guards: Ending.last_words; such a stream is a POST without an end, and all patience was for nothing.
    async with asyncio.timeout(15), open_site(tmp_path) as site, site.http_server() as (url, process):
        heard: list[object] = []
        with suppress(BaseExceptionGroup):
            async with (
                http_client(url, site.token(OPERATOR)) as client,
                client.listen(tools_list_changed=True) as listening,
            ):
                process.send_signal(signal.SIGTERM)
                heard = [event async for event in listening]

        assert (await process.wait(), heard) == (0, [])


@pytest.mark.threats(28)
async def test_told_twice_it_gives_up_calls_and_records_them(tmp_path: Path) -> None:
    patience = {"CRASHGATE_HTTP__SHUTDOWN_SECONDS": "300"}
    async with asyncio.timeout(15), open_site(tmp_path) as site, site.http_server(patience) as (url, process):
        async with _in_a_call_without_end(site, url):
            process.send_signal(signal.SIGTERM)
            await _turned_away(site, url)  # two signals at once are one
            process.send_signal(signal.SIGTERM)
            await process.wait()

        assert await process.wait() == 0

    entries = list(site.log.entries())
    assert [entry.unknown for entry in entries] == [False] * len(entries)
    assert "The call was cancelled after" in entries[0].sentence
    assert _closed(site)
