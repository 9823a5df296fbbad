"""What reaches a terminal, and what reaches a pipe."""

import os
import pty
import re
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from crashgate.cli.approvals import ahead
from tests.cli.shell import COMMAND, run

COMMANDS = (
    ("policy", "show"),
    ("policy", "check"),
    ("policy", "explain", "triage-agent", "my_access"),
    ("log", "show"),
    ("log", "stats"),
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


@pytest.mark.usefixtures("policies")
@pytest.mark.parametrize("command", [("policy", "show"), ("policy", "show", "triage-agent"), ("policy", "check")])
def test_a_terminal_of_80_columns_shows_every_word_whole(command: tuple[str, ...], state: Path) -> None:
    words = {
        piece
        for word in run("--state", str(state), *command).out.split()
        for piece in (re.findall("[^-]+-?", word) if "/" not in word and "@" not in word else [word])
    }

    told = re.sub("\x1b\\[[0-9;]*m", "", at_a_terminal("--state", str(state), *command, COLUMNS="80").decode())

    assert {len(line) <= 80 for line in told.splitlines()} == {True}
    assert {word for word in words if len(word) < 40 and word not in told} <= {"connection"}, (
        "each is a line of its own"
    )


@pytest.mark.usefixtures("policies")
def test_forty_agents_are_shown_in_tables_that_fit_the_terminal(home: Path, state: Path) -> None:
    for number in range(40):
        text = f'agent = "ci-team-{number:02}"\nabout = "x"\nowner = "y"\n'
        (home / "policies" / f"ci-team-{number:02}.toml").write_text(text, encoding="utf-8")

    words = ("--state", str(state), "policy", "show", "--resource", "error")
    told = re.sub("\x1b\\[[0-9;]*m", "", at_a_terminal(*words, COLUMNS="80").decode())

    assert {len(line) <= 80 for line in told.splitlines()} == {True}
    assert [line.split()[0] for line in told.splitlines() if "error" in line] == ["error"] * told.count("resource")
    assert told.count("resource") > 1
    levels = [word for line in told.splitlines() if "error" in line for word in line.split()[1:]]
    assert levels == ["off"] * 40 + ["full", "read", "read", "write"]


@pytest.mark.usefixtures("policies")
def test_a_table_can_be_narrowed_to_some_agents_and_resources(state: Path) -> None:
    told = run("--state", str(state), "policy", "show", "*-manager", "--connection", "bugsnag", "--resource", "trend")

    assert [line.split() for line in told.out.splitlines()] == [
        ["connection", "resource", "release-manager"],
        ["bugsnag", "trend", "read"],
    ]
    assert run("--state", str(state), "policy", "show", "--resource", "trends").out == (
        "No connection has such a resource.\n"
    )
    assert run("--state", str(state), "policy", "show", "x-*").code == 3


def test_what_expires_is_told_as_time_that_is_left() -> None:
    now = datetime(2026, 11, 20, 17, tzinfo=UTC)

    told = [ahead(now + timedelta(seconds=each), now) for each in (-1, 0, 1, 60, 61, 719, 119 * 60, 121 * 60, 86_400)]

    assert told == [
        "passed",
        "passed",
        "in 1 min",
        "in 1 min",
        "in 2 min",
        "in 12 min",
        "in 119 min",
        "in 3 h",
        "in 24 h",
    ]
