"""What an error says: the same in its text and in its structured content, whatever its kind."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from mcp import Client
from mcp_types import CallToolResult, TextContent

from crashgate.errors import Code
from crashgate.identity import Via
from crashgate.mcp.server import build
from crashgate.mcp.tokens import Launched
from crashgate.model.message import Response
from crashgate.tools.call_result import nearest
from tests.gate.gate import AGENT, IOS, Gate, open_gate, policy
from tests.house import OPERATOR, everything, open_house
from tests.mcp.asked import APPROVE, ERAS
from tests.system.served import Era

GRANTS = f"{everything('bugsnag')}{APPROVE}"
ERROR = {"project_id": IOS.id, "error_id": IOS.error}


def _away(gate: Gate) -> None:
    gate.upstream.answers[f"/projects/{IOS.id}/errors"] = lambda _: Response(status=500, headers={}, body=b"")


def _no_tracker(gate: Gate) -> None:
    body = b'{"errors":["No issue tracker configured"]}'
    gate.upstream.answers[f"/projects/{IOS.id}/errors/{IOS.error}"] = lambda _: Response(
        status=404, headers={}, body=body
    )


def _full_disk(gate: Gate) -> None:
    gate.log.refuse = lambda _: True


def _as_it_is(_: Gate) -> None:
    pass


KINDS: Mapping[str, tuple[Code, str, Mapping[str, Any], Callable[[Gate], None]]] = {
    "a refusal": (Code.NOT_AVAILABLE, "get_error", {"project_id": IOS.id, "error_id": "f" * 24}, _as_it_is),
    "bad arguments": (Code.INVALID_ARGUMENTS, "get_error", {"project_id": IOS.id}, _as_it_is),
    "an approval": (Code.APPROVAL_REQUIRED, "delete_error", ERROR, _as_it_is),
    "an upstream's failure": (Code.UPSTREAM_UNAVAILABLE, "list_errors", {"project_id": IOS.id}, _away),
    "no issue tracker": (
        Code.UPSTREAM_REJECTED,
        "update_error",
        {**ERROR, "operation": "create_issue"},
        _no_tracker,
    ),
    "a log that is full": (Code.LOG_UNAVAILABLE, "list_errors", {"project_id": IOS.id}, _full_disk),
}


def check(answer: CallToolResult, code: Code) -> None:
    """The parts are there, and the one block of text says each of them."""
    (block,) = answer.content
    assert isinstance(block, TextContent)
    content: Any = answer.structured_content
    error = content["error"]
    assert (answer.is_error, error["code"]) == (True, code.value)
    for part in ("message", "remedy", "owner"):
        assert error[part]
        assert error[part] in block.text
    assert len(error.get("tools", ())) <= 12
    assert all(name in block.text for name in error.get("tools", ()))


@pytest.mark.parametrize("era", ERAS)
@pytest.mark.parametrize("kind", KINDS)
async def test_every_kind_of_error_says_the_same_in_both_channels(kind: str, era: Era) -> None:
    code, tool, arguments, prepare = KINDS[kind]
    gate = open_gate(policy(GRANTS))
    prepare(gate)
    async with Client(build(gate.toolbox, Launched(agent=AGENT, via=Via.MEMORY)), mode=era) as client:
        answer = await client.call_tool(tool, dict(arguments))

    check(answer, code)
    content: Any = answer.structured_content
    assert ("tools" in content["error"]) is (code in {Code.NOT_AVAILABLE, Code.APPROVAL_REQUIRED})


async def test_a_missing_tracker_reads_the_same_whether_or_not_the_error_is_there() -> None:
    gate = open_gate(policy(GRANTS))
    _no_tracker(gate)
    asked = {"project_id": IOS.id, "operation": "create_issue"}
    there = await gate.wire("update_error", {**asked, "error_id": IOS.error})

    assert b"issue tracker" in there
    assert there == await gate.wire("update_error", {**asked, "error_id": "f" * 24})


async def test_a_refusal_names_the_tools_nearest_to_what_was_asked(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        answer = await house.call(OPERATOR, "get_eror_event", {})

    tools = answer.content["error"]["tools"]
    assert len(tools) == 12
    assert {"list_events", "get_event"} <= set(tools[:5])
    assert "my_access" in tools[:6]


def test_the_nearest_come_by_resource_then_by_verb_and_none_is_lost() -> None:
    tools = ["my_access", "get_project", "list_events", "get_error", "delete_error", "list_errors"]

    assert nearest("get_error", tools) == [
        "get_error", "delete_error", "list_errors", "get_project", "my_access", "list_events",
    ]  # fmt: skip
    assert nearest("", tools) == tools
