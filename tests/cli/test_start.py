"""What is imported before a command does anything: the protocol's library alone takes most of a second."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = ("httpx2", "mcp", "pydantic", "rich", "sqlite3", "starlette", "uvicorn")
SCRIPT = """
import json, sys
from crashgate.cli.main import cli
try:
    cli(sys.argv[2:], prog_name="crashgate")
except SystemExit as end:
    print(json.dumps([end.code, sorted(set(sys.argv[1].split(",")) & set(sys.modules))]), file=sys.stderr)
"""


def imported(*words: str) -> tuple[int, list[str]]:
    """The exit code of a command, and what heavy there was among the modules at its end."""
    done = subprocess.run(
        (sys.executable, "-c", SCRIPT, ",".join(HEAVY), *words), capture_output=True, check=True, timeout=60
    )
    code, found = json.loads(done.stderr.splitlines()[-1])
    return code, found


@pytest.mark.parametrize("command", [(), ("policy",), ("serve",), ("demo",), ("log", "show")], ids=" ".join)
def test_help_imports_nothing_heavy(command: tuple[str, ...]) -> None:
    assert imported(*command, "--help") == (0, [])


@pytest.mark.usefixtures("policies")
@pytest.mark.parametrize(
    "command",
    [("policy", "check"), ("policy", "show"), ("policy", "explain", "operator", "my_access"), ("log", "verify")],
    ids=" ".join,
)
def test_a_piped_command_imports_neither_the_protocol_nor_a_web_server(
    command: tuple[str, ...], recorded: Path
) -> None:
    code, found = imported("--state", str(recorded), *command)
    assert code == 0
    assert not {"mcp", "rich", "starlette", "uvicorn"} & set(found)


UNUSED = ("aiohttp", "httpx2", "mcp.client", "mcp.server.mcpserver", "crashgate.mcp.http", "crashgate.upstream.http")
SERVE = """
import json, sys
from crashgate.cli.main import cli
try:
    cli(sys.argv[2:], prog_name="crashgate")
except SystemExit as end:
    unused = sorted(set(sys.argv[1].split(",")) & set(sys.modules))
from mcp import Client
from mcp.server import Server
print(json.dumps([unused, Client.__name__, Server.__name__]), file=sys.stderr)
"""


def test_a_server_over_stdio_imports_nothing_that_it_does_not_use_yet_and_what_it_left_out_can_be_had(
    policies: Path, tmp_path: Path
) -> None:
    connection = '{"bugsnag": {"token_env": "TOKEN"}}'
    done = subprocess.run(
        (sys.executable, "-c", SERVE, ",".join(UNUSED), "serve", "--agent", "triage-agent"),
        input=b'{"jsonrpc":"2.0","id":1,"method":"ping"}\n',
        capture_output=True,
        check=True,
        timeout=60,
        env={
            **os.environ,
            "CRASHGATE_STATE": str(tmp_path / "state"),
            "CRASHGATE_POLICIES": str(policies),
            "CRASHGATE_CONNECTIONS": connection,
            "TOKEN": "canary-token",
        },
    )

    assert json.loads(done.stderr.splitlines()[-1]) == [[], "Client", "Server"]
