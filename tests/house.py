"""The whole house in one process: real wiring, real log, and the sandbox. Rule: no part is replaced."""

import asyncio
import os
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from shutil import copytree
from typing import Any, cast

from mcp_types import CallToolResult

from crashgate.audit.call import Entry
from crashgate.audit.reader import LogReader
from crashgate.config import wiring
from crashgate.config.connections import Sandbox
from crashgate.config.settings import Settings, load
from crashgate.identity import Principal, Via
from crashgate.mcp import render
from crashgate.tools.call_result import Answer
from crashgate.tools.toolbox import Toolbox
from crashgate_sandbox.app import create_app
from crashgate_sandbox.bugsnag.auth import SANDBOX_TOKEN
from crashgate_sandbox.bugsnag.budget import UNLIMITED, Budgets
from crashgate_sandbox.bugsnag.call import Manners
from crashgate_sandbox.bugsnag.service import BugSnag
from crashgate_sandbox.faults import Faults
from crashgate_sandbox.machine_clock import MachineClock
from crashgate_sandbox.received import Received, RequestLog
from crashgate_sandbox.world.errors import Error
from crashgate_sandbox.world.projects import Project
from crashgate_sandbox.world.world import World
from tests.catalogue import KINDS, RESOURCES
from tests.session_providers import SessionProviders

NOW = datetime(2026, 11, 20, 15, 30, tzinfo=UTC)
EXAMPLES = Path(__file__).resolve().parent.parent / "policies"
"""The policies that the project ships."""

TRIAGE, OPERATOR, READER, RELEASES = "triage-agent", "operator", "read-only-assistant", "release-manager"
REPORTS = '[[grant]]\nconnection = "bugsnag-sessions"\naccess.session = "write"\n'
"""What an agent needs to report sessions. The shipped policies do not have it: most people have no such connection."""

SESSION_PROVIDERS = ("bugspulse", "browserstack", "devrev")


def everything(provider: str, connection: str | None = None) -> str:
    """A grant of all there is on the provider's connection, which is called like it unless ``connection`` is given."""
    resources = RESOURCES[provider]
    needed = {dimension for kind in resources.values() for dimension in (kind, kind.wider)}
    places = [dimension for dimension in KINDS if dimension in needed]
    lines = ["[[grant]]", f'connection = "{connection or provider}"']
    lines += [f'{dimension} = ["*"]' for dimension in places]
    lines += [f'access.{name} = "full"' for name in resources]
    return "\n".join(lines) + "\n"


@cache
def _drawn() -> World:
    return World(now=NOW)


def fresh_world() -> World:
    """The usual world without anybody's changes; drawn once in a process."""
    world = _drawn()
    world.reset()
    return world


@dataclass(frozen=True, kw_only=True)
class House:
    """The parts that a test looks at."""

    toolbox: Toolbox
    world: World
    faults: Faults
    sandbox: RequestLog
    settings: Settings
    session_providers: SessionProviders

    async def call(self, agent: str, tool: str, arguments: Mapping[str, Any] | None = None) -> Answer:
        """What the toolbox answers to a call of the agent."""
        return await self.toolbox.call(Principal(agent=agent, via=Via.MEMORY), tool, arguments or {})

    async def result(self, agent: str, tool: str, arguments: Mapping[str, Any] | None = None) -> CallToolResult:
        """The same as the protocol's result."""
        return render.answer(await self.call(agent, tool, arguments))

    @property
    def log(self) -> LogReader:
        return wiring.log_reader(self.settings)

    @property
    def entries(self) -> list[Entry]:
        """All entries of the decision log, oldest first."""
        return list(self.log.entries())[::-1]

    @property
    def sentences(self) -> list[str]:
        return [entry.sentence for entry in self.entries]

    @property
    def requests(self) -> Sequence[Received]:
        """What arrived at the sandbox."""
        return self.sandbox.received

    def project(self, slug: str = "checkout-ios") -> Project:
        found = self.world.project(slug)
        assert found is not None
        return found

    def errors(self, slug: str = "checkout-ios") -> list[Error]:
        return self.world.errors_of(self.project(slug).id)


def settings_in(folder: Path, *, policies: Path = EXAMPLES, **options: object) -> Settings:
    """Settings with their state in ``folder``, whatever the environment says."""
    given = {"state": folder / "state", "policies": policies, **options}
    return load(config=None, options=given, environment={}, here=folder)


@asynccontextmanager
async def open_house(
    folder: Path,
    *,
    policies: Path = EXAMPLES,
    budgets: Budgets = UNLIMITED,
    manners: Manners | None = None,
    world: World | None = None,
    settings: Settings | None = None,
    session_providers: SessionProviders | None = None,
) -> AsyncGenerator[House]:
    """A house whose state is in ``folder`` and whose upstreams are a sandbox in this process."""
    world, limited = world or fresh_world(), budgets is not UNLIMITED
    faults, requests = Faults(), RequestLog()
    others = session_providers or SessionProviders.usual(world.now, MachineClock(), limited=limited)
    bugsnag = BugSnag(world, token=SANDBOX_TOKEN, budgets=budgets, manners=manners or Manners(), clock=MachineClock())
    app = create_app(world, services={"bugsnag": bugsnag, **others.services}, faults=faults, log=requests)
    settings = settings or settings_in(folder, policies=policies)
    sandbox = Sandbox(app=app, limited=limited)
    async with wiring.toolbox(settings, {}, sandbox=sandbox) as toolbox:
        yield House(
            toolbox=toolbox,
            world=world,
            faults=faults,
            sandbox=requests,
            settings=settings,
            session_providers=others,
        )


def write_policies(folder: Path, documents: Mapping[str, str]) -> Path:
    """Policy documents by agent, without their first three lines; gives their folder."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for agent, grants in documents.items():
        path = folder / f"{agent}.toml"
        head = f'agent = "{agent}"\nabout = "For a test."\nowner = "owner@example.com"\n'
        path.write_text(head + grants, encoding="utf-8")
        path.chmod(0o600)
    return folder


def policies_of_all(folder: Path) -> Path:
    """The shipped policies, with an operator who may do everything on the connections of all providers."""
    written = write_policies(folder, {})
    for example in EXAMPLES.glob("*.toml"):
        copy = written / example.name
        text = example.read_text(encoding="utf-8")
        if example.stem == OPERATOR:
            text += "".join(f"\n{everything(provider)}" for provider in ("bugsnag-sessions", *SESSION_PROVIDERS))
        copy.write_text(text, encoding="utf-8")
        copy.chmod(0o600)
    copytree(EXAMPLES / "templates", written / "templates")
    return written


def bytes_below(folder: Path) -> bytes:
    """Every file below a folder, one after the other."""
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


def texts(node: object) -> Iterable[str]:
    """Every string in a JSON document, keys included."""
    if isinstance(node, str):
        yield node
    elif isinstance(node, Mapping):
        for key, value in cast("Mapping[str, object]", node).items():
            yield key
            yield from texts(value)
    elif isinstance(node, list | tuple):
        for item in cast("Sequence[object]", node):
            yield from texts(item)


def small_environment() -> dict[str, str]:
    """The environment of a process of ours: what Python needs, and nothing that could configure crashgate."""
    return {name: os.environ[name] for name in ("PATH", "PYTHONPATH", "HOME", "LANG") if name in os.environ}


async def until(holds: Callable[[], bool]) -> None:
    """Let others work until it holds; the test's own time limit ends what never does."""
    while not holds():  # noqa: ASYNC110 - another process does it, or somebody who tells nobody
        await asyncio.sleep(0.001)
