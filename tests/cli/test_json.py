import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.cli.shell import Shell, leaves

ROOT = Path(__file__).resolve().parent.parent.parent
AT_ONCE: Mapping[tuple[str, ...], tuple[str, ...]] = {
    ("policy", "check"): (),
    ("policy", "show"): (),
    ("policy", "explain"): ("triage-agent", "resolve_error", "project_id=checkout-ios"),
    ("policy", "test"): (str(ROOT / "policies" / "tests" / "examples.toml"),),
    ("policy", "diff"): ("policies", "policies"),
    ("policy", "replay"): (),
    ("policy", "lint"): (),
    ("policy", "init"): ("new-agent", "--owner", "owner@example.com"),
    ("policy", "export"): ("--cedar",),
    ("policy", "schema"): (),
    ("log", "show"): (),
    ("log", "search"): (),
    ("log", "stats"): (),
    ("log", "verify"): (),
    ("log", "acknowledge"): (),
    ("log", "prune"): ("--keep", "90d", "--dry-run"),
    ("exports", "list"): ("--at", "exports"),
    ("exports", "prune"): ("--keep", "90d", "--dry-run", "--at", "exports"),
    ("log", "checkpoint"): (),
    ("log", "key"): (),
    ("approvals", "list"): (),
    ("token", "new"): ("triage-agent",),
    ("token", "list"): (),
    ("providers",): (),
    ("provider", "check"): ("bugsnag",),
    ("reference",): (),
    ("freeze",): ("triage-agent",),
}
"""Commands that end by themselves at once, with arguments that they accept."""

CHANGING = {("token", "new"), ("log", "checkpoint"), ("log", "prune"), ("exports", "prune")}
"""What they say is of the moment, or new each time."""

RUN_ON = {("log", "follow"), ("serve",), ("console",), ("sandbox",), ("demo",)}
NEED_MORE = {
    ("unfreeze",),
    ("log", "export"),
    ("approvals", "show"),
    ("approvals", "approve"),
    ("approvals", "reject"),
    ("export",),
    ("connections", "check"),
    ("token", "revoke"),
    ("init",),
    ("install",),
    ("doctor",),
}
ELSEWHERE = RUN_ON | NEED_MORE
"""Commands that run on, or need something to be there first: their JSON is read in the tests of their own."""


def test_each_command_is_tried_with_json() -> None:
    assert set(leaves()) == set(AT_ONCE) | ELSEWHERE


@pytest.mark.usefixtures("policies", "recorded")
@pytest.mark.parametrize("command", AT_ONCE, ids=" ".join)
def test_json_is_all_that_stands_on_stdout(command: tuple[str, ...], crashgate: Shell) -> None:
    told = crashgate(*command, *AT_ONCE[command], "--json")
    assert (told.code, told.err) == (0, "")
    assert json.loads(told.out) is not None


@pytest.mark.usefixtures("policies", "recorded")
@pytest.mark.parametrize("command", [each for each in AT_ONCE if each not in CHANGING], ids=" ".join)
def test_json_may_be_asked_for_before_the_command(command: tuple[str, ...], crashgate: Shell) -> None:
    words = (*command, *AT_ONCE[command])
    assert crashgate("--json", *words) == crashgate(*words, "--json")


@pytest.mark.parametrize(
    ("words", "code", "error"),
    [
        pytest.param(("log", "show"), 4, "log_unavailable", id="no log"),
        pytest.param(("policy", "check"), 3, "configuration", id="no folder with policies"),
        pytest.param(("policy", "explain", "a", "no_such_tool"), 3, "configuration", id="no policies to explain"),
        pytest.param(("policy", "check", "--bogus"), 2, "usage", id="an option of a command"),
        pytest.param(("--bogus",), 2, "usage", id="an option of the top"),
        pytest.param(("bogus",), 2, "usage", id="a command"),
        pytest.param(("serve",), 2, "usage", id="neither agent nor http"),
    ],
)
def test_an_error_is_json_on_stderr(words: tuple[str, ...], code: int, error: str, crashgate: Shell) -> None:
    told = crashgate(*words, "--json")
    assert (told.code, told.out) == (code, "")
    document = json.loads(told.err)["error"]
    assert document["code"] == error
    assert set(document) == {"code", "what", "why", "remedy"}
    assert document["what"]


def test_documents_that_cannot_be_used_are_a_result_and_not_an_error(crashgate: Shell, policies: object) -> None:
    (crashgate.state.parent / "policies" / "operator.toml").write_text('agent = "operator"\nabuot = "x"\n')
    told = crashgate("policy", "check", "--json")
    assert (told.code, told.err) == (3, "")
    del policies
    assert json.loads(told.out) == {
        "usable": False,
        "problems": [
            {
                "source": "policies/operator.toml",
                "line": 1,
                "text": 'missing key `about`; write about = "...", one line for people',
            },
            {
                "source": "policies/operator.toml",
                "line": 1,
                "text": 'missing key `owner`; write owner = "team@example.com", who answers for this policy',
            },
            {"source": "policies/operator.toml", "line": 2, "text": "unknown key `abuot`; did you mean `about`?"},
        ],
    }
