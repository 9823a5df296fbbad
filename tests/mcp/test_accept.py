"""``Accept``: each form alone, none and both, in both eras; the answer comes in the form that was asked for."""

import asyncio
import json
from typing import Any

import httpx2
import pytest

from tests.mcp.face import LIST_ERRORS, VERSION, Face, call, message

JSON, STREAM = "application/json", "text/event-stream"
OLD = "2025-11-25"
INITIALIZE = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {"protocolVersion": OLD, "capabilities": {}, "clientInfo": {"name": "raw", "version": "1"}},
}
ASKED = [
    ((JSON,), JSON),
    ((), JSON),
    (("",), JSON),
    ((STREAM,), STREAM),
    (("application/*",), JSON),
    (("text/*;q=0.5",), STREAM),
    ((f"{JSON}, {STREAM};q=0",), JSON),
    ((f"{JSON};q=0, {STREAM}",), STREAM),
    ((JSON, "text/html"), JSON),
]


async def _post(face: Face, body: dict[str, Any], accept: tuple[str, ...], **headers: str) -> httpx2.Response:
    more = [*(("Accept", value) for value in accept), *headers.items()]
    old = [] if body["params"].get("_meta") else ["MCP-Protocol-Version", "Mcp-Method", "Mcp-Name"]
    request = face.client.build_request("POST", "/mcp", content=json.dumps(body).encode())
    right = [(name, value) for name, value in face.headers(body=body).items() if name not in {*old, "Accept"}]
    request.headers = httpx2.Headers(
        [*right, *more, ("Host", face.own_host), ("Content-Length", str(len(request.content)))]
    )
    return await face.client.send(request)


def _read(answer: httpx2.Response) -> dict[str, Any]:
    """The message that answers; there is one alone."""
    if answer.headers["content-type"].startswith(JSON):
        return dict(answer.json())
    [data] = [line for line in answer.text.splitlines() if line.startswith("data:")]
    return dict(json.loads(data.removeprefix("data:")))


@pytest.mark.parametrize(("accept", "form"), ASKED, ids=str)
async def test_the_modern_era_answers_in_what_was_asked(face: Face, accept: tuple[str, ...], form: str) -> None:
    answer = await _post(face, call("my_access"), accept)
    usual = await face.post(call("my_access"))

    assert (answer.status_code, answer.headers["content-type"].partition(";")[0]) == (200, form)
    assert _read(answer)["result"].keys() == usual.json()["result"].keys()


@pytest.mark.parametrize(("accept", "form"), ASKED, ids=str)
async def test_the_older_era_answers_in_what_was_asked(face: Face, accept: tuple[str, ...], form: str) -> None:
    opened = await _post(face, INITIALIZE, accept)
    session = {"Mcp-Session-Id": opened.headers["mcp-session-id"]}
    told = await _post(face, {"jsonrpc": "2.0", "method": "notifications/initialized", "params": {}}, accept, **session)
    called = await _post(
        face,
        {"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": {"name": "my_access", "arguments": {}}},
        accept,
        **session,
    )

    assert [each.status_code for each in (opened, told, called)] == [200, 202, 200]
    assert {each.headers["content-type"].partition(";")[0] for each in (opened, called)} == {form}
    assert _read(opened)["result"]["protocolVersion"] == OLD
    assert (_read(called)["id"], _read(called)["result"]["isError"]) == (2, False)


async def test_what_is_neither_form_is_still_refused(face: Face) -> None:
    for body in (LIST_ERRORS, INITIALIZE):
        assert (await _post(face, body, ("text/html",))).status_code == 406
        assert (await _post(face, body, (f"{JSON};q=0",))).status_code == 406
    assert face.untouched


async def test_a_stream_of_changes_is_no_json_and_comes_where_nothing_is_said(face: Face) -> None:
    body = message("subscriptions/listen", {"notifications": {"toolsListChanged": True}})
    refused = await _post(face, body, (JSON,))
    right = {**face.headers(body=body), "Accept": ""}
    async with (
        asyncio.timeout(20),
        face.client.stream("POST", "/mcp", content=json.dumps(body).encode(), headers=right) as answer,
    ):
        found = (answer.status_code, answer.headers["content-type"].partition(";")[0])

    assert refused.status_code == 406
    assert found == (200, STREAM)


async def test_the_standing_stream_of_the_older_era_is_no_json_either(face: Face) -> None:
    opened = await _post(face, INITIALIZE, ())
    session = {"Mcp-Session-Id": opened.headers["mcp-session-id"], "Authorization": face.headers()["Authorization"]}

    assert (await face.client.get("/mcp", headers={**session, "Accept": JSON})).status_code == 406
    async with asyncio.timeout(20), face.client.stream("GET", "/mcp", headers={**session, "Accept": ""}) as answer:
        assert answer.status_code == 200


async def test_an_error_of_http_stays_json_whatever_was_asked(face: Face) -> None:
    answer = await _post(face, message("sampling/createMessage"), (STREAM,))

    assert (answer.status_code, answer.json()["error"]["code"]) == (404, -32601)
    assert VERSION not in answer.text
