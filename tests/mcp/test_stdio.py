"""MCP over pipes: one line a message, whatever lines come (THREATS rows 16, 24 and 32)."""

import asyncio
import json
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from mcp_types import jsonrpc_message_adapter

from crashgate.audit.attempt import AttemptRecord
from crashgate.audit.record import Ending
from crashgate.config.settings import HttpSettings
from crashgate.mcp.stdio import UnderWay
from crashgate_sandbox.bugsnag.auth import SANDBOX_TOKEN
from crashgate_sandbox.faults import Fault, FaultKind
from tests.house import TRIAGE, until
from tests.mcp.face import LIST_ERRORS, call, message
from tests.mcp.pipe import INITIALIZE, Pipe, open_pipe
from tests.mcp.test_strict_json import REFUSED
from tests.system.served import Site, open_site

LEGACY_LIST: dict[str, Any] = {"jsonrpc": "2.0", "id": 2, "method": "tools/list", "params": {}}
INITIALIZED: dict[str, Any] = {"jsonrpc": "2.0", "method": "notifications/initialized"}
SLOW = Fault(kind=FaultKind.SLOW, path="/projects/*/errors", seconds=60)


def _noted(site: Site) -> list[AttemptRecord]:
    """What was refused before the gate."""
    return [each.record for each in site.log.records() if isinstance(each.record, AttemptRecord)]


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    async with open_site(tmp_path) as opened:
        yield opened


async def test_after_a_discover_probe_an_initialize_opens_a_conversation(site: Site) -> None:
    # Guards: _Conversations; the protocol library refuses it on one connection, and shipping clients do it.
    async with open_pipe(site) as pipe:
        discovered = await pipe.ask(message("server/discover"))
        modern = await pipe.ask(message("tools/list", number=5))
        opened = await pipe.ask(INITIALIZE)
        legacy = await pipe.ask(INITIALIZED, LEGACY_LIST)
        again = await pipe.ask(INITIALIZE)

        assert await pipe.end() == 0
    assert "2026-07-28" in discovered["result"]["supportedVersions"]
    assert (opened["id"], opened["result"]["protocolVersion"]) == ("hello", "2025-11-25")
    assert again["id"] == "hello"
    names = [[tool["name"] for tool in answer["result"]["tools"]] for answer in (modern, legacy)]
    assert names[0] == names[1] != []


@pytest.mark.ablation("no key stands twice")
@pytest.mark.threats(16, 24)
async def test_lines_that_are_no_message_get_errors_and_the_session_goes_on(site: Site) -> None:
    # Guards: the same strict reading as over HTTP, and that no line ends the process or is dispatched.
    right = json.dumps(LIST_ERRORS).encode()
    lines = [line for line in REFUSED.values() if b"\n" not in line and line.strip()]
    lines += [
        right.replace(b'"name": "list_errors"', b'"name": "list_errors", "name": "delete_error"'),
        b"[" + right + b"]",
        b"\xef\xbb\xbf" + right,
        b'"text"',
        b"7",
        b'{"jsonrpc": "2.0"}',
        b'{"jsonrpc": "1.0", "id": 1, "method": "tools/list"}',
        b'{"id": 1, "method": "tools/list"}',
    ]
    async with open_pipe(site) as pipe:
        errors = [await pipe.ask(b"", b"  ", line) for line in lines]
        assert site.requests.received == ()
        answer = await pipe.ask(LIST_ERRORS)

        assert await pipe.end() == 0
    assert {(error["id"], error["error"]["code"] in {-32700, -32600}) for error in errors} == {(None, True)}
    assert answer["result"]["isError"] is False
    assert [entry.decision.record.tool for entry in site.log.entries()] == ["list_errors"] * 2
    assert len(pipe.heard) == len(lines) + 1
    noted = _noted(site)
    assert sum(each.count for each in noted) == len(lines)
    assert {(each.what.value, each.via.value, each.agent) for each in noted} == {
        ("malformed", "stdio", TRIAGE),
        ("batch", "stdio", TRIAGE),
    }


LONGEST = HttpSettings().largest_body


@pytest.mark.threats(24)
async def test_the_longest_message_is_the_same_over_stdio_as_over_http(site: Site) -> None:
    async with site.process("--agent", TRIAGE, environment={"CRASHGATE_HTTP__LARGEST_BODY": "2048"}) as process:
        pipe = Pipe(process=process)
        told = await pipe.ask(b"y" * 2049)
        taken = await pipe.ask(b" " * 1500 + json.dumps(message("tools/list", number=1)).encode())

        assert await pipe.end() == 0
    assert told["error"]["message"] == "Message refused: a message is at most 2048 bytes long."
    assert taken["id"] == 1


@pytest.mark.ablation("a line of stdin has a longest length")
@pytest.mark.threats(24)
async def test_a_line_that_is_too_long_costs_only_itself(site: Site) -> None:
    # Guards: _lines, which throws away up to the end of that line and not beyond.
    long = b'{"x": "' + b"y" * (LONGEST + 70_000) + b'"}'
    async with open_pipe(site) as pipe:
        pipe.say(message("tools/list", number=1), long, message("tools/list", number=2), long, long)
        pipe.say(b"y" * (LONGEST - 1), message("tools/list", number=3))
        answers = [await pipe.hear() for _ in range(7)]

        assert await pipe.end() == 0
    errors = [answer["error"]["code"] for answer in answers if "error" in answer]
    assert sorted(errors) == [-32700, -32600, -32600, -32600]
    assert [answer["id"] for answer in answers if "result" in answer] == [1, 2, 3]
    counts = {each.what.value: 0 for each in _noted(site)}
    for each in _noted(site):
        counts[each.what.value] += each.count
    assert counts == {"oversized": 3, "malformed": 1}


@pytest.mark.threats(16)
@pytest.mark.parametrize(
    ("lines", "reason"),
    list[tuple[list[dict[str, Any]], str]](
        [
            ([INITIALIZE, {"jsonrpc": "2.0", "id": 5, "method": "no/such"}], "unknown_method"),
            ([INITIALIZE, {"jsonrpc": "2.0", "id": 5, "method": "tools/call", "params": {}}], "invalid_params"),
            ([message("tools/list"), message("no/such", number=5)], "unknown_method"),
            ([message("tools/list"), message("tools/call", number=5)], "invalid_params"),
        ]
    ),
    ids=["legacy method", "legacy params", "modern method", "modern params"],
)
async def test_what_the_protocol_refuses_inside_a_session_has_a_record(
    site: Site, lines: list[dict[str, Any]], reason: str
) -> None:
    # Guards: watch() in server.build.
    async with open_pipe(site) as pipe:
        answers = [await pipe.ask(line) for line in lines]

        assert await pipe.end() == 0
    assert (answers[-1]["id"], "error" in answers[-1]) == (5, True)
    assert [(each.what.value, each.reason, each.agent) for each in _noted(site)] == [("malformed", reason, TRIAGE)]


async def test_the_end_of_stdin_ends_the_process_with_a_closed_log(site: Site) -> None:
    async with open_pipe(site) as pipe:
        await pipe.ask(call("my_access"))
        site.faults.add(SLOW)
        pipe.say(LIST_ERRORS)
        await until(lambda: len(site.requests.received) == 2)

        assert await pipe.end() == 0
    entries = list(site.log.entries())
    assert [entry.unknown for entry in entries] == [False] * 3
    outcome = entries[0].outcome
    assert outcome is not None
    assert outcome.record.result is Ending.CANCELLED
    assert [(verdict.sound, verdict.end_checked) for verdict in site.log.verify()] == [(True, True)]
    assert [sorted(json.loads(line)) for line in pipe.heard] == [
        ["id", "jsonrpc", "result"],
        ["error", "id", "jsonrpc"],
    ]


@pytest.mark.threats(28)
async def test_sigterm_ends_the_process_with_a_closed_log(site: Site) -> None:
    async with open_pipe(site) as pipe:
        await pipe.ask(call("my_access"))
        site.faults.add(SLOW)
        pipe.say(LIST_ERRORS)
        await until(lambda: len(site.requests.received) == 2)
        pipe.process.send_signal(signal.SIGTERM)

        assert await pipe.ended() == 143
    entries = list(site.log.entries())
    assert [entry.unknown for entry in entries] == [False] * 3
    assert "The call was cancelled after" in entries[0].sentence
    assert [(verdict.sound, verdict.end_checked) for verdict in site.log.verify()] == [(True, True)]


@pytest.mark.parametrize("lines", [[INITIALIZE, INITIALIZED], []], ids=["legacy", "modern"])
async def test_what_is_asked_before_stdin_ends_is_answered(site: Site, lines: list[dict[str, Any]]) -> None:
    # Guards: UnderWay, so that `printf '...' | crashgate serve` works; the protocol library gives such calls up.
    site.faults.add(Fault(kind=FaultKind.SLOW, path="/projects/*/errors", seconds=0.3))
    ask: dict[str, Any] = LIST_ERRORS if not lines else {**LEGACY_LIST, "id": 1, "method": "tools/call"}
    if lines:
        ask["params"] = {"name": "list_errors", "arguments": {"project_id": "checkout-ios"}}
    async with open_pipe(site) as pipe:
        pipe.say(*lines, ask, LEGACY_LIST if lines else message("tools/list", number=2))

        assert await pipe.end() == 0
    answers = {each.get("id"): each for each in map(json.loads, pipe.heard)}
    assert set(answers) == {*([INITIALIZE["id"]] if lines else []), 1, 2}
    assert answers[1]["result"]["isError"] is False
    assert [entry.unknown for entry in site.log.entries()] == [False] * 2
    assert [(verdict.sound, verdict.end_checked) for verdict in site.log.verify()] == [(True, True)]


async def test_a_stream_of_changes_does_not_hold_up_the_end(site: Site) -> None:
    async with open_pipe(site) as pipe, asyncio.timeout(20):
        await pipe.ask(message("subscriptions/listen", {"notifications": {"toolsListChanged": True}}, number=9))

        assert await pipe.end() == 0


def _none_under_way(*messages: dict[str, Any]) -> bool:
    """Whether nothing is waited for after these messages came."""
    under_way = UnderWay()
    for each in messages:
        under_way.came(jsonrpc_message_adapter.validate_python(each, by_name=False))
    return under_way.none


def test_a_stream_without_an_end_and_a_cancelled_call_have_no_answer_to_wait_for() -> None:
    # Guards: UnderWay; else the end of stdin would be waited out for them.
    listen = message("subscriptions/listen", {"notifications": {}}, number=9)
    cancelled = {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 1}}

    assert _none_under_way(listen, INITIALIZED)
    assert not _none_under_way(listen, LIST_ERRORS)
    assert _none_under_way(listen, LIST_ERRORS, cancelled)


async def test_a_cancelled_call_ends_upstream_too_and_the_session_goes_on(site: Site) -> None:
    cancel = {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 7}}
    slow = {"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": LIST_ERRORS["params"]}
    slow["params"] = {"name": "list_errors", "arguments": {"project_id": "checkout-ios"}}
    async with open_pipe(site) as pipe:
        await pipe.ask(INITIALIZE)
        site.faults.add(SLOW)
        pipe.say(INITIALIZED, slow)
        await until(lambda: len(site.requests.received) == 2)
        pipe.say(cancel)
        await until(lambda: site.requests.received[-1].hung_up)
        pipe.say(LEGACY_LIST)
        answers = [await pipe.hear()]
        while answers[-1].get("id") != 2:
            answers.append(await pipe.hear())

        assert await pipe.end() == 0
    entries = list(site.log.entries())
    assert entries[0].outcome is not None
    assert entries[0].outcome.record.result is Ending.CANCELLED


@pytest.mark.threats(1, 32)
async def test_the_agent_is_that_of_the_launch_whatever_the_client_says(site: Site) -> None:
    named = json.loads(json.dumps(INITIALIZE))
    named["params"]["clientInfo"]["name"] = "operator"
    delete = {"name": "delete_error", "arguments": {"project_id": "checkout-ios", "error_id": "f" * 24}}
    async with open_pipe(site) as pipe:
        await pipe.ask(named)
        params = {**delete, "_meta": {"agent": "operator"}}
        refused = await pipe.ask({"jsonrpc": "2.0", "id": 3, "method": "tools/call", "params": params})

        assert await pipe.end() == 0
    (entry,) = site.log.entries()
    record = entry.decision.record
    assert refused["result"]["isError"] is True
    assert (record.agent, record.subject, record.client, record.via.value) == (TRIAGE, "launch", "operator", "stdio")


def _words_of(process: int) -> bytes:
    """The command line as everybody on the machine may see it."""
    words = Path(f"/proc/{process}/cmdline")
    if not words.exists():
        pytest.skip("this system has no /proc")
    return words.read_bytes()


@pytest.mark.threats(32)
async def test_no_secret_stands_on_the_command_line(site: Site) -> None:
    async with open_pipe(site) as pipe:
        await pipe.ask(message("tools/list"))
        shown = _words_of(pipe.process.pid)

    assert SANDBOX_TOKEN.encode() not in shown
    assert TRIAGE.encode() in shown


_NOISY = """
import asyncio, os, sys
from mcp.server.lowlevel import Server
from mcp_types import ListToolsResult
from crashgate.clock import SystemClock
from crashgate.identity import Via
from crashgate.mcp.attempts import Attempts
from crashgate.mcp.stdio import serve_stdio

async def listed(context, params):
    print("a stray print")
    os.write(1, b"a stray write\\n")
    return ListToolsResult(tools=[])

attempts = Attempts(None, SystemClock(), via=Via.STDIO)
asyncio.run(serve_stdio(Server("noisy", on_list_tools=listed), attempts, agent="noisy", longest=1024))
"""


@pytest.mark.ablation("a stray print does not get into the protocol")
def test_a_stray_print_does_not_get_into_the_protocol(root: Path) -> None:
    # Guards: _take, which leaves stdout's number to nobody.
    lines = json.dumps(message("tools/list")).encode() + b"\n"
    with subprocess.Popen(
        [sys.executable, "-c", _NOISY],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=root,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdin.write(lines)
        process.stdin.flush()
        answer = process.stdout.readline()
        process.stdin.close()
        rest, told = process.stdout.read(), process.stderr.read()

    assert json.loads(answer)["result"]["tools"] == []
    assert (rest, b"a stray write" in told) == (b"", True)
