"""``serve --log-format json``: what an operator's log collector reads, and what it never gets to read."""

import json
from pathlib import Path

import httpx2

from tests.house import OPERATOR
from tests.system.served import http_client, open_site

SECRET = "cg_made_up_secret"


async def test_each_request_is_a_line_of_json_without_headers_queries_and_unknown_paths(tmp_path: Path) -> None:
    async with open_site(tmp_path) as site, site.process("--http", "--json", "--log-format", "json") as process:
        assert process.stderr is not None
        url = json.loads(await process.stderr.readline())["url"].removesuffix("/mcp")
        token = site.token(OPERATOR)
        async with http_client(url, token) as client:
            await client.call_tool("list_errors", {"project_id": "checkout-ios"})
        async with httpx2.AsyncClient(headers={"Authorization": f"Bearer {SECRET}", "X-Key": SECRET}) as stranger:
            await stranger.post(f"{url}/mcp?token={SECRET}", json={"secret": SECRET})
            await stranger.get(f"{url}/{SECRET}")
            await stranger.get(f"{url}/livez")
        process.terminate()
        _, told = await process.communicate()

    lines = [json.loads(each) for each in told.splitlines()]
    of_requests = [each for each in lines if each["logger"] == "crashgate.access"]
    requests = [(each["method"], each["path"], each["status"]) for each in of_requests]
    assert requests[-3:] == [("POST", "/mcp", 401), ("GET", "other", 401), ("GET", "/livez", 200)]
    assert ("POST", "/mcp", 200) in requests
    assert set(of_requests[-1]) == {
        "time", "level", "logger", "message", "method", "path", "status", "duration_ms", "from",
    }  # fmt: skip
    assert SECRET not in told.decode()
    assert token not in told.decode()
    assert "checkout-ios" not in told.decode()
