"""A local upstream that costs next to nothing: the sandbox's answers, computed once and sent again as bytes.

``python -m benchmarks.upstream`` prints its address and the ids that the benchmark asks for, as JSON, and serves until
it is killed. The event has ``FRAMES`` stack frames.
"""

import asyncio
import json
from datetime import UTC, datetime
from typing import Any

from crashgate.model.message import Request
from crashgate.upstream.transport import InProcess
from crashgate_sandbox.app import create_app
from crashgate_sandbox.bugsnag.auth import SANDBOX_TOKEN
from crashgate_sandbox.world.world import World

PROJECT = "checkout-ios"
FRAMES = 60
_HEADERS = {"Authorization": f"token {SANDBOX_TOKEN}", "X-Version": "2", "Accept": "application/json"}
_SENT = frozenset({"content-type", "link", "x-total-count"})


class _Answers:
    """The answers of the sandbox, by request line."""

    def __init__(self) -> None:
        self._sandbox = InProcess(create_app(World(now=datetime.now(UTC)), limits=None))
        self._known: dict[bytes, bytes] = {}

    async def to(self, target: bytes, base: str) -> bytes:
        """The whole answer to a GET, head included."""
        answer = self._known.get(target)
        if answer is None:
            request = Request(method="GET", url=f"{base}{target.decode()}", headers=_HEADERS, repeatable=True)
            found = await self._sandbox.send(request)
            body = _with_frames(found.body) if b"/events/" in target else found.body
            head = [f"{name}: {value}" for name, value in found.headers.items() if name in _SENT]
            lines = [f"HTTP/1.1 {found.status} OK", *head, f"Content-Length: {len(body)}", "", ""]
            answer = self._known[target] = "\r\n".join(lines).encode() + body
        return answer

    async def json(self, target: str) -> Any:  # noqa: ANN401 - any JSON
        """The document at ``target``."""
        return json.loads((await self.to(target.encode(), "http://localhost")).partition(b"\r\n\r\n")[2])


def _with_frames(body: bytes) -> bytes:
    event: dict[str, Any] = json.loads(body)
    for thrown in event.get("exceptions", ()):
        frames: list[Any] = thrown.get("stacktrace") or []
        thrown["stacktrace"] = (frames * FRAMES)[:FRAMES]
    return json.dumps(event, separators=(",", ":")).encode()


async def main() -> None:
    """Serve until killed."""
    answers = _Answers()
    (organization,) = (await answers.json("/user/organizations"))[:1]
    projects = await answers.json(f"/organizations/{organization['id']}/projects?per_page=100")
    project = next(each for each in projects if each["slug"] == PROJECT)
    error = (await answers.json(f"/projects/{project['id']}/errors"))[0]
    event = await answers.json(f"/errors/{error['id']}/latest_event")

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        base = f"http://127.0.0.1:{port}"
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                writer.write(await answers.to(head.split(b" ", 2)[1], base))
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    ids = {"project_id": project["id"], "error_id": error["id"], "event_id": event["id"]}
    print(json.dumps({"url": f"http://127.0.0.1:{port}", **ids}), flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
