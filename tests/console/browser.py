"""Headless Chromium, driven over its own debugging protocol."""

import asyncio
import base64
import json
import subprocess
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

from tests.mcp.browser import chromium


class Tab:
    """One tab, and every address that it asked for."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._number = 0
        self.asked: list[str] = []
        self.complaints: list[str] = []

    async def tell(self, method: str, **parameters: object) -> dict[str, Any]:
        """Send a command, and wait for its answer."""
        self._number += 1
        await self._socket.send_json({"id": self._number, "method": method, "params": parameters})
        while True:
            message = await self._next()
            if message.get("id") == self._number:
                assert "error" not in message, message
                found: dict[str, Any] = message["result"]
                return found

    async def _next(self) -> dict[str, Any]:
        message: dict[str, Any] = json.loads(await self._socket.receive_str(timeout=30))
        if message.get("method") == "Network.requestWillBeSent":
            self.asked.append(message["params"]["request"]["url"])
        if message.get("method") == "Log.entryAdded":
            self.complaints.append(message["params"]["entry"]["text"])
        return message

    async def loaded(self) -> None:
        """Wait until a page has loaded."""
        while (await self._next()).get("method") != "Page.loadEventFired":
            pass

    async def open(self, address: str) -> None:
        await self.tell("Page.navigate", url=address)
        await self.loaded()

    async def see(self, expression: str) -> Any:  # noqa: ANN401 - whatever the expression gives
        """What an expression gives in the page; it works where the page itself may run no script."""
        answer = await self.tell("Runtime.evaluate", expression=expression, returnByValue=True)
        return answer["result"].get("value")

    async def press(self, selector: str) -> None:
        """Focus something and press Enter, as with a keyboard; a page follows."""
        await self.see(f"document.querySelector({json.dumps(selector)}).focus()")
        key = {"key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 13, "text": "\r"}
        await self.tell("Input.dispatchKeyEvent", type="keyDown", **key)
        await self.tell("Input.dispatchKeyEvent", type="keyUp", **key)
        await self.loaded()

    async def resize(self, width: int, height: int, *, dark: bool = False) -> None:
        await self.tell(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        await self.tell("Emulation.setEmulatedMedia", features=[scheme])

    async def picture(self) -> bytes:
        """What it shows, as PNG."""
        return base64.b64decode((await self.tell("Page.captureScreenshot"))["data"])


@asynccontextmanager
async def tab(folder: Path) -> AsyncGenerator[Tab]:
    """A new browser with one tab, in which pages may run no script."""
    profile = folder / "profile"
    command = (
        chromium(),
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--hide-scrollbars",
        "--remote-debugging-port=0",
        f"--user-data-dir={profile}",
        "about:blank",
    )
    process = await asyncio.create_subprocess_exec(*command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        assert process.stderr is not None
        line = ""
        while "DevTools listening on" not in line:
            line = (await process.stderr.readline()).decode()
            assert line, "the browser ended"
        authority = line.split("ws://")[1].split("/")[0]
        async with aiohttp.ClientSession() as session:
            async with session.get(f"http://{authority}/json") as answer:
                pages = [each for each in await answer.json() if each["type"] == "page"]
            async with session.ws_connect(pages[0]["webSocketDebuggerUrl"], max_msg_size=0) as socket:
                opened = Tab(socket)
                for domain in ("Page", "Network", "Log"):
                    await opened.tell(f"{domain}.enable")
                await opened.tell("Emulation.setScriptExecutionDisabled", value=True)
                yield opened
    finally:
        process.kill()
        await process.communicate()
