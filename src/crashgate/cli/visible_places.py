"""The organizations and projects that a connection's token can see. Rule: asked for through the gate, like any call.

The decision log names ``policy-init`` for it, and the policy that it asks under reads these two resources alone.
"""

import json
import re
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from crashgate.cli.agents import POLICY_INIT
from crashgate.errors import ConfigurationError, CrashgateError
from crashgate.identity import Principal, Via
from crashgate.model.params import SLUG_PATTERN
from crashgate.model.scope import ORGANIZATION, PROJECT
from crashgate.policy.document import load
from crashgate.policy.policy import PolicySet
from crashgate.policy.review.starter import MOST_NAMES, Places

if TYPE_CHECKING:
    from crashgate.config.connections import Sandbox
    from crashgate.config.settings import Settings
    from crashgate.policy.policy import Vocabulary
    from crashgate.tools.toolbox import Toolbox

_RESOURCES = {"organization": ORGANIZATION, "project": PROJECT}
_ASKS = """\
agent = "{agent}"
about = "Looks up what a first policy may name."
owner = "{agent}"
"""
_GRANT = """
[[grant]]
connection = {connection}
organizations = ["*"]
projects = ["*"]
access.organization = "read"
access.project = "read"
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Standing:
    """Policies of one moment."""

    policies: PolicySet

    def current(self) -> PolicySet:
        return self.policies


def askable(vocabulary: "Vocabulary") -> tuple[str, ...]:
    """The connections that have organizations and projects to ask for."""
    return tuple(name for name, has in vocabulary.connections.items() if _RESOURCES.items() <= has.items())


async def existing(
    settings: "Settings", sandbox: "Sandbox | None", environment: Mapping[str, str]
) -> Mapping[str, Places]:
    """By connection, the slugs of all that its token can see; empty where no connection has any.

    Raises ConfigurationError where one has more than ``MOST_NAMES``, and what the tools tell as CrashgateError.
    """
    from crashgate.config import wiring

    vocabulary = wiring.vocabulary(settings, sandbox=sandbox)
    connections = askable(vocabulary)
    if not connections:
        return {}
    grants = "".join(_GRANT.format(connection=json.dumps(name)) for name in connections)
    policy = load(_ASKS.format(agent=POLICY_INIT) + grants, source=f"{POLICY_INIT}.toml", vocabulary=vocabulary)
    source = _Standing(policies=PolicySet([policy]))
    async with wiring.toolbox(settings, environment, sandbox=sandbox, source=source) as toolbox:
        return {
            name: await _seen(toolbox, {"connection": name} if len(connections) > 1 else {}) for name in connections
        }


async def _seen(toolbox: "Toolbox", where: Mapping[str, Any]) -> Places:
    organizations = [each async for each in _rows(toolbox, "list_organizations", "organizations", where)]
    projects: list[Mapping[str, Any]] = []
    for organization in organizations:
        of_it = {**where, "organization_id": organization["id"], "per_page": 100}
        projects += [each async for each in _rows(toolbox, "list_projects", "projects", of_it)]
    return {ORGANIZATION: _names(organizations), PROJECT: _names(projects)}


async def _rows(toolbox: "Toolbox", tool: str, key: str, asked: Mapping[str, Any]) -> AsyncGenerator[Mapping[str, Any]]:
    """The rows of all pages."""
    seen, more = 0, dict[str, Any]()
    while True:
        answer = await toolbox.call(Principal(agent=POLICY_INIT, via=Via.CLI), tool, {**asked, **more})
        if answer.error is not None:
            raise CrashgateError(
                answer.text,
                remedy="Or name places (--project, ...), or give --offline: then nothing is asked.",
                code=answer.error,
            )
        for row in answer.content[key]:
            yield row
        seen += len(answer.content[key])
        if seen > MOST_NAMES:
            raise ConfigurationError(
                f"The token sees more than {MOST_NAMES} {key}.",
                why="A policy that names each of them would be read by nobody.",
                remedy="Name places by patterns: --organization 'acme', --project 'checkout-*'.",
            )
        if "next_cursor" not in answer.content:
            return
        more = {"cursor": answer.content["next_cursor"]}


def _names(rows: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """The slugs; the id of what has none that a policy could write."""
    return tuple(dict.fromkeys(_name(row) for row in rows))


def _name(row: Mapping[str, Any]) -> str:
    slug = str(row.get("slug", ""))
    return slug if re.fullmatch(SLUG_PATTERN, slug) else str(row["id"])
