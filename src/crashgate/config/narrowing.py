"""Policies narrowed: to what one server serves, and a connection to the project of a key.

Until the project is found, no policy of the operator's is in force. Afterwards each policy grants on that connection
what it grants in that project, and nothing elsewhere.
"""

import json
from collections.abc import AsyncGenerator, Container, Mapping
from dataclasses import replace
from hashlib import sha256
from typing import Any, Final, Protocol

from crashgate.config.settings import ConnectionSettings
from crashgate.errors import ConfigurationError
from crashgate.gate.call import Ask
from crashgate.gate.gateway import Gateway
from crashgate.identity import Principal, Via
from crashgate.model.operation import AnyOperation
from crashgate.model.provider import ProjectKey, Provider
from crashgate.model.scope import PROJECT
from crashgate.policy.document import load
from crashgate.policy.grants import Grant, any_matches
from crashgate.policy.policy import Policy, PolicySet, PolicySource, Vocabulary
from crashgate.policy.serving import EVERYBODY, Freeze, Serving

AGENT: Final = "project-key"
"""As whom the project is looked up; the log has these reads."""

_MOST_PAGES = 200
_POLICY = """\
agent = "{agent}"
about = "Finds the project of a key."
owner = "{agent}"
"""
_GRANT = """
[[grant]]
connection = {connection}
organizations = ["*"]
projects = ["*"]
access.{around} = "read"
access.{resource} = "read"
"""


class Freezes(Protocol):
    """What operators have frozen."""

    def current(self) -> Mapping[str, Freeze]:
        """By agent, and by ``EVERYBODY``; another object after every change. Reads nothing."""
        ...


class Served:
    """A PolicySource: the policies of another one, each as far as one server serves it and no operator froze it.

    A frozen policy has another hash than its document, so that what is under way and what was approved is judged anew.
    """

    def __init__(self, source: PolicySource, serving: Serving, freezes: Freezes) -> None:
        self._source = source
        self._serving = serving
        self._freezes = freezes
        self._known: tuple[PolicySet, Mapping[str, Freeze], PolicySet] | None = None

    def current(self) -> PolicySet:
        """The policies in force."""
        whole, freezes = self._source.current(), self._freezes.current()
        known = self._known
        if known is None or known[0] is not whole or known[1] is not freezes:
            narrow = PolicySet((self._narrow(each, freezes) for each in whole.values()), broken=whole.broken)
            known = self._known = (whole, freezes, narrow)
        return known[2]

    def _narrow(self, policy: Policy, freezes: Mapping[str, Freeze]) -> Policy:
        found = {freezes.get(policy.agent), freezes.get(EVERYBODY)}
        freeze = Freeze.ALL if Freeze.ALL in found else Freeze.WRITES if Freeze.WRITES in found else None
        if freeze is None:
            return replace(policy, serving=self._serving) if self._serving.narrows else policy
        marked = sha256(f"{policy.hash} frozen {freeze}".encode()).hexdigest()
        return replace(policy, serving=replace(self._serving, freeze=freeze), hash=marked)


class Narrowed:
    """A PolicySource: the policies of another one, each with its grants on those connections in one project alone."""

    def __init__(self, source: PolicySource, keys: Mapping[str, ProjectKey], vocabulary: Vocabulary) -> None:
        grants = "".join(
            _GRANT.format(connection=json.dumps(name), around=key.around.resource, resource=key.operation.resource)
            for name, key in keys.items()
        )
        policy = load(_POLICY.format(agent=AGENT) + grants, source=f"{AGENT}.toml", vocabulary=vocabulary)
        self._source = source
        self._keys = keys
        self._projects: dict[str, tuple[str, ...]] = {}
        self._known: tuple[PolicySet, PolicySet] | None = None
        self._looking_up = PolicySet([policy])

    def current(self) -> PolicySet:
        """The policies in force; until the projects are known, one that can only find them."""
        if len(self._projects) < len(self._keys):
            return self._looking_up
        whole = self._source.current()
        if self._known is None or self._known[0] is not whole:
            narrow = PolicySet(map(self._narrow, whole.values()), broken=whole.broken)
            self._known = (whole, narrow)
        return self._known[1]

    async def find_projects(
        self, gateway: Gateway, connections: Mapping[str, ConnectionSettings], environment: Mapping[str, str]
    ) -> None:
        """Look the projects up. Raises ConfigurationError where no project has the key, and what reading raises."""
        found: dict[str, tuple[str, ...]] = {}
        for name, key in self._keys.items():
            variable = connections[name].project_key_env or ""
            digest = sha256(environment.get(variable, "").strip().encode()).hexdigest()
            found[name] = await _find_project(gateway, name, key, digest, variable)
        self._projects = found

    def _narrow(self, policy: Policy) -> Policy:
        grants = (self._narrow_grant(grant) for grant in policy.grants)
        return replace(policy, grants=tuple(grant for grant in grants if grant is not None))

    def _narrow_grant(self, grant: Grant) -> Grant | None:
        project = self._projects.get(grant.connection)
        if project is None:
            return grant
        patterns = grant.places.get(PROJECT, ())
        # check: a project's key leaves no grant elsewhere
        if not any_matches(patterns, project):
            return None
        return replace(grant, places={**grant.places, PROJECT: project[:1]})


def narrowing_variables(connections: Mapping[str, ConnectionSettings]) -> Mapping[str, str]:
    """By connection, the variable with the key of the only project that it is open for."""
    return {name: each.project_key_env for name, each in connections.items() if each.project_key_env is not None}


def narrowing_sentence(variable: str) -> str:
    """What the key in a variable does."""
    return f"Only the project whose key is in {variable} is open here. The server finds it when it starts."


def narrow_unlooked(policies: PolicySet, connections: Container[str]) -> PolicySet:
    """The policies without what such a key takes away, whichever project has it: grants that name no projects.

    Which project has the key is known to a server that has looked it up, and to nobody else.
    """
    return PolicySet(
        (
            replace(
                policy,
                grants=tuple(
                    grant for grant in policy.grants if grant.connection not in connections or grant.places.get(PROJECT)
                ),
            )
            for policy in policies.values()
        ),
        broken=policies.broken,
    )


def narrowing_keys(
    connections: Mapping[str, ConnectionSettings], providers: Mapping[str, Provider]
) -> Mapping[str, ProjectKey]:
    """By connection, how the project of its key is found. Raises ConfigurationError where its provider has no keys."""
    found: dict[str, ProjectKey] = {}
    for name, each in connections.items():
        if each.project_key_env is None:
            continue
        variables = providers[name].variables
        if variables is None or variables.project_key is None:
            raise ConfigurationError(
                f"Connection {name} cannot be narrowed by a key: its provider has no keys of projects.",
                remedy="Remove project_key_env from crashgate.toml, and name places in the policies.",
            )
        found[name] = variables.project_key
    return found


async def _find_project(
    gateway: Gateway, connection: str, key: ProjectKey, digest: str, variable: str
) -> tuple[str, ...]:
    """The id of the project with that key, and its slug."""
    async for around in _rows(gateway, connection, key.around, {}):
        async for project in _rows(gateway, connection, key.operation, {key.parameter: around.id}):
            if getattr(project, key.attribute) == digest:
                return (project.id, project.slug) if project.slug else (project.id,)
    raise ConfigurationError(
        f"No project that the token of connection {connection} can see has the key in {variable}.",
        remedy=f"Correct the key, or unset {variable} to use all projects that the policies name.",
    )


async def _rows(
    gateway: Gateway, connection: str, operation: AnyOperation, arguments: Mapping[str, Any]
) -> AsyncGenerator[Any]:
    mark: str | None = None
    for _ in range(_MOST_PAGES):
        reply = await gateway.run(
            Ask(
                principal=Principal(agent=AGENT, via=Via.CLI),
                tool=None,
                operation=operation,
                connection=connection,
                arguments=arguments,
                mark=mark,
            )
        )
        for row in reply.page.rows:
            yield row
        mark = reply.page.next_mark
        if mark is None:
            return
