"""What does not exist and what is not allowed read the same; the log has the truth (THREATS row 21)."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from mcp import Client

from crashgate.audit.record import Effect, Ending
from crashgate.errors import Code
from crashgate.mcp.server import build
from crashgate.mcp.tokens import Launched
from tests.gate.gate import AGENT, ANDROID, IOS, PAYMENTS, Gate, open_gate, policy
from tests.house import TRIAGE, open_house
from tests.tools.asks import ASKS

CONNECTIONS = ("bugsnag", "bugsnag-eu", "hidden")
UNKNOWN_ERROR = "f" * 24


def _granted(connection: str) -> str:
    return (
        f'[[grant]]\nconnection = "{connection}"\nprojects = ["checkout-ios", "checkout-android"]\n'
        'access.error = "write"\naccess.event = "read"\naccess.project = "read"\n'
    )


def gate() -> Gate:
    """An agent with two projects on two of three connections."""
    grants = _granted("bugsnag") + _granted("bugsnag-eu")
    return open_gate(policy(grants, connections=CONNECTIONS), connections=CONNECTIONS)


REFUSED: Mapping[str, tuple[str, Mapping[str, Any], str]] = {
    "an unknown tool": ("drop_everything", {}, "there is no such tool"),
    "a tool name that is none": ('x\n{"a"', {}, "there is no such tool"),
    "a tool that is not allowed": (
        "delete_error",
        {"project_id": IOS.id, "error_id": IOS.error},
        "gives error = write, and delete needs full",
    ),
    "a tool of another resource": ("list_releases", {"project_id": IOS.id}, "no grant of policies/triage-agent.toml"),
    "an unknown project": ("list_errors", {"project_id": "nowhere"}, "there is no project nowhere"),
    "a project that is not allowed": (
        "list_errors",
        {"project_id": "payments-api"},
        "gives error = write only in projects checkout-ios",
    ),
    "its id": ("list_errors", {"project_id": PAYMENTS.id}, "gives error = write only in projects checkout-ios"),
    "an unknown error": ("get_error", {"project_id": IOS.id, "error_id": UNKNOWN_ERROR}, "BugSnag refused with 404"),
    "a change of an unknown error": (
        "resolve_error",
        {"project_id": IOS.id, "error_id": UNKNOWN_ERROR},
        "BugSnag refused with 404",
    ),
    "an error of another project": (
        "get_error",
        {"project_id": IOS.id, "error_id": PAYMENTS.error},
        "BugSnag refused with 404",
    ),
    "the latest event of another project's error": (
        "get_event",
        {"project_id": IOS.id, "error_id": PAYMENTS.error},
        "there is no such object in that project",
    ),
    "the latest event of an unknown error": (
        "get_event",
        {"project_id": IOS.id, "error_id": UNKNOWN_ERROR},
        "there is no such object in that project",
    ),
    "an event of another project": (
        "get_event",
        {"project_id": IOS.id, "event_id": ANDROID.event},
        "BugSnag refused with 404",
    ),
    "an unknown connection": (
        "list_errors",
        {"project_id": IOS.id, "connection": "nowhere"},
        "there is no such connection",
    ),
    "a connection that is not allowed": (
        "list_errors",
        {"project_id": IOS.id, "connection": "hidden"},
        "no grant of policies/triage-agent.toml gives read on error on connection hidden",
    ),
    "crashgate's own connection": (
        "list_errors",
        {"project_id": IOS.id, "connection": "crashgate"},
        "there is no such connection",
    ),
}


def _with_connection(arguments: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"connection": "bugsnag", **arguments}


@pytest.mark.ablation("a tool that does not exist is refused")
@pytest.mark.threats(21)
@pytest.mark.parametrize("case", REFUSED)
async def test_every_refusal_is_the_same_bytes(case: str) -> None:
    # Guards: the one answer of Toolbox._refused.
    tool, arguments, _ = REFUSED[case]

    assert await gate().wire(tool, _with_connection(arguments)) == await gate().wire(f"{tool}_")


@pytest.mark.threats(21)
@pytest.mark.parametrize("case", REFUSED)
async def test_the_log_says_what_was_the_matter(case: str) -> None:
    tool, arguments, truth = REFUSED[case]
    opened = gate()
    await opened.call(tool, _with_connection(arguments))

    entry = opened.log.entries[0] if opened.log.entries[0].decision.record.parent is None else opened.log.entries[-1]
    assert truth in entry.sentence
    refused = entry.decision.record.effect is Effect.DENY
    assert refused or (entry.outcome is not None and entry.outcome.record.result is Ending.REFUSED)
    assert refused == ("Nothing" in entry.sentence)


@pytest.mark.threats(21)
async def test_the_reasons_in_the_log_differ_where_the_answers_do_not() -> None:
    opened = gate()
    for tool, arguments, _ in REFUSED.values():
        await opened.call(tool, _with_connection(arguments))

    assert {each.reason for each in opened.log.decisions if each.effect is Effect.DENY} == {
        "unknown_tool",
        "level_too_low",
        "no_grant",
        "no_such_project",
        "outside_scope",
        "no_such_object",
        "unknown_connection",
    }


@pytest.mark.threats(21)
@pytest.mark.parametrize("mode", ["legacy", "auto"])
async def test_the_protocol_adds_nothing_that_tells_refusals_apart(tmp_path: Path, mode: str) -> None:
    # Guards: that unknown tools are answered by the toolbox and not by the protocol library.
    calls: list[tuple[str, dict[str, Any]]] = [
        ("drop_everything", {}),
        ("delete_error", {"project_id": "checkout-ios", "error_id": UNKNOWN_ERROR}),
        ("list_errors", {"project_id": "payments-api"}),
        ("list_errors", {"project_id": "nowhere"}),
        ("get_error", {"project_id": "checkout-ios", "error_id": UNKNOWN_ERROR}),
    ]
    async with open_house(tmp_path) as house:
        foreign = {"project_id": "checkout-ios", "error_id": house.errors("checkout-web")[0].id}
        calls += [("get_error", foreign), ("resolve_error", foreign), ("get_event", foreign)]
        async with Client(build(house.toolbox, Launched(agent=TRIAGE)), mode=mode) as client:
            answers = [(await client.call_tool(tool, given)).model_dump_json() for tool, given in calls]
            unknown = [(await client.call_tool(f"{tool}_", {})).model_dump_json() for tool, _ in calls]

    assert answers == unknown
    assert json.loads(answers[0])["is_error"] is True


@pytest.mark.threats(21)
async def test_bad_arguments_are_told_only_to_who_may_use_the_tool() -> None:
    # Guards: the order in plan, which decides before it tells a fault.
    bad = {"project_id": "../..", "error_id": ["x"], "surprise": 1}

    for tool in ASKS:
        opened = gate()
        answer = await opened.wire(tool, {"connection": "bugsnag", **bad})
        refused = await gate().wire(f"{tool}_")
        listed = tool in {each.name for each in opened.toolbox.listed(AGENT)}
        assert (answer == refused) is not listed, tool
        assert (json.loads(answer)["structuredContent"]["error"]["code"] == Code.INVALID_ARGUMENTS) is listed, tool
        assert opened.upstream.received == []


@pytest.mark.threats(21)
async def test_what_is_wrong_with_the_cursor_or_the_detail_is_not_told_either() -> None:
    refused = await gate().wire("list_releases_")

    for extra in ({"cursor": "x"}, {"detail": "most"}, {"cursor": 7}):
        given = {"connection": "bugsnag", "project_id": IOS.id, **extra}
        assert await gate().wire("list_releases", given) == refused


@pytest.mark.threats(14, 21)
async def test_an_answer_about_another_project_is_withheld() -> None:
    # Guards: narrow; an upstream that does not check the project in the path would leak through it.
    opened = gate()
    path = f"/projects/{IOS.id}/errors/{PAYMENTS.error}"
    leaked = json.dumps({"id": PAYMENTS.error, "project_id": PAYMENTS.id, "message": "secret"}).encode()
    from crashgate.model.message import Response  # noqa: PLC0415 - only here an answer is made by hand

    opened.upstream.answers[path] = lambda _: Response(status=200, headers={}, body=leaked)
    given = {"connection": "bugsnag", "project_id": IOS.id, "error_id": PAYMENTS.error}

    assert await opened.wire("get_error", given) == await gate().wire("get_error_")
    assert "out of scope, or about something else, and was not shown" in opened.log.sentences[-1]
    assert [(each.rows, each.dropped, each.result) for each in opened.log.outcomes][-1] == (0, 1, Ending.WITHHELD)


@pytest.mark.threats(21)
async def test_the_refusals_of_two_agents_speak_of_each_alone() -> None:
    other = policy('[[grant]]\nconnection = "bugsnag"\nprojects = ["*"]\naccess.error = "read"', agent="other")
    opened = open_gate(policy(_granted("bugsnag")), other)

    mine, theirs = await opened.wire("nothing"), await opened.wire("nothing", agent="other")
    assert b"triage-agent" in mine
    assert b"triage-agent" not in theirs
    assert b"checkout-ios" not in theirs
