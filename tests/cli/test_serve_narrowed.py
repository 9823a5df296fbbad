"""``serve --tools`` and ``--read-only``, over both transports."""

import json
from pathlib import Path
from typing import Any, cast

import httpx2
import pytest

from tests.cli.shell import Shell, line, run, started
from tests.cli.test_serve import HELLO, LIST, READY, converse
from tests.mcp.face import META, VERSION
from tests.plain_http import NO_CERTIFICATES

OPTIONS = ("--tools", "releases", "--read-only")
READ = {
    "my_access",
    "list_releases",
    "get_release",
    "list_release_groups",
    "get_release_group",
    "compare_releases",
    "get_stability_trend",
}


def names(answer: dict[str, object]) -> set[str]:
    result = cast("dict[str, Any]", answer["result"])
    return {tool["name"] for tool in result["tools"]}


@pytest.mark.usefixtures("policies")
def test_over_stdio_only_what_is_served_is_shown(state: Path) -> None:
    with started(("--state", str(state), "serve", "--agent", "release-manager", "--sandbox", *OPTIONS)) as process:
        _, listed = converse(process, HELLO, READY, LIST)

    assert names(listed) <= READ
    assert "list_releases" in names(listed)


@pytest.mark.usefixtures("policies")
def test_over_http_only_what_is_served_is_shown(state: Path) -> None:
    token = run("--state", str(state), "--json", "token", "new", "release-manager", "--sandbox")
    with started(("--json", "--state", str(state), "serve", "--http", "--port", "0", "--sandbox", *OPTIONS)) as process:
        url = json.loads(line(process, err=True))["url"]
        headers = {
            "Authorization": f"Bearer {json.loads(token.out)['token']}",
            "Content-Type": "application/json",
            "Accept": "application/json, text/event-stream",
            "MCP-Protocol-Version": VERSION,
            "Mcp-Method": "tools/list",
        }
        body = {**LIST, "params": {"_meta": META}}
        answer = httpx2.post(url, json=body, headers=headers, timeout=30, verify=NO_CERTIFICATES)
        process.terminate()
        process.communicate(timeout=30)

    listed = json.loads(answer.text[answer.text.index("{") :].splitlines()[0])
    assert names(listed) <= READ
    assert "list_releases" in names(listed)


@pytest.mark.usefixtures("policies")
def test_a_group_that_there_is_not_is_told(crashgate: Shell) -> None:
    told = crashgate("serve", "--agent", "triage-agent", "--sandbox", "--tools", "errors,release")

    assert told.code == 3
    assert "unknown group of tools `release`; did you mean `releases`?" in told.err
