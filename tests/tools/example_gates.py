"""Every tool of every example policy, and of one that may do all there is, each with right arguments.

Rule: the upstreams are played, so that what is sent can be compared.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, cast

import pytest

from crashgate.model.composite import CompositeTool
from crashgate.model.form import Parts, form_of
from crashgate.model.operation import AnyOperation
from crashgate.model.provider import AnyTool
from crashgate.model.tool import Named, Tool
from crashgate.policy.document import load
from crashgate.policy.policy import Policy, Vocabulary
from crashgate.storage.policy_files import read_templates
from crashgate.tools.definitions import Definition
from tests.catalogue import BY_NAME, CATALOGUE, RESOURCES
from tests.gate.gate import IOS, Gate
from tests.house import EXAMPLES, everything
from tests.tools.asks import RIGHT
from tests.tools.played import open_played

ALL = ("bugsnag", "bugsnag-sessions", "bugspulse", "browserstack", "devrev")
REOPEN = {"reopen_if": "occurs_after", "seconds": 60}
_GROUP = {"span_group_id": "1.app_start.AppStart/Cold"}
CHANGES: Mapping[str, Mapping[str, Any]] = {
    "group": _GROUP,
    "timeline": _GROUP,
    "distribution": _GROUP,
    "snooze": {"reopen_rules": REOPEN},
    "assign": {"assigned_collaborator_id": IOS.person},
    "override_severity": {"severity": "info"},
    "link_issue": {"issue_url": "https://tracker.example/browse/X-1"},
}
"""What a change of errors, or a view of spans, demands beside its name."""

_odd = re.compile(rb'[0-9a-f]{8}-[0-9a-f-]{27}|"timestamp":"[^"]*"')
"""What is new in each request: ids that we make, and their times."""


@dataclass(frozen=True, kw_only=True)
class Case:
    """One tool of one agent at one provider. ``right`` are arguments that it takes, for its ``operation``."""

    agent: str
    tool: AnyTool
    definition: Definition
    operation: AnyOperation
    right: Mapping[str, Any]
    connections: tuple[str, ...]

    @property
    def shown(self) -> Mapping[str, Any]:
        """The parameters that the agent is shown."""
        return _shown(self.definition)

    @property
    def form(self) -> Parts:
        """The form of the parameters."""
        return form_of(self.tool.params if isinstance(self.tool, CompositeTool) else self.operation.params)

    def __str__(self) -> str:
        return f"{self.agent}-{self.operation.id}-{self.tool.name}"


def documents() -> Mapping[str, tuple[str, tuple[str, ...]]]:
    """The policies by agent, each with the connections that it is for."""
    found: dict[str, tuple[str, tuple[str, ...]]] = {}
    for path in sorted([*EXAMPLES.glob("*.toml"), *EXAMPLES.glob("sessions/*.toml")]):
        text = path.read_text(encoding="utf-8")
        named = tuple(each for each in ALL if f'connection = "{each}"' in text)
        found[path.stem] = (text, named or ("bugsnag",))  # a template's grants are on BugSnag
    head = 'agent = "{0}"\nabout = "For a test."\nowner = "owner@example.com"\n{1}'
    return found | {f"all-{each}": (head.format(f"all-{each}", everything(each)), (each,)) for each in ALL}


@cache
def _policy(agent: str) -> Policy:
    text, connections = documents()[agent]
    vocabulary = Vocabulary(catalogue=CATALOGUE, connections={name: RESOURCES[name] for name in connections})
    return load(text, source=f"policies/{agent}.toml", vocabulary=vocabulary, templates=read_templates(EXAMPLES))


def open_for(agent: str, folder: Path | None = None) -> Gate:
    """A new gate with the agent's policy."""
    return open_played(_policy(agent), connections=documents()[agent][1], folder=folder)


def cases() -> Iterator[Case]:
    """Every tool of every policy, once for each operation of it."""
    for agent, (_, connections) in documents().items():
        for definition in open_for(agent, Path("never-written-to")).toolbox.listed(agent):
            tool = BY_NAME[definition.name]
            for name, operation in _operations(tool):
                right = RIGHT.get((operation.provider, tool.name))
                if operation.provider not in {*connections, "crashgate"} or right is None:
                    continue
                given: dict[str, Any] = {"connection": operation.provider} if "connection" in _shown(definition) else {}
                if name is not None and isinstance(tool, Tool) and isinstance(tool.choice, Named):
                    given |= {tool.choice.argument: name, **CHANGES.get(name, {})}
                yield Case(
                    agent=agent,
                    tool=tool,
                    definition=definition,
                    operation=operation,
                    right={**right, **given},
                    connections=connections,
                )


def _shown(definition: Definition) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", definition.input_schema["properties"])


def _operations(tool: AnyTool) -> Iterator[tuple[str | None, AnyOperation]]:
    if isinstance(tool, CompositeTool):
        yield from ((None, each) for each in tool.first_operations)
    elif isinstance(tool, Tool) and isinstance(tool.choice, Named):
        yield from tool.choice.choices.items()
    else:
        yield from ((None, each) for each in tool.operations)


def sent(gate: Gate) -> list[tuple[str, str, bytes]]:
    """What was sent upstream, without what is new in each request."""
    return [(each.method, each.url, _odd.sub(b"", each.body or b"")) for each in gate.upstream.received]


def bodies(gate: Gate) -> list[Any]:
    """The bodies of what was sent."""
    return [json.loads(each.body) for each in gate.upstream.received if each.body]


CASES = tuple(sorted(cases(), key=lambda case: not case.agent.startswith("all-")))
"""The agents that may do all there is come first."""


def cases_once() -> Iterator[object]:
    """Every case as a parameter of a test. What another agent is shown just so already is for ``make nightly``."""
    seen = set[tuple[str, str, frozenset[str]]]()
    for case in CASES:
        key = (case.operation.id, case.tool.name, frozenset(case.shown))
        yield pytest.param(case, id=str(case), marks=[pytest.mark.nightly] if key in seen else [])
        seen.add(key)


def parameters_once() -> Iterator[object]:
    """Every case with the parameters that no earlier one has in this form; with the others for ``make nightly``."""
    seen = set[tuple[str, str, str]]()
    for case in CASES:
        forms = {name: (name, repr(case.form.parts.get(name)), _kind(case.shown[name])) for name in case.shown}
        new = {name for name, form in forms.items() if form not in seen}
        yield pytest.param(case, new, id=str(case), marks=[] if new else [pytest.mark.nightly])
        yield pytest.param(case, case.shown.keys() - new, id=f"{case}-again", marks=[pytest.mark.nightly])
        seen |= set(forms.values())


def _kind(schema: Mapping[str, Any]) -> str:
    return json.dumps({key: value for key, value in schema.items() if key != "description"}, sort_keys=True)


ONCE = tuple(cases_once())
PARAMETERS_ONCE = tuple(parameters_once())
