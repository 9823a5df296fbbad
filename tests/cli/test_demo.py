import asyncio
import contextlib
import json
import os
from pathlib import Path

import pytest

from crashgate.cli import demo
from crashgate.cli import session as checkout
from crashgate.cli.demo_run import Agent
from crashgate_sandbox import demo as demo_story
from tests.cli.shell import Shell, run


def test_the_demo_goes_as_it_should_and_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "temporary").mkdir()
    environment = {**os.environ, "TMPDIR": str(tmp_path / "temporary"), "CRASHGATE_POLICIES": "/nowhere"}
    told = run("demo", environment=environment)
    assert (told.code, told.err) == (0, "")
    assert list((tmp_path / "temporary").iterdir()) == []
    assert "triage-agent resolved error" in told.out
    assert "triage-agent asked to delete error" in told.out
    assert "read-only-assistant asked to reopen error" in told.out
    assert "release-manager asked to list events" in told.out
    assert not [char for char in told.out if not char.isprintable() and char != "\n"]


@pytest.mark.parametrize(
    ("level", "why"),
    [
        pytest.param("full", "delete_error of triage-agent was allowed.", id="a refusal that does not come"),
        pytest.param("read", "resolve_error of triage-agent was refused.", id="a refusal that should not come"),
    ],
)
def test_the_demo_fails_when_the_gate_decides_otherwise(
    level: str, why: str, policies: Path, crashgate: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = policies / "triage-agent.toml"
    text = document.read_text(encoding="utf-8")
    changed = text.replace('access.error = "write"', f'access.error = "{level}"')
    assert changed != text
    document.write_text(changed, encoding="utf-8")
    monkeypatch.setattr(checkout, "example_policies", lambda: policies)
    told = crashgate("demo", "--json")
    assert told.code == 1
    result = json.loads(told.out)
    assert (result["ok"], result["why"]) == (False, why)


def nobody(*_: object) -> contextlib.AbstractAsyncContextManager[None]:
    """In place of the third agent, whose process would want a stderr that is a file."""
    return contextlib.nullcontext()


def test_the_demo_fails_when_a_request_is_not_in_the_log(crashgate: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    async def by_another_way(agent: Agent) -> None:
        agent.server.received.arrived(method="GET", path="/user/organizations", query="", body=b"")
        await asyncio.sleep(0)

    monkeypatch.setattr(demo, "_over_stdio", nobody)
    monkeypatch.setattr(demo_story, "release", by_another_way)
    told = crashgate("demo", "--json")
    assert told.code == 1
    result = json.loads(told.out)
    assert result["ok"] is False
    assert result["received"] == result["logged"] + 1
