"""Bearer tokens: whose call it is, and where the token ends (THREATS rows 1, 2 and 3)."""

from pathlib import Path
from typing import Any

import pytest
from starlette.types import Message, Receive, Scope, Send

from crashgate.config import wiring
from crashgate.mcp.tokens import BearerLayer
from crashgate_sandbox.bugsnag.auth import SANDBOX_TOKEN
from tests.house import OPERATOR, TRIAGE, bytes_below
from tests.mcp.face import LIST_ERRORS, VERSION, Face, call, message
from tests.system.served import http_client, open_site


@pytest.mark.ablation("a token is compared by its hash", "a token of the scheme Bearer")
@pytest.mark.threats(2)
@pytest.mark.parametrize(
    "value",
    [
        "",
        "Bearer",
        "Bearer x",
        "Bearer cg_000000000000_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "Basic dXNlcjpwYXNz",
        "token {token}",
        "{token}",
        "Bearer {token}x",
        "Bearer x{token}",
        "Bearer {token}, Bearer {token}",
        "Bearer {token} {token}",
        "Bearer " + "x" * 5_000,
        f"Bearer {SANDBOX_TOKEN}",
        "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJvcGVyYXRvciJ9.",
    ],
)
async def test_a_token_that_is_not_ours_is_refused(face: Face, value: str) -> None:
    # Guards: BearerLayer._verified, and TokenFile.verify behind it. Loopback is no exception (row 4).
    header = value.format(token=face.tokens[TRIAGE])
    response = await face.post(without=["Authorization"], more=[("Authorization", header)])

    assert response.status_code == 401
    assert response.headers["www-authenticate"] == 'Bearer realm="crashgate"'
    assert "crashgate token new" in response.json()["remedy"]
    assert face.untouched


@pytest.mark.threats(2, 4)
async def test_a_request_without_a_token_is_refused_on_loopback_too(face: Face) -> None:
    assert (await face.post(without=["Authorization"])).status_code == 401
    for method in ("GET", "DELETE", "POST"):
        assert (await face.client.request(method, "/mcp")).status_code == 401
    assert face.untouched


@pytest.mark.ablation("exactly one token")
@pytest.mark.threats(2)
async def test_two_tokens_are_refused_even_if_both_are_right(face: Face) -> None:
    for second in (face.tokens[TRIAGE], face.tokens[OPERATOR], "x"):
        response = await face.post(more=[("Authorization", f"Bearer {second}")])
        assert response.status_code == 401
    assert face.untouched


@pytest.mark.threats(2)
async def test_a_revoked_token_ends_at_once(face: Face) -> None:
    assert (await face.post()).status_code == 200
    path = face.house.settings.state / "tokens.jsonl"
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join(line for line in lines if f'"{TRIAGE}"' not in line), encoding="utf-8")

    assert (await face.post()).status_code == 401
    assert (await face.post(agent=OPERATOR)).status_code == 200


@pytest.mark.threats(2, 29)
async def test_the_callers_token_is_never_sent_upstream_nor_stored(tmp_path: Path) -> None:
    # Guards: that the upstream gets our own credential.
    async with open_site(tmp_path) as site, site.http_server() as (url, _):
        token = site.token(OPERATOR)
        async with http_client(url, token) as client:
            await client.call_tool("list_errors", {"project_id": "checkout-ios"})
            await client.call_tool("list_errors", {"project_id": "checkout-ios", "filters": {"user.id": token}})
            await client.call_tool(token, {token: token})
        stored = bytes_below(tmp_path / "state" / "log")

    assert len(site.headers) == 4
    assert {headers[b"authorization"] for headers in site.headers} == {f"token {SANDBOX_TOKEN}".encode()}
    assert token not in str(site.headers) + str([each.path for each in site.requests.received])
    assert token.encode() not in stored
    assert token.split("_", 2)[2].encode() not in bytes_below(tmp_path)


@pytest.mark.ablation("the token goes no further")
@pytest.mark.threats(2)
async def test_the_token_goes_no_further_than_the_layer_that_checks_it(face: Face) -> None:
    # Guards: that BearerLayer takes the header off.
    passed_on: list[Scope] = []

    async def app(scope: Scope, _: Receive, __: Send) -> None:
        passed_on.append(scope)

    async def receive() -> Message:
        raise AssertionError

    async def send(_: Message) -> None:
        raise AssertionError

    layer = BearerLayer(app, face.attempts, wiring.tokens(face.house.settings))
    headers = [(b"host", b"localhost"), (b"authorization", f"Bearer {face.tokens[TRIAGE]}".encode())]
    await layer({"type": "http", "headers": headers}, receive, send)

    assert [scope["headers"] for scope in passed_on] == [[(b"host", b"localhost")]]


@pytest.mark.threats(1)
async def test_nothing_that_a_client_says_of_itself_names_the_agent(face: Face) -> None:
    # Guards: server.identity, where the agent comes from the token alone.
    body = call("list_errors", {"project_id": "checkout-ios"})
    meta = {
        **body["params"]["_meta"],
        "io.modelcontextprotocol/clientInfo": {"name": OPERATOR, "version": "1"},
        "agent": OPERATOR,
        "io.crashgate/agent": OPERATOR,
    }
    body["params"]["_meta"] = meta
    headers = [("X-Agent-ID", OPERATOR), ("User-Agent", OPERATOR), ("X-Forwarded-User", OPERATOR), ("From", OPERATOR)]
    await face.post(body, more=headers)
    await face.post(call("delete_error", {"project_id": "checkout-ios", "agent": OPERATOR}), more=headers)

    records = [entry.decision.record for entry in face.house.entries]
    assert {record.agent for record in records} == {TRIAGE}
    assert {record.subject for record in records} == {f"token {face.tokens[TRIAGE].split('_')[1]}"}
    assert [record.client for record in records] == [OPERATOR, OPERATOR, "raw"]
    assert records[-1].effect.value == "deny"


@pytest.mark.threats(1)
async def test_each_agent_of_one_server_is_told_apart(face: Face) -> None:
    delete = call("delete_error", {"project_id": "checkout-ios", "error_id": face.house.errors()[0].id})
    mine, theirs = await face.post(delete), await face.post(delete, agent=OPERATOR)

    assert (mine.json()["result"]["isError"], theirs.json()["result"]["isError"]) == (True, False)
    assert [entry.decision.record.agent for entry in face.house.entries] == [TRIAGE, OPERATOR, OPERATOR]


async def _initialize(face: Face, agent: str) -> str:
    opening = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "initialize",
        "params": {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "old", "version": "1"}},
    }
    response = await face.post(opening, agent=agent, without=["MCP-Protocol-Version", "Mcp-Method"])
    assert response.status_code == 200
    return response.headers["mcp-session-id"]


@pytest.mark.ablation("a session is of its token")
@pytest.mark.threats(3)
async def test_a_session_of_another_token_is_not_there(face: Face) -> None:
    # Guards: the user that BearerLayer hands to the session manager. One agent's second token is another owner too.
    session = await _initialize(face, OPERATOR)
    second = wiring.tokens(face.house.settings).new(OPERATOR)
    old: dict[str, Any] = {"jsonrpc": "2.0", "id": 2, "method": "tools/list", "params": {}}
    headers = [("Mcp-Session-Id", session), ("MCP-Protocol-Version", "2025-11-25")]
    plain = ["MCP-Protocol-Version", "Mcp-Method"]

    assert (await face.post(old, agent=OPERATOR, without=plain, more=headers)).status_code == 200
    hijacked = await face.post(old, agent=TRIAGE, without=plain, more=headers)
    unknown = await face.post(old, agent=TRIAGE, without=plain, more=[("Mcp-Session-Id", "f" * 32), headers[1]])
    other = await face.post(
        old, without=[*plain, "Authorization"], more=[*headers, ("Authorization", f"Bearer {second}")]
    )
    assert (hijacked.status_code, other.status_code) == (404, 404)
    assert hijacked.content == unknown.content
    for method in ("GET", "DELETE"):
        request = {"Authorization": f"Bearer {face.tokens[TRIAGE]}", **dict(headers), "Accept": "text/event-stream"}
        assert (await face.client.request(method, "/mcp", headers=request)).status_code == 404
    assert (await face.post(old, agent=OPERATOR, without=plain, more=headers)).status_code == 200


@pytest.mark.threats(3)
async def test_a_cursor_of_another_agent_is_not_good(face: Face) -> None:
    first = await face.post(LIST_ERRORS, agent=OPERATOR)
    cursor = first.json()["result"]["structuredContent"]["next_cursor"]
    more = call("list_errors", {"project_id": "checkout-ios", "cursor": cursor})
    sent = len(face.house.requests)

    stolen = (await face.post(more)).json()["result"]
    assert (stolen["isError"], stolen["structuredContent"]["error"]["code"]) == (True, "invalid_arguments")
    assert len(face.house.requests) == sent
    assert face.house.entries[-1].decision.record.agent == TRIAGE
    assert (await face.post(more, agent=OPERATOR)).json()["result"]["isError"] is False


@pytest.mark.threats(19)
async def test_the_list_is_each_agents_own_and_private(face: Face) -> None:
    lists = {agent: (await face.post(message("tools/list"), agent=agent)).json()["result"] for agent in face.tokens}

    assert {each["cacheScope"] for each in lists.values()} == {"private"}
    assert {each["ttlMs"] for each in lists.values()} == {0}
    assert len({str(each["tools"]) for each in lists.values()}) == 4
    assert VERSION == "2026-07-28"
