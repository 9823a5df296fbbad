"""An agent that is refused over and over fills no disk: its calls are counted from then on (rows 23, 24 and 28)."""

from pathlib import Path
from typing import Any

import pytest
from mcp import Client, MCPError

from crashgate.audit.attempt import AttemptRecord
from crashgate.errors import Code
from crashgate.identity import Via
from crashgate.mcp.attempts import MOST_REFUSED, Attempts, Refusals
from crashgate.mcp.server import build
from crashgate.mcp.tokens import Launched
from tests.gate.gate import AGENT, IOS, open_gate, policy
from tests.held_clock import HeldClock
from tests.mcp.asked import ERAS
from tests.system.served import Era
from tests.tools.played import with_exports

GRANTS = '[[grant]]\nconnection = "bugsnag"\nprojects = ["checkout-ios"]\naccess.error = "read"\n'
MORE = 300


@pytest.mark.ablation("who is refused over and over is counted")
@pytest.mark.threats(23, 24, 28)
@pytest.mark.parametrize("era", ERAS)
@pytest.mark.parametrize(
    ("tool", "arguments"),
    [("no_such_tool", {}), ("delete_error", {"error_id": IOS.error}), ("list_errors", {"bogus": 1})],
)
async def test_a_flood_of_refused_calls_makes_a_bounded_number_of_records(
    era: Era, tool: str, arguments: dict[str, Any]
) -> None:
    # Guards: Refusals in server.build.
    gate = open_gate(policy(GRANTS))
    attempts = Attempts(gate.log, gate.clock, via=Via.MEMORY)
    asked = {"project_id": IOS.id, **arguments}
    async with Client(build(gate.toolbox, Launched(agent=AGENT), attempts=attempts), mode=era) as client:
        for _ in range(MOST_REFUSED + MORE):
            assert (await client.call_tool(tool, asked)).is_error is True
        sent = list(gate.upstream.lines)
        good = await client.call_tool("list_errors", {"project_id": IOS.id})
        sent_then = list(gate.upstream.lines)
        gate.clock.passed += 60
        after = await client.call_tool("list_errors", {"project_id": IOS.id})
    await attempts.aclose()

    refused = [record for record in gate.log.decisions if record.effect == "deny"]
    counted = [record for record in gate.log.records if isinstance(record, AttemptRecord)]
    assert (len(refused), sum(record.count for record in counted)) == (MOST_REFUSED, MORE + 1)
    assert {(record.reason, record.agent) for record in counted} == {("too_many_refusals", AGENT)}
    assert len(counted) <= 3
    told: Any = good.structured_content
    assert (told["error"]["code"], told["error"]["retry_after_seconds"]) == ("rate_limited", 60)
    assert sent_then == sent
    assert after.is_error is not True


@pytest.mark.ablation("lists of files that are refused count")
@pytest.mark.threats(23, 24, 28)
@pytest.mark.parametrize("era", ERAS)
async def test_lists_of_files_that_are_refused_over_and_over_count_too(tmp_path: Path, era: Era) -> None:
    # Guards: _with_room in server.build for resources/list; to the client a refused list is an empty one.
    gate = with_exports(open_gate(policy(f'{GRANTS}[off]\noperations = ["crashgate.exports.list"]\n')), tmp_path)
    attempts = Attempts(gate.log, gate.clock, via=Via.MEMORY)
    async with Client(build(gate.toolbox, Launched(agent=AGENT), attempts=attempts), mode=era) as client:
        for _ in range(MOST_REFUSED):
            assert (await client.list_resources()).resources == []
        with pytest.raises(MCPError, match="were refused within a minute"):
            await client.list_resources()
    await attempts.aclose()

    assert len([record for record in gate.log.decisions if record.effect == "deny"]) == MOST_REFUSED


def test_only_what_is_refused_within_a_minute_counts_and_each_agent_for_itself() -> None:
    clock = HeldClock()
    refusals = Refusals(clock, most=2)
    for error in (Code.NOT_AVAILABLE, None, Code.UPSTREAM_TIMEOUT):
        refusals.note("one", error)
    assert refusals.wait("one") == 0

    clock.passed += 59
    refusals.note("one", Code.INVALID_ARGUMENTS)
    assert (refusals.wait("one"), refusals.wait("other")) == (1, 0)

    clock.passed += 1
    assert refusals.wait("one") == 0
