"""The demo while it runs: its processes, started as an operator would start them, and what it prints.

A step that does not end as expected is reported, and the demo fails.
"""

import asyncio
import json
import os
import sys
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from crashgate.audit.call import Entry
from crashgate.audit.reader import LogReader
from crashgate.audit.record import Purpose
from crashgate.cli.log_keeping import in_words
from crashgate.cli.output import Screen, note
from crashgate.cli.session import copy_example_policies
from crashgate.clients.launch import shell_command
from crashgate.config import wiring
from crashgate.config.settings import Settings, load
from crashgate.errors import ConfigurationError
from crashgate.policy.policy import PolicySet
from crashgate_sandbox.app import create_app
from crashgate_sandbox.demo import CONNECTION, PREFIX, TOKEN, VARIABLE, DemoError, Summarise
from crashgate_sandbox.received import RequestLog
from crashgate_sandbox.standalone import running

if TYPE_CHECKING:
    from mcp import Client

_CONFIG = """
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
        """A crashgate command with the demo's settings."""
        return _command(self.folder, *words)


@asynccontextmanager
async def start_demo(folder: Path) -> AsyncGenerator[DemoServer]:
    """Everything running, until the block ends. Raises ConfigurationError when the server does not start."""
    copy_example_policies(folder / "policies")
    received = RequestLog()
    environment = _environment(os.environ)
    async with running(create_app(log=received)) as sandbox_url:
        config = folder / "crashgate.toml"
        config.write_text(f"{CONNECTION.format(url=sandbox_url)}{_CONFIG}", encoding="utf-8")
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
    kept = {name: value for name, value in environment.items() if not name.startswith(("CRASHGATE_", PREFIX))}
    return {**kept, VARIABLE: TOKEN, "NO_PROXY": "*", "no_proxy": "*"}


def first_words(problems: BaseExceptionGroup[DemoError]) -> str:
    """The message of the first."""
    inner = problems.exceptions[0]
    return first_words(inner) if isinstance(inner, BaseExceptionGroup) else str(inner)


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """One call: what was asked, what the agent got, what the log says of it."""

    agent: str
    wish: str
    tool: str
    arguments: Mapping[str, Any]
    refused: bool
    got: str
    log: str
    lookups: int


@dataclass(kw_only=True, slots=True)
class Agent:
    """One agent of the demo."""

    name: str
    client: "Client"
    server: DemoServer
    report: "DemoReport"
    refusals: list[str] = field(default_factory=list[str])

    async def ask(
        self, wish: str, tool: str, arguments: Mapping[str, Any], *, summarise: Summarise | None = None
    ) -> Mapping[str, Any]:
        """Call a tool and show it. ``summarise`` describes the answer; without it the call is expected to be refused.

        Raises DemoError if it went otherwise, or if the log does not agree.
        """
        before = {entry.decision.record.call for entry in self.server.log.entries()}
        result = await self.client.call_tool(tool, dict(arguments))
        new = [entry for entry in self.server.log.entries() if entry.decision.record.call not in before]
        content = cast("Mapping[str, Any]", result.structured_content or {})
        text = " ".join(block.text for block in result.content if block.type == "text")
        refused = bool(result.is_error)
        if refused:
            self.refusals.append(text)
        calls = [entry for entry in new if entry.decision.record.purpose is Purpose.CALL]
        self.report.show_step(
            Step(
                agent=self.name,
                wish=wish,
                tool=tool,
                arguments=arguments,
                refused=refused,
                got=text if refused or summarise is None else summarise(content),
                log=calls[0].sentence if calls else "",
                lookups=len(new) - len(calls),
            )
        )
        self._judge(tool, calls, refused=refused, expected=summarise is None)
        return content

    def _judge(self, tool: str, calls: Sequence[Entry], *, refused: bool, expected: bool) -> None:
        if refused is not expected:
            raise DemoError(f"{tool} of {self.name} was {'refused' if refused else 'allowed'}.")
        records = [entry.decision.record for entry in calls]
        if [(each.agent, each.tool, each.effect == "deny") for each in records] != [(self.name, tool, refused)]:
            raise DemoError(f"The log does not agree about {tool} of {self.name}.")


class DemoReport:
    """Prints the steps as they happen, or all of them at the end as JSON."""

    def __init__(self, screen: Screen) -> None:
        self.went_well = False
        self._screen = screen
        self._steps: list[Step] = []
        self._end: dict[str, Any] = {}

    def open(self, server: DemoServer) -> None:
        """Say what is running."""
        if not self._screen.json:
            self._screen.say("crashgate demo", style="bold")
            self._screen.say(f"A sandbox with invented crashes is at {server.sandbox_url},")
            self._screen.say(f"and crashgate runs in front of it at {server.url}, with the example policies.")

    def agent(self, name: str, client: "Client", server: DemoServer, via: str) -> Agent:
        """Introduce an agent; what is printed next is about it."""
        if not self._screen.json:
            self._screen.say()
            self._screen.say(f"{name} (over {via})", style="bold cyan")
            self._screen.say(server.policies[name].about, style="italic")
        return Agent(name=name, client=client, server=server, report=self)

    def show_step(self, step: Step) -> None:
        """Show one call."""
        self._steps.append(step)
        if self._screen.json:
            return
        screen = self._screen
        screen.say()
        screen.under(
            f"{len(self._steps):>2}", f"{step.wish[0].upper()}{step.wish[1:]}", style="bold", indent=0, width=4
        )
        screen.under("asks", f"{step.tool} {json.dumps(dict(step.arguments))}", indent=4, width=6)
        screen.under(
            "gets",
            _short(step.got) if step.refused else step.got,
            style="red" if step.refused else "green",
            indent=4,
            width=6,
        )
        screen.under("log", step.log, style="yellow", indent=4, width=6)

    def close(self, server: DemoServer) -> None:
        """Compare what the sandbox received with the log, and verify the log."""
        entries = list(server.log.entries())
        outcomes = [entry.outcome.record for entry in entries if entry.outcome is not None]
        sent, received = sum(each.requests for each in outcomes), len(server.received.received)
        verdicts = server.log.verify()
        lookups = sum(
            entry.outcome.record.requests
            for entry in entries
            if entry.outcome is not None and entry.decision.record.purpose is Purpose.LOOKUP
        )
        refused = sum(step.refused for step in self._steps)
        sound = all(verdict.sound for verdict in verdicts) and bool(verdicts)
        self.went_well = sound and sent == received and not any(entry.unknown for entry in entries)
        self._end = {"received": received, "logged": sent, "lookups": lookups, "sound": sound}
        if self._screen.json:
            return
        self._screen.say()
        self._screen.say("And in the end", style="bold cyan")
        self._screen.say(
            f"{len(self._steps)} calls, {refused} of them refused. The sandbox received {received} requests; the log"
            f" accounts for {sent} ({lookups} of them look-ups of the gate). A refused call sent nothing of its own."
        )
        for verdict in verdicts:
            self._screen.say(f"log verify: {in_words(verdict)}", style="green" if verdict.sound else "bold red")

    def fail(self, why: str) -> None:
        """Say why the demo failed."""
        self.went_well = False
        self._end["why"] = why
        if not self._screen.json:
            note(f"The demo failed: {why}")

    def end(self) -> None:
        """Print the report, or where to go next."""
        if self._screen.json:
            self._screen.data({"ok": self.went_well, "steps": [asdict(step) for step in self._steps], **self._end})
        elif self.went_well:
            self._screen.say()
            self._screen.say("Where to go next", style="bold cyan")
            for label, words in _NEXT:
                self._screen.say(label)
                self._screen.raw(f"  {shell_command()} {words}")


_NEXT = (
    ("See who may do what:", "policy show --sandbox"),
    ("Ask why a call is refused, and what would allow it:", "policy explain triage-agent delete_error --sandbox"),
    ("Show how to connect your client to the sandbox:", "install claude-code --agent triage-agent --sandbox"),
    ("Set up your own account:", "init"),
)


def _short(refusal: str) -> str:
    """The first and the last sentence, without the list of tools between them."""
    head, _, rest = refusal.partition(". ")
    return f"{head}. [...] {rest.rpartition('. ')[2]}" if rest else refusal
