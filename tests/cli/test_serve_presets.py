"""``serve --preset`` serves one agent under a shipped policy, and nothing is open without one."""

import os
from pathlib import Path
from typing import Any

import pytest

from crashgate.cli.session import PRESETS
from tests.cli.shell import Shell, run, started
from tests.cli.test_serve import HELLO, LIST, READY, call, converse


def served(state: Path, preset: str) -> tuple[set[str], dict[str, Any]]:
    """The tools that the preset's agent sees, and what it gets when it resolves an error."""
    words = ("--state", str(state), "serve", "--preset", preset, "--sandbox")
    with started(words) as process:
        _, listed, errors = converse(process, HELLO, READY, LIST, call(3, "list_errors", project_id="checkout-ios"))
        found: Any = errors["result"]
        error_id = found["structuredContent"]["errors"][0]["id"]
        (answer,) = converse(process, call(4, "resolve_error", project_id="checkout-ios", error_id=error_id))
        process.communicate(timeout=30)
    tools: Any = listed["result"]
    result: Any = answer.get("result") or answer["error"]
    return {tool["name"] for tool in tools["tools"]}, result


def test_read_only_reads_and_changes_nothing(state: Path, home: Path) -> None:
    tools, answer = served(state, "read-only")

    assert {"list_projects", "list_errors", "get_event"} <= tools
    assert "resolve_error" not in tools
    assert answer.get("isError", True)
    assert not (home / "policies").exists()


def test_triage_updates_errors_and_deletes_none(state: Path, crashgate: Shell) -> None:
    tools, answer = served(state, "triage")

    assert "resolve_error" in tools
    assert not [name for name in tools if name.startswith("delete")]
    assert not answer.get("isError")
    assert "triage resolved error" in crashgate("log", "show").out


@pytest.mark.parametrize("preset", PRESETS)
def test_a_preset_is_one_of_three_ways_to_serve(crashgate: Shell, preset: str) -> None:
    for words in (("--agent", "x"), ("--http",)):
        told = crashgate("serve", "--preset", preset, *words)
        assert told.code == 2
        assert "Give one of --agent NAME" in told.err


def test_the_vendors_token_alone_opens_nothing(state: Path) -> None:
    environment = {**os.environ, "BUGSNAG_AUTH_TOKEN": "upstream-secret"}
    told = run("--state", str(state), "serve", "--agent", "read-only", environment=environment)

    assert told.code == 3
    assert "does not exist" in told.err
