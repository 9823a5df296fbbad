"""What a recipe, and whoever calls a tool, may not do beside what is declared (THREATS rows 15 and 18)."""

from collections.abc import Mapping

import pytest

from crashgate.errors import Code
from crashgate.model.composite import Kitchen
from crashgate.model.operation import AnyOperation
from crashgate.model.tool import Reply
from crashgate.providers.bugsnag.errors import DELETE_ERROR, LIST_ERRORS
from tests.gate.gate import open_gate, policy
from tests.held_clock import HeldClock

READING = '[[grant]]\nconnection = "bugsnag"\nprojects = ["*"]\naccess.error = "read"\n'


@pytest.mark.ablation("a recipe asks what it declares only")
@pytest.mark.threats(18)
async def test_a_recipe_cannot_ask_for_what_it_does_not_declare() -> None:
    asked: list[object] = []

    async def run(operation: AnyOperation, arguments: Mapping[str, object]) -> Reply:
        asked.append((operation.id, arguments))
        raise AssertionError

    kitchen = Kitchen(run=run, clock=HeldClock(), operations=(LIST_ERRORS,))
    for ask in (kitchen.must(DELETE_ERROR), kitchen.may("part", DELETE_ERROR)):
        with pytest.raises(ValueError, match="is not among the recipe's operations"):
            await ask

    assert asked == []


@pytest.mark.ablation("hidden parameters are not taken")
@pytest.mark.threats(15)
async def test_a_parameter_that_the_tool_does_not_offer_is_not_taken() -> None:
    gate = open_gate(policy(READING))
    answer = await gate.call("list_errors", {"project_id": "checkout-ios", "direction": "asc"})

    assert answer.error is Code.INVALID_ARGUMENTS
    assert gate.upstream.lines == []
