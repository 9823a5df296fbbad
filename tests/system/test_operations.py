"""Every operation of the catalogue: over real HTTP, through the SDK's client, in both eras and over both transports."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import pytest
from mcp_types import CallToolResult, Tool

from crashgate.audit.call import Entry
from crashgate.audit.record import Ending
from crashgate_sandbox.received import Received
from tests.catalogue import OPERATIONS
from tests.house import OPERATOR, policies_of_all
from tests.system.bugsnag_samples import COMPOSED
from tests.system.sample import Here, expected_path
from tests.system.samples import BY_RESOURCE, SAMPLES
from tests.system.served import Era, Face, open_site

EVERY = [operation.id for operation in OPERATIONS if operation.id not in BY_RESOURCE]
FACES: list[tuple[Face, Era]] = list(product(("stdio", "http"), ("legacy", "auto")))


@dataclass(frozen=True, kw_only=True)
class Exchange:
    """What one sample did."""

    result: CallToolResult
    requests: tuple[Received, ...]
    entries: tuple[Entry, ...]
    path: str | None


@dataclass(frozen=True, kw_only=True)
class Session:
    """One connection, and every sample in it."""

    tools: tuple[Tool, ...]
    exchanges: Mapping[str, Exchange]
    composites: Mapping[str, CallToolResult]


async def _session(folder: Path, face: Face, era: Era) -> Session:
    exchanges: dict[str, Exchange] = {}
    policies = policies_of_all(folder / "policies")
    async with (
        open_site(folder, policies=policies, all_providers=True) as site,
        site.client(OPERATOR, face=face, era=era) as client,
    ):
        tools = await client.list_tools()
        composites = {
            tool: await client.call_tool(tool, dict(arguments(Here(world=site.world))))
            for tool, (arguments, _) in COMPOSED.items()
        }
        seen = len(list(site.log.entries()))
        for operation, sample in SAMPLES.items():
            here = Here(world=site.world)
            path, arguments = expected_path(sample, here), dict(sample.arguments(here))
            site.requests.clear()
            result = await client.call_tool(sample.tool, arguments)
            entries = tuple(site.log.entries())[::-1]
            exchanges[operation] = Exchange(
                result=result, requests=site.requests.received, entries=entries[seen:], path=path
            )
            seen = len(entries)
    return Session(tools=tuple(tools.tools), exchanges=exchanges, composites=composites)


@pytest.fixture(scope="module", params=FACES, ids="-".join)
def session(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Session:
    face, era = request.param
    return asyncio.run(_session(tmp_path_factory.mktemp("site"), face, era))


def test_every_operation_has_a_sample_and_every_sample_an_operation() -> None:
    assert sorted(SAMPLES) == sorted(EVERY)


@pytest.mark.parametrize("operation", EVERY)
def test_the_tool_works_and_exactly_its_request_is_sent(session: Session, operation: str) -> None:
    sample, seen = SAMPLES[operation], session.exchanges[operation]

    assert seen.result.is_error is False, seen.result
    assert seen.result.structured_content is not None
    assert sample.holds in seen.result.structured_content
    arrived: list[tuple[str, str | None]] = [(each.method, each.path) for each in seen.requests]
    assert arrived.count((sample.method, seen.path)) == (0 if seen.path is None else 1 + sample.looked_up_alike)
    assert seen.path is None or arrived[-1] == (sample.method, seen.path)
    assert {each.status for each in seen.requests} <= {200, 201, 202, 204, 207}
    # Beside the operation itself only look-ups, and each look-up has a record.
    assert len(arrived) == sum(entry.outcome.record.requests for entry in seen.entries if entry.outcome)


@pytest.mark.parametrize("operation", EVERY)
def test_the_call_stands_in_the_log_with_its_outcome(session: Session, operation: str) -> None:
    sample, seen = SAMPLES[operation], session.exchanges[operation]
    (entry,) = [
        each
        for each in seen.entries
        if each.decision.record.operation == operation and each.decision.record.parent is None
    ]

    assert entry.outcome is not None
    assert (entry.decision.record.tool, entry.decision.record.agent) == (sample.tool, OPERATOR)
    assert entry.outcome.record.result is Ending.ANSWERED


def test_each_tool_of_the_list_is_used_by_a_sample(session: Session) -> None:
    assert [tool.name for tool in session.tools] != []
    assert {tool.name for tool in session.tools} == {sample.tool for sample in SAMPLES.values()} | set(COMPOSED)


@pytest.mark.parametrize("tool", COMPOSED)
def test_a_composite_tool_answers_with_nothing_left_out(session: Session, tool: str) -> None:
    result, (_, holds) = session.composites[tool], COMPOSED[tool]

    assert result.is_error is False, result
    assert result.structured_content is not None
    assert "left_out" not in result.structured_content[holds]
