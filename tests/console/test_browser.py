"""The console in a browser: with the keyboard, without JavaScript, on a narrow screen, and with hostile texts."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import uvicorn

from crashgate.clock import SystemClock
from crashgate.console.app import console_app
from crashgate.console.sign_in import SignIn
from crashgate.gate.approval_requests import ApprovalStore, Standing
from crashgate.mcp.listen import open_listener
from tests.cli.calls import settings
from tests.console.browser import tab
from tests.console.conftest import request_of, sources

PAGES = ("overview", "activity", "access", "approvals")


class Served:
    """A console at an address, with the store of its approvals."""

    def __init__(self, url: str, sign_in: SignIn, approvals: ApprovalStore) -> None:
        self.url = url
        self.link = f"{url}/sign-in?key={sign_in.link_key}"
        self.approvals = approvals


@pytest.fixture
async def served(recording: Path, tmp_path: Path) -> AsyncIterator[Served]:
    """A console that listens, over a copy of the recording."""
    shutil.copytree(recording, tmp_path / "held")
    shown = sources(settings(policies=tmp_path / "held" / "policies", state=tmp_path / "held" / "state"))
    sign_in, listener = SignIn(SystemClock()), open_listener("127.0.0.1", 0)
    app = console_app(shown, sign_in, host=listener.url.removeprefix("http://"))
    server = uvicorn.Server(uvicorn.Config(app, ws="none", lifespan="off", log_level="error"))
    with listener.socket:
        task = asyncio.create_task(server.serve(sockets=[listener.socket]))
        yield Served(listener.url, sign_in, shown.approvals)
        server.should_exit = True
        await task


@pytest.mark.threats(60, 61)
async def test_an_operator_signs_in_reads_and_approves_with_the_keyboard_alone(served: Served, tmp_path: Path) -> None:
    request = request_of("request-1")
    await served.approvals.request(request, most=20)
    async with tab(tmp_path) as browser:
        await browser.open(served.link)
        await browser.press("main button")
        assert await browser.see("document.querySelector('h1').innerText") == "Overview"
        await browser.press("a[href='/approvals']")
        assert "<script>pwned" in await browser.see("document.querySelector('.untrusted pre').innerText")
        assert await browser.see("document.querySelectorAll('main script, main img').length") == 0
        await browser.press("button.yes")
        asked = {each.split("/")[2] for each in browser.asked}

    found = await served.approvals.find(request.id)
    assert found is not None
    assert found.standing is Standing.APPROVED
    assert asked == {served.url.removeprefix("http://")}


async def test_a_refusal_leads_from_the_activity_to_its_record(served: Served, tmp_path: Path) -> None:
    async with tab(tmp_path) as browser:
        await browser.open(served.link)
        await browser.press("main button")
        await browser.open(f"{served.url}/activity?decision=deny")
        sentence = await browser.see("document.querySelector('.calls tbody tr td:last-child').firstChild.data.trim()")
        await browser.press(".calls tbody .time a")

        assert sentence in await browser.see("document.querySelector('.sentence').innerText")


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
async def test_pages_fit_a_screen_of_320_pixels(served: Served, tmp_path: Path, *, dark: bool) -> None:
    pictures = os.environ.get("CRASHGATE_PICTURES")
    await served.approvals.request(request_of("request-1"), most=20)
    widths = {}
    async with tab(tmp_path) as browser:
        await browser.open(served.link)
        await browser.press("main button")
        for page in PAGES:
            await browser.resize(320, 640, dark=dark)
            await browser.open(f"{served.url}/{page}")
            widths[page] = await browser.see("document.documentElement.scrollWidth")
            for width, height in ((320, 640), (1200, 750)) if pictures else ():
                await browser.resize(width, height, dark=dark)
                name = f"{page}-{width}-{'dark' if dark else 'light'}.png"
                (Path(pictures or "") / name).write_bytes(await browser.picture())
        assert browser.complaints == []

    assert widths == dict.fromkeys(PAGES, 320)
