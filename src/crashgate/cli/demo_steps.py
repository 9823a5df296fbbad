"""What the demo shows, and its judgement of it. Rule: a step that ends otherwise than expected is told and fails it."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, cast

from crashgate.audit.call import Entry
from crashgate.audit.record import Purpose
from crashgate.cli.log_keeping import in_words
from crashgate.cli.output import Screen, note
from crashgate.clients.launch import shell_command

if TYPE_CHECKING:
    from mcp import Client

    from crashgate.cli.demo_processes import DemoServer

Told = Callable[[Mapping[str, Any]], str]
"""Makes a few words of an answer."""


class NotAsToldError(Exception):
    """A step went otherwise than the demo says."""


def first_words(problems: BaseExceptionGroup[NotAsToldError]) -> str:
    """What the first of them says."""
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
    server: "DemoServer"
    report: "DemoReport"
    refusals: list[str] = field(default_factory=list[str])

    async def ask(
        self, wish: str, tool: str, arguments: Mapping[str, Any], *, told: Told | None = None
    ) -> Mapping[str, Any]:
        """Call a tool and show it. ``told`` puts the answer in words; without it the call is expected to be refused.

        Raises NotAsToldError when it went otherwise, or when the log does not say so.
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
                got=text if refused or told is None else told(content),
                log=calls[0].sentence if calls else "",
                lookups=len(new) - len(calls),
            )
        )
        self._judge(tool, calls, refused=refused, expected=told is None)
        return content

    def _judge(self, tool: str, calls: Sequence[Entry], *, refused: bool, expected: bool) -> None:
        if refused is not expected:
            raise NotAsToldError(f"{tool} of {self.name} was {'refused' if refused else 'allowed'}.")
        records = [entry.decision.record for entry in calls]
        if [(each.agent, each.tool, each.effect == "deny") for each in records] != [(self.name, tool, refused)]:
            raise NotAsToldError(f"The log does not tell of {tool} of {self.name} as it was.")


class DemoReport:
    """Prints the steps as they happen, or all of them at the end as JSON."""

    def __init__(self, screen: Screen) -> None:
        self.went_well = False
        self._screen = screen
        self._steps: list[Step] = []
        self._end: dict[str, Any] = {}

    def open(self, server: "DemoServer") -> None:
        """Everything runs."""
        if not self._screen.json:
            self._screen.say("crashgate demo", style="bold")
            self._screen.say(f"A sandbox BugSnag with invented crashes is at {server.sandbox_url},")
            self._screen.say(f"and crashgate in front of it at {server.url}, with the example policies.")

    def agent(self, name: str, client: "Client", server: "DemoServer", via: str) -> Agent:
        """An agent comes on; what is printed from here on is about it."""
        if not self._screen.json:
            self._screen.say()
            self._screen.say(f"{name} (over {via})", style="bold cyan")
            self._screen.say(server.policies[name].about, style="italic")
        return Agent(name=name, client=client, server=server, report=self)

    def show_step(self, step: Step) -> None:
        """A call was answered."""
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

    def close(self, server: "DemoServer") -> None:
        """Hold what the sandbox received against the log, and check the log."""
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
        """The demo did not go as it should."""
        self.went_well = False
        self._end["why"] = why
        if not self._screen.json:
            note(f"This did not go as it should: {why}")

    def end(self) -> None:
        """The last words."""
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
    """The first and the last sentence; between them stands what the agent may use instead."""
    head, _, rest = refusal.partition(". ")
    return f"{head}. [...] {rest.rpartition('. ')[2]}" if rest else refusal


def first(content: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """The first row of a list in an answer. Raises NotAsToldError when there is none."""
    rows = cast("Sequence[Mapping[str, Any]]", content.get(key) or ())
    if not rows:
        raise NotAsToldError(f"There are no {key}.")
    return rows[0]
