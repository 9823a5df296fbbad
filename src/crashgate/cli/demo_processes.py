"""The processes behind the demo. Rule: started as an operator would, in a folder of their own, stopped at the end."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from crashgate.audit.reader import LogReader
from crashgate.cli.session import copy_example_policies
from crashgate.config import wiring
from crashgate.config.settings import Settings, load
from crashgate.errors import ConfigurationError
from crashgate.policy.policy import PolicySet
from crashgate_sandbox.app import create_app
from crashgate_sandbox.bugsnag.auth import SANDBOX_TOKEN
from crashgate_sandbox.received import RequestLog
from crashgate_sandbox.standalone import running

_VARIABLE = "BUGSNAG_AUTH_TOKEN"
_CONFIG = """\
[connections.bugsnag]
base_url = "{url}"
token_env = "{variable}"

[http]
port = 0
shutdown_seconds = 1
"""
_STOP_SECONDS = 5


@dataclass(frozen=True, kw_only=True, slots=True)
class DemoServer:
    """A sandbox at ``sandbox_url``, which notes what it ``received``, and crashgate in front of it at ``url``."""

    folder: Path
    settings: Settings
    sandbox_url: str
    received: RequestLog
    url: str
    environment: dict[str, str]

    @property
    def policies(self) -> PolicySet:
        """The policies in force."""
        return wiring.policies(self.settings).current()

    @property
    def log(self) -> LogReader:
        """The decision log."""
        return wiring.log_reader(self.settings)

    def token(self, agent: str) -> str:
        """A new bearer token, as ``crashgate token new`` makes it."""
        return wiring.tokens(self.settings).new(agent)

    def command(self, *words: str) -> tuple[str, ...]:
        """A crashgate command with this house's settings."""
        return _command(self.folder, *words)


@asynccontextmanager
async def start_demo(folder: Path) -> AsyncGenerator[DemoServer]:
    """Everything running, until the block ends. Raises ConfigurationError when the server does not start."""
    copy_example_policies(folder / "policies")
    received = RequestLog()
    environment = _environment(os.environ)
    async with running(create_app(log=received)) as sandbox_url:
        config = folder / "crashgate.toml"
        config.write_text(_CONFIG.format(url=sandbox_url, variable=_VARIABLE), encoding="utf-8")
        settings = load(
            config=config,
            options={"policies": folder / "policies", "state": folder / "state"},
            environment=environment,
            here=folder,
        )
        async with _server(folder, environment) as url:
            yield DemoServer(
                folder=folder,
                settings=settings,
                sandbox_url=sandbox_url,
                received=received,
                url=url,
                environment=environment,
            )


@asynccontextmanager
async def _server(folder: Path, environment: Mapping[str, str]) -> AsyncGenerator[str]:
    """``crashgate serve --http`` as a process; gives the address that it announces."""
    process = await asyncio.create_subprocess_exec(
        *_command(folder, "--json", "serve", "--http"),
        env=environment,
        cwd=folder,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        yield await _announced(process)
    finally:
        await _stop(process)


async def _announced(process: asyncio.subprocess.Process) -> str:
    stream = process.stderr
    line = await stream.readline() if stream is not None else b""
    try:
        return str(json.loads(line)["url"])
    except (ValueError, KeyError):
        rest = await stream.read() if stream is not None else b""
        told = (line + rest).decode(errors="replace")
        raise ConfigurationError("crashgate did not start.", why=told, remedy="Report this defect.") from None


async def _stop(process: asyncio.subprocess.Process) -> None:
    with suppress(ProcessLookupError):
        process.terminate()
    try:
        async with asyncio.timeout(_STOP_SECONDS):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()


def _command(folder: Path, *words: str) -> tuple[str, ...]:
    paths = (
        f"--config={folder / 'crashgate.toml'}",
        f"--policies={folder / 'policies'}",
        f"--state={folder / 'state'}",
    )
    return (sys.executable, "-m", "crashgate", *paths, *words)


def _environment(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment without settings of the user's own, and no proxy between us and ourselves."""
    kept = {name: value for name, value in environment.items() if not name.startswith(("CRASHGATE_", "BUGSNAG_"))}
    return {**kept, _VARIABLE: SANDBOX_TOKEN, "NO_PROXY": "*", "no_proxy": "*"}
