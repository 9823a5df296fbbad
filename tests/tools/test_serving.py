"""``serve --tools`` and ``--read-only``: fewer tools are shown, and a call of another one is refused and recorded."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from crashgate.audit.call import Entry
from crashgate.config import wiring
from crashgate.config.connections import Sandbox
from crashgate.errors import Code
from crashgate.identity import Principal, Via
from crashgate.tools.call_result import Answer
from crashgate.tools.toolbox import Toolbox
from crashgate_sandbox.app import create_app
from crashgate_sandbox.received import RequestLog
from tests.house import EXAMPLES, OPERATOR, TRIAGE, fresh_world, settings_in

ERROR: Mapping[str, Any] = {"project_id": "checkout-ios", "error_id": "5f" * 12}


@dataclass(frozen=True, kw_only=True)
class Server:
    """A server that was started with some options."""

    toolbox: Toolbox
    folder: Path
    received: RequestLog

    def tools(self, agent: str) -> set[str]:
        return {each.name for each in self.toolbox.listed(agent)}

    async def call(self, agent: str, tool: str, arguments: Mapping[str, Any] | None = None) -> Answer:
        return await self.toolbox.call(Principal(agent=agent, via=Via.MEMORY), tool, arguments or {})

    @property
    def last(self) -> Entry:
        """The newest entry of the decision log."""
        return next(iter(wiring.log_reader(settings_in(self.folder)).entries()))


@asynccontextmanager
async def serve(folder: Path, *groups: str, read_only: bool = False) -> AsyncGenerator[Server]:
    settings, received = settings_in(folder, policies=EXAMPLES), RequestLog()
    sandbox = Sandbox(app=create_app(fresh_world(), log=received), limited=False)
    serving = wiring.serving(settings, groups=groups, read_only=read_only, sandbox=sandbox)
    files = wiring.policies(settings, sandbox=sandbox)
    async with wiring.opened(settings, {}, files, sandbox=sandbox, serving=serving) as found:
        yield Server(toolbox=found.toolbox, folder=folder, received=received)


@pytest.mark.ablation("the policies are narrowed to what the server serves")
async def test_a_read_only_server_shows_only_what_reads(tmp_path: Path) -> None:
    async with serve(tmp_path / "all") as whole, serve(tmp_path / "part", read_only=True) as part:
        for agent in (TRIAGE, OPERATOR):
            reading = {
                each.name
                for each in whole.toolbox.listed(agent)
                if each.annotations.read_only or each.name.startswith("export_")
            }
            assert part.tools(agent) == reading
            assert part.tools(agent) < whole.tools(agent)


@pytest.mark.ablation("the policies are narrowed to what the server serves", "what the server does not serve is denied")
async def test_a_change_is_refused_by_a_read_only_server_and_recorded(tmp_path: Path) -> None:
    async with serve(tmp_path, read_only=True) as server:
        answer = await server.call(TRIAGE, "resolve_error", ERROR)
        entry = server.last

    assert answer.error is Code.NOT_AVAILABLE
    assert not server.received.received
    decided = entry.decision.record
    assert (decided.effect.value, decided.reason) == ("deny", "not_served")
    assert "this server serves --read-only. Nothing was sent." in entry.sentence


async def test_a_group_shows_its_own_tools_and_those_that_every_agent_has(tmp_path: Path) -> None:
    async with serve(tmp_path, "releases") as server:
        tools, refused = server.tools(TRIAGE), await server.call(TRIAGE, "get_error", ERROR)
        releases = await server.call(TRIAGE, "list_releases", {"project_id": "checkout-ios"})

    assert tools == {"my_access", "list_releases", "get_release", "get_stability_trend", "compare_releases"}
    assert refused.error is Code.NOT_AVAILABLE
    assert releases.error is None


async def test_what_a_group_leaves_out_is_left_out_of_composite_tools(tmp_path: Path) -> None:
    async with serve(tmp_path, "errors") as server:
        listed = await server.call(OPERATOR, "list_errors", {"project_id": "checkout-ios"})
        errors: Any = listed.content["errors"]
        asked = {"project_id": "checkout-ios", "error_id": errors[0]["id"]}
        answer = await server.call(OPERATOR, "triage_error", asked)

    triage: Any = answer.content["triage"]
    assert triage["left_out"]["link"] == "not there, or not allowed to you"


async def test_an_agent_is_told_what_is_left_of_its_access(tmp_path: Path) -> None:
    async with serve(tmp_path, "errors", read_only=True) as server:
        answer = await server.call(OPERATOR, "my_access")

    access: Any = answer.content["access"]
    held = {(each["resource"], each["level"]) for one in access["connections"] for each in one["access"]}
    assert ("error", "read") in held
    assert {level for _, level in held} == {"read"}
    assert not {"project", "release"} & {resource for resource, _ in held}
    assert "This server was started with: --tools errors --read-only." in access["why_not_more"]
