"""What reaches a terminal, and what reaches a pipe."""

import os
import pty
import subprocess
from pathlib import Path

import pytest

from tests.cli.shell import COMMAND, run

COMMANDS = (
    ("policy", "show"),
    ("policy", "check"),
    ("policy", "explain", "triage-agent", "my_access"),
    ("log", "show"),
)


def at_a_terminal(*words: str, **environment: str) -> bytes:
    """What the command prints when stdout is a terminal."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        (COMMAND, *words), stdout=theirs, stderr=theirs, env={**os.environ, "TERM": "xterm-256color", **environment}
    ) as process:
        os.close(theirs)
        told = b""
        try:
            while piece := os.read(ours, 65536):
                told += piece
        except OSError:  # Linux says so when the other end is closed
            pass
        assert process.wait(timeout=30) == 0
    os.close(ours)
    return told


@pytest.mark.usefixtures("policies")
@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_colours_are_for_terminals(command: tuple[str, ...], recorded: Path) -> None:
    words = ("--state", str(recorded), *command)
    piped = run(*words)
    assert piped.code == 0
    assert "\x1b" not in piped.out
    assert b"\x1b" in at_a_terminal(*words)
    plain = at_a_terminal(*words, NO_COLOR="1").decode().replace("\r\n", "\n")
    assert plain == piped.out
    assert at_a_terminal(*words, TERM="dumb").decode().replace("\r\n", "\n") == piped.out


@pytest.mark.usefixtures("policies")
def test_json_is_json_at_a_terminal_too() -> None:
    assert (
        at_a_terminal("policy", "show", "--json").decode().replace("\r\n", "\n") == run("policy", "show", "--json").out
    )
