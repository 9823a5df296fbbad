"""Bad arguments for every tool: the parameter is named with its rule and an example, and nothing is sent."""

from collections.abc import Mapping
from typing import Any

import pytest

from crashgate.decisions.record import Effect
from crashgate.errors import Code
from crashgate.tools.registry import TOOLS
from tests.gateway.gate import AGENT, IOS, Gate, open_gate, policy
from tests.house import REPORTS
from tests.tools.asks import ASKS, OTHER_ASKS
from tests.tools.test_untrusted import EVERYTHING

NAMES = [tool.name for tool in TOOLS]
CONNECTIONS = ("bugsnag", "bugsnag-sessions")
SECRET = "sk_live_never_repeat_this"
_IDS = {
    "project_id": "id of 24 hexadecimal digits or a slug, e.g. checkout-ios",
    "organization_id": "id of 24 hexadecimal digits or a slug, e.g. checkout-ios",
}
_OBJECT = "24 hexadecimal digits (0-9, a-f), e.g. 5f1a0c3d9e8b7a6655443322"


def gate() -> Gate:
    """An agent that may do all."""
    return open_gate(policy(EVERYTHING + REPORTS, connections=CONNECTIONS), connections=CONNECTIONS)


def _schema(tool: str) -> Mapping[str, Any]:
    opened = gate()
    (definition,) = [each for each in opened.toolbox.listed(AGENT) if each.name == tool]
    return definition.input_schema


async def _refused(tool: str, arguments: Mapping[str, Any]) -> str:
    """What is told; nothing may be sent, and the record says what the matter was."""
    opened = gate()
    answer = await opened.call(tool, arguments)
    assert answer.error is Code.INVALID_ARGUMENTS, (tool, arguments, answer)
    assert answer.content == {"error": {"code": "invalid_arguments"}}
    assert opened.upstream.received == []
    assert [(each.effect, each.reason) for each in opened.log.decisions] == [(Effect.DENY, "invalid_arguments")]
    assert "Nothing was sent" in answer.text
    assert SECRET not in answer.text
    return answer.text


async def test_every_tool_is_there_with_its_right_arguments() -> None:
    # Without this the tests below could pass because the arguments were wrong to begin with.
    for tool in NAMES:
        assert (await gate().call(tool, ASKS[tool](IOS))).error is None, tool


@pytest.mark.parametrize("tool", NAMES)
async def test_an_argument_that_the_tool_does_not_take_is_told(tool: str) -> None:
    told = await _refused(tool, {**ASKS[tool](IOS), SECRET: SECRET})

    assert "there is an argument that this tool does not take" in told


REQUIRED = [(tool, name) for tool in NAMES for name in _schema(tool).get("required", ())]


@pytest.mark.parametrize(("tool", "name"), REQUIRED)
async def test_a_missing_argument_is_named(tool: str, name: str) -> None:
    given = {key: value for key, value in ASKS[tool](IOS).items() if key != name}
    told = await _refused(tool, given)

    assert name in told
    assert "is required" in told or "must be one of" in told


TYPED = [(tool, name) for tool in NAMES for name in _schema(tool)["properties"]]


@pytest.mark.parametrize(("tool", "name"), TYPED)
async def test_an_argument_of_the_wrong_type_is_named(tool: str, name: str) -> None:
    wrong: object = [[SECRET]] if "object" in _schema(tool)["properties"][name].get("type", "") else {SECRET: SECRET}
    told = await _refused(tool, {**_with(tool, name), name: wrong})

    assert name in told


def _with(tool: str, name: str) -> dict[str, Any]:
    """The right arguments, with the operation to which the argument belongs."""
    given = dict((OTHER_ASKS if name == "q" else ASKS)[tool](IOS))
    owners = {
        "reopen_rules": "snooze",
        "severity": "override_severity",
        "issue_url": "link_issue",
        "issue_title": "create_issue",
        "assigned_collaborator_id": "assign",
        "assigned_team_id": "assign",
    }
    if name in owners and "operation" in given:
        given["operation"] = owners[name]
    return given


SHAPED = [(tool, name) for tool, name in TYPED if name.endswith("_id") and name != "event_field_display_id"]


@pytest.mark.parametrize("bad", ["../x", "A" * 24, "", "a/b", "x" * 500, "%2e%2e"])
@pytest.mark.parametrize(("tool", "name"), SHAPED)
async def test_a_malformed_id_is_told_with_an_example(tool: str, name: str, bad: str) -> None:
    told = await _refused(tool, {**_with(tool, name), name: bad})

    assert name in told
    assert _IDS.get(name, _OBJECT) in told or (name in _IDS and len(bad) > 100)
    assert len(bad) < 3 or bad not in told
