"""What is imported before a command does anything: the protocol's library alone takes most of a second."""

import json
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
