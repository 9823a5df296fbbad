"""What a composite tool's steps may ask, how much, and in which projects (THREATS rows 15 and 18)."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import pytest

from crashgate.errors import Code, NotAvailableError
from crashgate.gate.call import Ask
from crashgate.identity import Principal, Via
from crashgate.model.allowance import Allowance
from crashgate.model.capability import (
    LIST_ERRORS,
    LIST_ORGANIZATIONS,
    LIST_PROJECTS,
    READ_ERROR,
    READ_PROJECT,
)
from crashgate.model.composite import CompositeTool, OpenProjects, Step, Steps
from crashgate.model.params import Params
from crashgate.model.tool import Shown
from crashgate.providers.bugsnag.capabilities import CAPABILITIES
from crashgate.tools.composite_call import CompositeCall
from crashgate_sandbox.faults import Fault, FaultKind
from tests.gate.gate import open_gate, policy
from tests.house import House, fresh_world, open_house, write_policies

READING = '[[grant]]\nconnection = "bugsnag"\nprojects = ["*"]\naccess.error = "read"\n'
NAMED = (
    '[[grant]]\nconnection = "bugsnag"\nprojects = ["checkout-ios", "payments-api"]\naccess.error = "read"\n'
    '[[grant]]\nconnection = "bugsnag"\nprojects = ["payments-api"]\naccess.error = "off"\n'
)
PATTERN = """
[[grant]]
connection = "bugsnag"
organizations = ["acme"]
access.organization = "read"

[[grant]]
connection = "bugsnag"
projects = ["checkout-*"]
access.error = "read"

[[grant]]
connection = "bugsnag"
projects = ["*"]
access.project = "read"

[[grant]]
connection = "bugsnag"
projects = ["checkout-web"]
access.error = "off"
"""
ONE = """
[[grant]]
connection = "bugsnag"
organizations = ["acme"]
access.organization = "read"

[[grant]]
connection = "bugsnag"
projects = ["{id}"]
access.project = "read"
access.error = "read"
"""
UNLISTED = '[[grant]]\nconnection = "bugsnag"\nprojects = ["checkout-*"]\naccess.error = "read"\n'
POLICIES = {"named": NAMED, "pattern": PATTERN, "unlisted": UNLISTED}


_T = TypeVar("_T")


class _Nothing(Params):
    """No parameters."""


@dataclass(kw_only=True)
class Probe:
    """A composite tool of which a test gives the steps; ``steps`` is what it worked with."""

    house: House
    steps: Steps | None = None

    async def take(
        self, agent: str, work: Callable[[Steps], Awaitable[_T]], *, most: int = 12
    ) -> tuple[_T, Mapping[str, str]]:
        """What the work gives, and what was left out."""
        kept: list[Any] = []

        async def take_steps(steps: Steps, _: _Nothing) -> Shown:
            kept.extend((await work(steps), dict(steps.left_out)))
            return Shown(content={}, text="")

        tool = CompositeTool(
            name="probe",
            title="Probe",
            description="For a test.",
            params=_Nothing,
            first=LIST_ERRORS,
            others=(LIST_PROJECTS, LIST_ORGANIZATIONS, READ_PROJECT),
            take_steps=take_steps,
            holds=("probe", "object"),
            shows=(),
        ).bind({"bugsnag": CAPABILITIES})
        call = CompositeCall(
            gateway=self.house.toolbox.gateway,
            tool=tool,
            capabilities=tool.providers["bugsnag"],
            first=Ask(
                principal=Principal(agent=agent, via=Via.MEMORY),
                tool="probe",
                operation=tool.first_of("bugsnag"),
                connection="bugsnag",
                allowance=Allowance(most=most),
            ),
            clock=self.house.toolbox.clock,
        )
        await call.take_steps(_Nothing(), None)
        return kept[0], kept[1]

    @property
    def paths(self) -> list[str]:
        """What arrived upstream, in order."""
        return [each.path for each in self.house.requests]


@asynccontextmanager
async def _probe(folder: Path) -> AsyncGenerator[Probe]:
    async with open_house(folder, policies=write_policies(folder / "policies", POLICIES)) as house:
        yield Probe(house=house)


def _errors_of(projects: Sequence[str]) -> list[Step[Any]]:
    return [Step(part=each, capability=LIST_ERRORS, arguments={"project_id": each, "most": 1}) for each in projects]


async def _open(steps: Steps) -> OpenProjects:
    return await steps.open_projects(LIST_ERRORS)


@pytest.mark.ablation("a composite tool asks what it declares only")
@pytest.mark.threats(18)
async def test_a_composite_tool_cannot_ask_for_what_it_does_not_declare(tmp_path: Path) -> None:
    async def ask(steps: Steps) -> None:
        await steps.ask(READ_ERROR)

    async def try_ask(steps: Steps) -> None:
        await steps.try_ask("part", READ_ERROR)

    async with _probe(tmp_path) as probe:
        for work in (ask, try_ask):
            with pytest.raises(ValueError, match="is not among the capabilities of the composite tool"):
                await probe.take("named", work)
        assert probe.paths == []


async def test_projects_that_the_policy_names_are_open_without_a_request(tmp_path: Path) -> None:
    async with _probe(tmp_path) as probe:
        assert await probe.take("named", _open) == (OpenProjects(names=("checkout-ios",)), {})
        assert probe.paths == []


@pytest.mark.ablation("a composite tool asks only in projects that the policy opens")
async def test_of_the_projects_that_the_agent_can_list_those_are_open_that_the_policy_opens(tmp_path: Path) -> None:
    async with _probe(tmp_path) as probe:
        found, left_out = await probe.take("pattern", _open)
        recorded = [(each.decision.record.tool, each.decision.record.operation) for each in probe.house.entries]

    assert (set(found.names), found.complete, left_out) == ({"checkout-ios", "checkout-android"}, True, {})
    assert ("probe", "bugsnag.organizations.list") in recorded
    assert ("probe", "bugsnag.projects.list") in recorded


async def test_a_project_that_was_listed_is_not_looked_up_again(tmp_path: Path) -> None:
    async def work(steps: Steps) -> list[Any]:
        projects = await steps.open_projects(LIST_ERRORS)
        return await steps.ask_all(_errors_of(projects.names))

    async with _probe(tmp_path) as probe:
        results, _ = await probe.take("pattern", work)
        read = [path for path in probe.paths if path.endswith("/errors")]

        assert len(results) == len(read) == 2
        # The organizations, one looked up, and its projects; where a project is, the list has told.
        assert len(probe.paths) == 3 + 2


@pytest.mark.ablation("only projects that the agent is shown are known from a list")
@pytest.mark.threats(40)
async def test_a_project_that_was_listed_and_not_shown_costs_what_one_costs_that_is_not_there(tmp_path: Path) -> None:
    own = fresh_world().project("checkout-ios")
    assert own is not None
    policies = write_policies(tmp_path / "policies", {"one": ONE.format(id=own.id)})
    costs: dict[str, int] = {}
    async with open_house(tmp_path, policies=policies) as house:
        probe = Probe(house=house)
        await probe.take("one", lambda steps: steps.ask(LIST_PROJECTS, organization_id="acme"))
        for name in ("payments-api", "no-such-project", house.project("payments-api").id, "0" * 24):
            house.sandbox.clear()
            await house.call("one", "list_errors", {"project_id": name})
            costs[name] = len(house.requests)

    assert costs == dict.fromkeys(costs, 1)


@pytest.mark.threats(21)
async def test_an_agent_that_may_list_no_projects_finds_none(tmp_path: Path) -> None:
    async with _probe(tmp_path) as probe:
        with pytest.raises(NotAvailableError):
            await probe.take("unlisted", _open)
        assert probe.paths == []


async def test_a_project_that_fails_does_not_spoil_the_others(tmp_path: Path) -> None:
    names = ("checkout-ios", "checkout-android", "payments-api")
    async with _probe(tmp_path) as probe:
        failing = f"/projects/{probe.house.project('checkout-android').id}/errors"
        probe.house.faults.add(Fault(kind=FaultKind.INVALID_JSON, path=failing, times=None))
        results, left_out = await probe.take("pattern", lambda steps: steps.ask_all(_errors_of(names)))

    assert [None if each is None else (each.where, len(each.rows)) for each in results] == [
        ("checkout-ios", 1),
        None,
        None,
    ]
    assert left_out == {
        "checkout-android": Code.UPSTREAM_MALFORMED.value,
        "payments-api": "not there, or not allowed to you",
    }


@pytest.mark.ablation("a composite tool sends a bounded number of requests")
@pytest.mark.parametrize("most", [1, 2, 3, 4])
async def test_a_call_sends_no_more_requests_than_it_may_look_ups_included(tmp_path: Path, most: int) -> None:
    names = ("checkout-ios", "checkout-android")
    async with _probe(tmp_path) as probe:
        results, left_out = await probe.take("pattern", lambda steps: steps.ask_all(_errors_of(names)), most=most)

        assert len(probe.paths) == most
    # A project is looked up before its errors are read.
    assert sum(each is not None for each in results) == max(0, most - 2)
    assert all(reason.startswith("not reached: One call may send") for reason in left_out.values())
    assert len(left_out) == 2 - max(0, most - 2)


async def test_a_request_that_is_sent_again_counts_again(tmp_path: Path) -> None:
    async with _probe(tmp_path) as probe:
        path = f"/projects/{probe.house.project().id}/errors"
        probe.house.faults.add(Fault(kind=FaultKind.STATUS, status=503, path=path, times=1))

        async def work(steps: Steps) -> int:
            await steps.ask_all(_errors_of(["checkout-ios"]))
            return steps.allowance.left

        left, _ = await probe.take("pattern", work)
        assert left == 12 - len(probe.paths) == 12 - 3


@pytest.mark.ablation("hidden parameters are not taken")
@pytest.mark.threats(15)
async def test_a_parameter_that_the_tool_does_not_offer_is_not_taken() -> None:
    gate = open_gate(policy(READING))
    answer = await gate.call("list_errors", {"project_id": "checkout-ios", "direction": "asc"})

    assert answer.error is Code.INVALID_ARGUMENTS
    assert gate.upstream.lines == []
