"""Operations and parameters that are switched off by name, and connections that have to be named (THREATS row 15)."""

import pytest

from crashgate.audit.record import Effect
from crashgate.errors import Code
from crashgate.providers.bugsnag.errors import LIST_ERRORS
from tests.gate.gate import AGENT, IOS, Gate, open_gate, policy
from tests.gate.test_scopes import run

GRANTS = '[[grant]]\nconnection = "{}"\nprojects = ["checkout-ios"]\naccess.error = "full"\naccess.project = "read"\n'
OFF = '[off]\noperations = ["bugsnag.errors.delete"]\nparameters = ["bugsnag.errors.list.filters"]\n'


def gate(off: str = OFF, *, connections: tuple[str, ...] = ("bugsnag",)) -> Gate:
    grants = "".join(GRANTS.format(name) for name in connections)
    return open_gate(policy(grants + off, connections=connections), connections=connections)


def _shown(opened: Gate, tool: str) -> set[str]:
    (schema,) = [each.input_schema for each in opened.toolbox.listed(AGENT) if each.name == tool]
    return set(schema["properties"])


@pytest.mark.ablation("the parameters that were given are in the question", "parameters that are off are not offered")
@pytest.mark.threats(15, 18)
async def test_a_parameter_that_is_switched_off_is_not_offered_and_refused_when_given() -> None:
    # Guards: Question.parameters in Case.question, and Use.off in input_schema.
    assert _shown(gate(""), "list_errors") - _shown(gate(), "list_errors") == {"filters"}

    opened = gate()
    answer = await opened.call("list_errors", {"project_id": IOS.id, "filters": {"error.status": "open"}})
    assert (answer.error, opened.upstream.lines) == (Code.NOT_AVAILABLE, [])
    assert [(each.effect, each.reason) for each in opened.log.decisions] == [(Effect.DENY, "switched_off")]
    assert (await opened.call("list_errors", {"project_id": IOS.id})).error is None


@pytest.mark.threats(15)
@pytest.mark.parametrize("nothing", [None, ""])
async def test_a_parameter_of_no_value_was_not_given_and_is_not_sent(nothing: object) -> None:
    # Clients in strict mode name every parameter, also those that a policy switches off.
    opened = gate()
    answer = await opened.call("list_errors", {"project_id": IOS.id, "filters": nothing})

    assert answer.error is None
    # What is sent is the default: open errors.
    plain = await gate().call("list_errors", {"project_id": IOS.id})
    assert answer.content == plain.content
    assert not any("query" in line or "event" in line for line in opened.upstream.lines[-1:])


@pytest.mark.ablation("the policy is asked about the arguments that are sent")
@pytest.mark.threats(15, 16)
async def test_the_policy_is_asked_about_the_arguments_that_are_sent() -> None:
    # Not only the tools: what else calls the gate may give nulls too.
    opened = gate()
    await run(opened, LIST_ERRORS, project_id=IOS.id, filters=None)

    assert [each.effect for each in opened.log.decisions if each.parent is None] == [Effect.ALLOW]


@pytest.mark.threats(18)
async def test_an_operation_that_is_switched_off_is_neither_listed_nor_carried_out() -> None:
    opened = gate()
    answer = await opened.call("delete_error", {"project_id": IOS.id, "error_id": IOS.error})

    assert "delete_error" not in {each.name for each in opened.toolbox.listed(AGENT)}
    assert (answer.error, opened.upstream.lines) == (Code.NOT_AVAILABLE, [])


@pytest.mark.threats(15)
async def test_what_the_gate_puts_in_itself_is_no_parameter_that_somebody_gave() -> None:
    grants = GRANTS.format("bugsnag")
    off = '[off]\nparameters = ["bugsnag.organizations.update.auto_upgrade"]\n'
    more = '[[grant]]\nconnection = "bugsnag"\norganizations = ["acme"]\naccess.organization = "full"\n'
    opened = open_gate(policy(grants + more + off))
    renamed = await opened.call("update_organization", {"organization_id": "acme", "name": "New"})
    switched = await opened.call("update_organization", {"organization_id": "acme", "auto_upgrade": True})

    assert (renamed.error, switched.error) == (None, Code.NOT_AVAILABLE)


@pytest.mark.ablation("a call with several connections names one")
async def test_a_connection_that_has_to_be_named_is_asked_for() -> None:
    # Guards: Ask.choices, from the toolbox to Gateway._rule.
    opened = gate(connections=("bugsnag", "bugsnag-eu"))
    answer = await opened.call("list_errors", {"project_id": IOS.id})

    assert answer.error is Code.INVALID_ARGUMENTS
    assert answer.text == (
        "connection is required: one of bugsnag, bugsnag-eu. Nothing was sent."
        " Your policy belongs to owner@example.com."
    )
    assert [(each.effect, each.reason) for each in opened.log.decisions] == [(Effect.DENY, "invalid_arguments")]


async def test_a_composite_tool_asks_for_its_connection_too() -> None:
    opened = gate(connections=("bugsnag", "bugsnag-eu"))
    answer = await opened.call("triage_error", {"project_id": IOS.id, "error_id": IOS.error})

    assert answer.text == (
        "connection is required: one of bugsnag, bugsnag-eu. Nothing was sent."
        " Your policy belongs to owner@example.com."
    )
    assert [(each.effect, each.reason) for each in opened.log.decisions] == [(Effect.DENY, "invalid_arguments")]


@pytest.mark.threats(21)
async def test_only_connections_that_are_open_to_the_agent_are_told() -> None:
    names = ("bugsnag", "bugsnag-eu", "bugsnag-us")
    opened = open_gate(
        policy(GRANTS.format("bugsnag") + GRANTS.format("bugsnag-us"), connections=names), connections=names
    )
    told = await opened.call("list_errors", {"project_id": IOS.id})
    refused = await opened.call("list_errors", {"project_id": IOS.id, "connection": "bugsnag-eu"})
    unknown = await opened.call("list_errors", {"project_id": IOS.id, "connection": "nowhere"})

    assert told.text == (
        "connection is required: one of bugsnag, bugsnag-us. Nothing was sent."
        " Your policy belongs to owner@example.com."
    )
    assert (refused.error, refused.text) == (Code.NOT_AVAILABLE, unknown.text)


@pytest.mark.threats(21)
async def test_an_agent_that_nothing_is_open_to_is_told_of_no_connection() -> None:
    names = ("bugsnag", "bugsnag-eu")
    opened = open_gate(policy("", connections=names), connections=names)

    assert (await opened.call("list_errors", {"project_id": IOS.id})).error is Code.NOT_AVAILABLE
