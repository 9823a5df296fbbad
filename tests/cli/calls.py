"""Real calls through the gate, in this process, with a sandbox at the other end."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from crashgate.audit.call import Entry
from crashgate.audit.record import Purpose
from crashgate.config import wiring
from crashgate.config.connections import Sandbox
from crashgate.config.settings import Settings, load
from crashgate.identity import Principal, Via
from crashgate_sandbox.app import create_app
from crashgate_sandbox.world.world import World

Call = tuple[str, str, Mapping[str, Any]]
"""Agent, tool, arguments."""


def settings(*, policies: Path, state: Path) -> Settings:
    """Settings with these folders and no connection."""
    return load(config=None, options={"policies": policies, "state": state}, environment={}, here=state.parent)


async def make(calls: Sequence[Call], *, policies: Path, state: Path, world: World | None = None) -> None:
    """Make the calls, one after the other, whatever becomes of them."""
    sandbox = Sandbox(app=create_app(world, limits=None), limited=False)
    async with wiring.toolbox(settings(policies=policies, state=state), {}, sandbox=sandbox) as toolbox:
        for agent, tool, arguments in calls:
            await toolbox.call(Principal(agent=agent, via=Via.MEMORY), tool, arguments)


def recorded_calls(*, policies: Path, state: Path) -> list[Entry]:
    """What the log holds of the agents' own calls, the oldest first."""
    entries = wiring.log_reader(settings(policies=policies, state=state)).entries()
    return [entry for entry in entries if entry.decision.record.purpose is Purpose.CALL][::-1]
