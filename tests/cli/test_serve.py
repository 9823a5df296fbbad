import json
import os
import shutil
import signal
import socket
import subprocess
import urllib.parse
from pathlib import Path
from typing import Any

import pytest

from crashgate.clients.launch import shell_command
from crashgate_sandbox.bugsnag.auth import SANDBOX_TOKEN
from tests.cli.shell import COMMAND, Shell, line, run, started

HELLO = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-11-25",
        "capabilities": {},
        "clientInfo": {"name": "test", "version": "1"},
    },
}
READY = {"jsonrpc": "2.0", "method": "notifications/initialized"}
LIST = {"jsonrpc": "2.0", "id": 2, "method": "tools/list"}


def call(number: int, tool: str, **arguments: object) -> dict[str, object]:
    """A call of a tool."""
    return {"jsonrpc": "2.0", "id": number, "method": "tools/call", "params": {"name": tool, "arguments": arguments}}


def converse(process: subprocess.Popen[bytes], *messages: object) -> list[dict[str, object]]:
    """Send messages one after the other, each request after the answer to the one before."""
    answers: list[dict[str, object]] = []
    assert process.stdin is not None
    for message in messages:
        process.stdin.write(json.dumps(message).encode() + b"\n")
        process.stdin.flush()
        if isinstance(message, dict) and "id" in message:
            answers.append(json.loads(line(process)))
    return answers


@pytest.mark.usefixtures("policies")
def test_over_stdio_stdout_carries_the_protocol_and_nothing_else(state: Path) -> None:
    words = ("--state", str(state), "serve", "--agent", "triage-agent", "--sandbox")
    with started(words) as process:
        answers = converse(process, HELLO, READY, LIST, call(3, "list_errors", project_id="checkout-ios"))
        rest, err = process.communicate(timeout=30)
    assert (process.returncode, rest, err) == (0, b"", b"")
    assert [(answer["jsonrpc"], answer["id"], "result" in answer) for answer in answers] == [
        ("2.0", 1, True),
        ("2.0", 2, True),
        ("2.0", 3, True),
    ]


@pytest.mark.usefixtures("policies")
@pytest.mark.parametrize("text", ["full", "short"])
def test_the_option_text_says_whether_an_answers_text_holds_the_data(state: Path, text: str) -> None:
    words = ("--state", str(state), "serve", "--agent", "triage-agent", "--sandbox", "--text", text)
    with started(words) as process:
        _, answer = converse(process, HELLO, READY, call(2, "my_access"))
    result: Any = answer["result"]
    data = [json.loads(block["text"]) for block in result["content"][1:]]
    assert data == ([result["structuredContent"]] if text == "full" else [])


@pytest.mark.usefixtures("policies")
def test_over_stdio_the_agent_is_the_one_that_was_named(state: Path, crashgate: Shell) -> None:
    with started(("--state", str(state), "serve", "--agent", "release-manager", "--sandbox")) as process:
        converse(process, HELLO, READY, call(2, "my_access"))
    told = crashgate("log", "show").out
    assert "release-manager read its own access" in told


@pytest.mark.usefixtures("policies")
def test_a_request_to_stop_ends_stdio_in_order(state: Path, crashgate: Shell) -> None:
    with started(("--state", str(state), "serve", "--agent", "triage-agent", "--sandbox")) as process:
        converse(process, HELLO, READY)
        process.terminate()
        assert process.wait(timeout=30) == 143
        assert process.stderr is not None
        assert process.stderr.read() == b""
    assert crashgate("log", "verify").code == 0


@pytest.mark.usefixtures("policies")
def test_an_agent_without_a_policy_is_not_served(state: Path) -> None:
    told = run("--state", str(state), "serve", "--agent", "nobody", "--sandbox")
    assert (told.code, told.out) == (3, "")
    assert told.err.splitlines() == [
        "Error: There is no policy for agent nobody.",
        "There are policies for: operator, read-only-assistant, release-manager, triage-agent.",
        "Name one of these, or write the document nobody.toml.",
    ]


@pytest.mark.threats(30)
def test_a_policy_document_with_a_mistake_stops_its_own_agent_alone(policies: Path, state: Path) -> None:
    with (policies / "read-only-assistant.toml").open("a", encoding="utf-8") as document:
        document.write("colour = 1\n")
    serve = ("--state", str(state), "serve", "--sandbox")
    with started((*serve, "--agent", "triage-agent")) as process:
        answers = converse(process, HELLO, READY, LIST)
        _, err = process.communicate(timeout=30)  # over stdio no other agent's document is read
    own = run(*serve, "--agent", "read-only-assistant")
    strict = run(*serve, "--agent", "triage-agent", "--strict-policies")

    assert "result" in answers[1]
    assert b"CANNOT BE USED" not in err
    assert (own.code, strict.code) == (3, 3)
    assert all("unknown key `colour`" in each for each in (own.err, strict.err))


@pytest.mark.usefixtures("policies")
def test_a_file_in_place_of_a_client_is_refused(state: Path, home: Path) -> None:
    (home / "messages").write_text(json.dumps(HELLO), encoding="utf-8")
    with (home / "messages").open("rb") as messages:
        words = (COMMAND, "--state", str(state), "serve", "--agent", "triage-agent", "--sandbox")
        done = subprocess.run(words, stdin=messages, capture_output=True, check=False, timeout=30)
    assert (done.returncode, done.stdout) == (3, b"")
    assert done.stderr.startswith(b"Error: stdin is not a pipe")


@pytest.mark.parametrize(
    "words",
    [(), ("--http", "--agent", "triage-agent"), ("--agent", "triage-agent", "--port", "1"), ("--http", "--port", "-1")],
    ids=" ".join,
)
def test_wrong_options_are_a_wrong_use(words: tuple[str, ...], crashgate: Shell) -> None:
    assert crashgate("serve", *words).code == 2


def get(url: str, path: str) -> tuple[str, str]:
    """Status line and body of a GET; a plain socket, so that only the server is under test."""
    parts = urllib.parse.urlsplit(url)
    with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=30) as connection:
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: {parts.netloc}\r\nConnection: close\r\n\r\n".encode())
        answer = b"".join(iter(lambda: connection.recv(65536), b"")).decode()
    head, _, body = answer.partition("\r\n\r\n")
    return head.splitlines()[0], body


@pytest.mark.usefixtures("policies")
def test_over_http_it_says_where_it_is_when_it_can_be_reached(state: Path) -> None:
    with started(("--state", str(state), "serve", "--http", "--port", "0", "--sandbox")) as process:
        told = [line(process, err=True) for _ in range(5)]
        url = told[0].split()[-1]
        assert get(url, "/livez") == ("HTTP/1.1 200 OK", '{"status":"live"}')
        assert get(url, "/readyz") == ("HTTP/1.1 200 OK", '{"status":"ready"}')
        assert get(url, "/mcp")[0] == "HTTP/1.1 401 Unauthorized"
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    assert (process.returncode, out, err) == (0, b"", b"")
    assert told == [
        f"crashgate serves MCP at {url}",
        "Agents with a policy: operator, read-only-assistant, release-manager, triage-agent",
        f"A token for one of them:  {shell_command()} --state {state} token new operator --sandbox",
        "Its client sends it as:   Authorization: Bearer TOKEN",
        "Stop it with Ctrl-C.",
    ]


@pytest.mark.usefixtures("policies")
def test_over_http_the_announcement_can_be_json(state: Path) -> None:
    with started(("--json", "--state", str(state), "serve", "--http", "--port", "0", "--sandbox")) as process:
        told = json.loads(line(process, err=True))
        assert get(told["url"], "/readyz")[0] == "HTTP/1.1 200 OK"
        process.terminate()
        assert process.communicate(timeout=30) == (b"", b"")
    assert told["agents"] == ["operator", "read-only-assistant", "release-manager", "triage-agent"]


@pytest.mark.usefixtures("policies")
def test_tokens_that_are_not_known_are_told_at_the_start(state: Path) -> None:
    (state / "tokens.jsonl").mkdir(parents=True)
    with started(("--state", str(state), "serve", "--http", "--port", "0", "--sandbox")) as process:
        told = [line(process, err=True) for _ in range(2)]

    assert told[0].startswith("Warning: No token is known, because ")
    assert told[1].startswith("crashgate serves MCP at ")


@pytest.mark.threats(32)
@pytest.mark.usefixtures("policies")
def test_a_credential_is_read_from_the_environment_and_stands_in_no_argument(state: Path) -> None:
    environment = {**os.environ, "BUGSNAG_AUTH_TOKEN": "upstream-secret", "BUGSNAG_ENDPOINT": "http://127.0.0.1:9"}
    with started(("--state", str(state), "serve", "--agent", "triage-agent"), environment=environment) as process:
        answers = converse(process, HELLO, READY, call(2, "list_errors", project_id="checkout-ios"))
        shown = subprocess.run(
            (shutil.which("ps") or "ps", "-ww", "-o", "args=", "-p", str(process.pid)),
            capture_output=True,
            check=True,
            timeout=30,
        ).stdout
    assert b"serve --agent triage-agent" in shown
    assert b"upstream-secret" not in shown
    assert "upstream-secret" not in json.dumps(answers)


def test_without_policies_the_sandbox_takes_the_examples(home: Path, state: Path) -> None:
    with started(("--state", str(state), "serve", "--agent", "triage-agent", "--sandbox")) as process:
        assert line(process, err=True) == (
            f"There is no folder {home / 'policies'}; copies of the examples are used: {state / 'example-policies'}"
        )
        answers = converse(process, HELLO, READY, LIST)
    assert len(answers) == 2


def test_what_is_told_of_tokens_holds_for_the_examples_too(state: Path) -> None:
    with started(("--state", str(state), "serve", "--http", "--port", "0", "--sandbox")) as process:
        told = [line(process, err=True) for _ in range(4)]
    command = told[3].partition("crashgate ")[2].split()
    assert (command[-3], command[-1]) == ("new", "--sandbox")
    assert run(*command).code == 0


def test_without_policies_a_real_upstream_takes_none(state: Path) -> None:
    environment = {**os.environ, "BUGSNAG_AUTH_TOKEN": "upstream-secret"}
    told = run("--state", str(state), "serve", "--agent", "triage-agent", environment=environment)
    assert (told.code, told.out) == (3, "")
    assert "policies does not exist" in told.err


def test_the_sandbox_alone_says_how_to_point_at_it() -> None:
    with started(("sandbox", "--port", "0", "--json")) as process:
        told = json.loads(line(process))
        assert told == {"url": told["url"], "token": SANDBOX_TOKEN}
        assert get(told["url"], "/user/organizations")[0] == "HTTP/1.1 401 Unauthorized"
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=30) == 130


def test_the_sandbox_can_be_copied_into_a_shell() -> None:
    with started(("sandbox", "--port", "0")) as process:
        told = [line(process) for _ in range(5)]
    url = told[0].split()[4].removesuffix(".")
    assert told[2] == f"  export BUGSNAG_ENDPOINT={url} BUGSNAG_AUTH_TOKEN={SANDBOX_TOKEN}"
