"""``serve --log-format json``: what an operator's log collector reads, and what it never gets to read."""

import json
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.house import OPERATOR
from tests.system.served import free_port, http_client, open_site

SECRET = "cg_made_up_secret"
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


async def test_each_request_is_a_line_of_json_without_headers_queries_and_unknown_paths(tmp_path: Path) -> None:
    async with open_site(tmp_path) as site, site.process("--http", "--json", "--log-format", "json") as process:
        assert process.stderr is not None
        url = json.loads(await process.stderr.readline())["url"].removesuffix("/mcp")
        token = site.token(OPERATOR)
        async with http_client(url, token) as client:
            meta: Any = {"traceparent": f"00-{TRACE}-{1:016x}-01"}
            await client.call_tool("list_errors", {"project_id": "checkout-ios"}, meta=meta)
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
    decision, outcome = [each for each in lines if each["logger"] == "crashgate.calls" and "parent" not in each][-2:]
    assert (decision["message"], decision["agent"], decision["effect"]) == ("decision", OPERATOR, "allow")
    assert (outcome["message"], outcome["result"], outcome["call"]) == ("outcome", "answered", decision["call"])
    assert (decision["trace"], outcome["trace"]) == (TRACE, TRACE)
    assert SECRET not in told.decode()
    assert token not in told.decode()
    assert "checkout-ios" not in told.decode()


@pytest.mark.ablation("only a proxy that the operator named says who its client is")
@pytest.mark.parametrize(
    ("proxies", "forwarded", "shown"),
    [
        ("[]", "198.51.100.7", "127.0.0.1"),
        ('["127.0.0.1"]', "198.51.100.7", "198.51.100.7"),
        # A client may send the header too; what the proxy added stands last.
        ('["127.0.0.0/8"]', "203.0.113.1, 198.51.100.7", "198.51.100.7"),
        ('["127.0.0.1"]', SECRET, ""),
        ('["10.0.0.0/8"]', "198.51.100.7", "127.0.0.1"),
    ],
)
async def test_the_address_of_a_client_is_what_a_trusted_proxy_says(
    tmp_path: Path, proxies: str, forwarded: str, shown: str
) -> None:
    variables = {"CRASHGATE_HTTP__TRUSTED_PROXIES": proxies, "FORWARDED_ALLOW_IPS": "*"}
    words = ("--http", "--json", "--log-format", "json")
    async with open_site(tmp_path, variables=variables) as site, site.process(*words) as process:
        assert process.stderr is not None
        url = json.loads(await process.stderr.readline())["url"].removesuffix("/mcp")
        async with httpx2.AsyncClient(headers={"X-Forwarded-For": forwarded}) as client:
            await client.get(f"{url}/livez")
        process.terminate()
        _, told = await process.communicate()

    lines = [json.loads(each) for each in told.splitlines()]
    assert [each["from"] for each in lines if each["logger"] == "crashgate.access"] == [shown]


async def test_a_public_url_is_announced_and_its_host_is_served(tmp_path: Path) -> None:
    variables = {
        "CRASHGATE_HTTP__PUBLIC_URL": "https://Crashgate.example.com",
        "CRASHGATE_HTTP__PORT": str(free_port()),
    }
    base = f"http://127.0.0.1:{variables['CRASHGATE_HTTP__PORT']}"
    async with (
        open_site(tmp_path, variables=variables) as site,
        site.http_server() as (url, _),
        httpx2.AsyncClient(base_url=base) as client,
    ):
        hosts = ("crashgate.example.com", "other.example.com")
        answers = [await client.post("/mcp", headers={"Host": each}) for each in hosts]

    assert url == "https://crashgate.example.com"
    assert [each.status_code for each in answers] == [401, 403]
