"""What gets into a record: allow-listed values, and a digest of the rest (THREATS row 29)."""

from dataclasses import replace

import pytest

from crashgate.audit.record import DecisionRecord
from tests.catalogue import OPERATIONS
from tests.gate.gate import AGENT, IOS, Gate, open_gate, policy, principal
from tests.tools.asks import ASKS
from tests.tools.test_untrusted import EVERYTHING

SECRET = "canary@example.com"


def gate() -> Gate:
    return open_gate(policy(EVERYTHING))


async def _last(opened: Gate, tool: str, **arguments: object) -> DecisionRecord:
    await opened.call(tool, {**ASKS[tool](IOS), **arguments})
    return opened.log.decisions[-1]


@pytest.mark.ablation("the log shows allow-listed arguments only")
@pytest.mark.threats(29)
async def test_only_allow_listed_arguments_stand_in_a_record() -> None:
    # Guards: Case.logged.
    record = await _last(gate(), "list_errors", filters={"user.email": SECRET}, sort="users", per_page=5)

    usual = {"status": "open", "histogram": "two_week"}
    assert dict(record.arguments) == {"project_id": IOS.id, "sort": "users", "per_page": 5, **usual}
    assert record.arguments_digest is not None
    assert SECRET not in repr(record)


@pytest.mark.threats(29)
def test_what_may_be_logged_has_a_pattern_or_a_closed_list() -> None:
    # Guards: Logged is on no parameter that can hold free text.
    free = {"filters", "issue_url", "q", "release_stage", "reopen_rules"}
    logged = {field.name for operation in OPERATIONS for field in operation.fields if field.logged}

    assert logged.isdisjoint(free)


@pytest.mark.threats(29)
async def test_equal_arguments_have_equal_digests_and_others_have_others() -> None:
    opened = gate()
    records = [
        await _last(opened, "list_errors", filters={"user.email": value}) for value in (SECRET, SECRET, "another")
    ]
    one, same, other = (record.arguments_digest for record in records)

    assert one == same
    assert one != other


@pytest.mark.threats(29)
async def test_a_refused_call_logs_no_more_than_an_allowed_one() -> None:
    opened = open_gate(policy(""))
    record = await _last(opened, "list_errors", filters={"user.email": SECRET}, surprise=SECRET)

    assert SECRET not in repr(opened.log.records)
    assert dict(record.arguments) == {}


@pytest.mark.threats(1, 29)
async def test_the_record_names_the_agent_the_tool_and_the_place() -> None:
    record = await _last(gate(), "resolve_error")

    assert (record.agent, record.tool, record.operation, record.connection) == (
        AGENT,
        "resolve_error",
        "bugsnag.errors.fix",
        "bugsnag",
    )
    assert (record.project, record.project_slug, record.target) == (IOS.id, "checkout-ios", f"error {IOS.error}")
    assert (record.rule, record.policy_hash) == (
        "policies/triage-agent.toml, grant 1, error = full",
        policy(EVERYTHING).hash,
    )


@pytest.mark.ablation("what a client calls itself is cleaned")
@pytest.mark.threats(25)
async def test_what_a_client_calls_itself_is_one_short_clean_line() -> None:
    opened = gate()
    loud = replace(principal(), client="an\x1b[2J editor\nroot\u202e" + "y" * 100)
    await opened.toolbox.call(loud, "list_errors", {"project_id": "checkout-ios"})

    assert opened.log.decisions[-1].client == "an[2J editor root" + "y" * 46 + "…"
