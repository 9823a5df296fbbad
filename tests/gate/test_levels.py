"""What a level opens, whatever the agent is told to do (THREATS row 6)."""

import pytest

from crashgate.audit.record import Effect
from crashgate.errors import CrashgateError
from crashgate.model.access import Access
from crashgate.model.operation import AnyOperation
from tests.catalogue import OPERATIONS
from tests.gate.asks import good_ask
from tests.gate.gate import Gate, policy
from tests.house import everything
from tests.tools.played import open_played

CHANGES = [each for each in OPERATIONS if each.access is not Access.READ]


def opened(operation: AnyOperation, level: str) -> Gate:
    """A gate before one provider, for an agent with that level on all there is."""
    connections = (operation.provider,)
    grants = everything(operation.provider).replace('"full"', f'"{level}"')
    return open_played(policy(grants, connections=connections), connections=connections)


@pytest.mark.threats(6)
@pytest.mark.parametrize("operation", CHANGES, ids=lambda each: each.id)
async def test_an_agent_with_read_on_everything_sends_no_change(operation: AnyOperation) -> None:
    gate = opened(operation, "read")
    with pytest.raises(CrashgateError):
        await gate.gateway.run(good_ask(operation))

    assert [line for line in gate.upstream.lines if not line.startswith("GET ")] == []
    assert gate.log.decisions[-1].effect is Effect.DENY


@pytest.mark.parametrize("operation", CHANGES, ids=lambda each: each.id)
async def test_the_same_call_is_sent_for_an_agent_with_full(operation: AnyOperation) -> None:
    gate = opened(operation, "full")
    await gate.gateway.run(good_ask(operation))

    assert gate.upstream.lines[-1].startswith(f"{operation.method} ")
    assert gate.log.decisions[-1].effect is Effect.ALLOW
