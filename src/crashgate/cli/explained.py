"""A question about one tool, from words on the command line to a decision. Rule: it asks what the gate would ask."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Any

from pydantic import ValidationError

from crashgate.catalogue.operation import AnyOperation
from crashgate.catalogue.provider import Provider
from crashgate.catalogue.registry import BY_ID
from crashgate.catalogue.scope import (
    OrganizationNamed,
    OrganizationRows,
    OrganizationToCome,
    ProjectNamed,
    ProjectOfObject,
    ProjectRows,
    ProjectToCome,
)
from crashgate.errors import InvalidArgumentsError
from crashgate.gateway import arguments as gate
from crashgate.gateway.judge import TO_COME
from crashgate.policy.decide import decide
from crashgate.policy.decision import Decision, Effect
from crashgate.policy.explain import explain, may_use
from crashgate.policy.policy import Policy
from crashgate.policy.question import Place, Question
from crashgate.tools.recipe import Recipe
from crashgate.tools.registry import BY_NAME
from crashgate.tools.tool import Tool
from crashgate.tools.toolbox import choose

_TOOLS_OWN = frozenset({"connection", "cursor", "detail"})
_UNKNOWN = "There is no tool and no operation of that name."


@dataclass(frozen=True, kw_only=True, slots=True)
class Explained:
    """The operation that was meant, the question, and the decision. ``tool`` is None where an operation was named."""

    tool: str | None
    operation: AnyOperation
    question: Question
    decision: Decision

    @property
    def allowed(self) -> bool:
        """Whether the gate lets the call through; where rows name their own places, it drops those out of scope."""
        return self.decision.effect is Effect.ALLOW or (self._by_rows and self.decision.effect is Effect.DEPENDS)

    @property
    def sentence(self) -> str:
        """The whole answer."""
        asked = self.question
        if asked.project is TO_COME:
            asked = replace(asked, project=None)
        if asked.organization is TO_COME:
            asked = replace(asked, organization=None)
        told = explain(self.decision, asked)
        if self._by_rows and self.decision.effect is Effect.DEPENDS:
            return f"{told} The call is let through, and rows of other places are left out of its answer."
        if self.decision.effect is Effect.DEPENDS:
            return f"{told} {self._missing}"
        return told

    @property
    def _by_rows(self) -> bool:
        return isinstance(self.operation.scope, ProjectRows | OrganizationRows)

    @property
    def _missing(self) -> str:
        project, organization = _place_names(self.operation)
        given = self.question.project if project else self.question.organization
        if given is None:
            return f"Add {project or organization}=NAME to ask about one place."
        return "It depends on the project's organization, which the gate looks up when the call is made."


def explained(
    policy: Policy | None, *, agent: str, tool: str, words: Sequence[str], connections: Mapping[str, Provider]
) -> Explained:
    """The decision on ``agent`` calling ``tool``, with arguments as ``name=value``.

    ``connections`` are those that a policy may name. Raises InvalidArgumentsError for what no such call could hold.
    """
    found = BY_NAME.get(tool)
    given = _given(words)
    if isinstance(found, Tool):
        operation, own = choose(found, given)
    elif found is not None:
        operation, own = found.first, given  # it refuses the whole; the others are left out where they are refused
    else:
        operation, own = _operation(tool), given
    connection = own.pop("connection", None)
    _check(found, operation, own)
    project, organization = _place_names(operation)
    project_to_come = isinstance(operation.scope, ProjectToCome)
    organization_to_come = isinstance(operation.scope, OrganizationToCome)
    question = Question(
        agent=agent,
        connection="",
        operation=operation.id,
        resource=operation.resource,
        access=operation.access_with(own),
        dimension=operation.scope.dimension,
        project=TO_COME if project_to_come else _place(own.get(project)),
        organization=TO_COME if organization_to_come else _place(own.get(organization)),
    )
    question = _on(_connection(policy, operation, question, connection, connections), question)
    return Explained(
        tool=found.name if found else None, operation=operation, question=question, decision=_decided(policy, question)
    )


def _decided(policy: Policy | None, question: Question) -> Decision:
    """As the gate does it: without the place first, so that what is denied everywhere costs no look-up."""
    anywhere = decide(policy, replace(question, project=None, organization=None))
    return anywhere if anywhere.effect is Effect.DENY else decide(policy, question)


def _given(words: Sequence[str]) -> dict[str, Any]:
    pairs = [word.partition("=") for word in words]
    for name, equals, _ in pairs:
        if not equals or not name:
            raise InvalidArgumentsError(
                "An argument is written NAME=VALUE.", remedy="For example: project_id=checkout-ios"
            )
    return {name: _value(text) for name, _, text in pairs}


def _value(text: str) -> Any:  # noqa: ANN401 - any JSON
    """Objects, lists, null, true and false as in JSON; everything else is text."""
    if text[:1] in {"{", "["} or text in {"null", "true", "false"}:
        try:
            return json.loads(text)
        except ValueError:
            raise InvalidArgumentsError(
                "A value that begins like JSON is not JSON.", remedy="Quote it for your shell."
            ) from None
    return text


def _operation(name: str) -> AnyOperation:
    if name in BY_ID:
        return BY_ID[name]
    near = get_close_matches(name, (*BY_NAME, *BY_ID), n=1)
    remedy = f"Did you mean {near[0]}?" if near else f"The tools are: {', '.join(BY_NAME)}."
    raise InvalidArgumentsError(_UNKNOWN, remedy=remedy)


def _check(tool: Tool | Recipe | None, operation: AnyOperation, own: dict[str, Any]) -> None:
    """Refuse what the gate would refuse; what is only missing may be missing here."""
    params = tool.params if isinstance(tool, Recipe) else operation.params
    known = set(params.model_fields) - (tool.hidden if isinstance(tool, Tool) else frozenset())
    unknown = sorted(set(own) - known - (_TOOLS_OWN if tool else frozenset()))
    if unknown:
        raise InvalidArgumentsError(
            f"{tool.name if tool else operation.id} takes no argument {unknown[0][:64]}.",
            remedy=f"It takes: {', '.join(name for name in params.model_fields if name in known) or 'none'}.",
        )
    for name in _TOOLS_OWN:
        own.pop(name, None)
    try:
        params.model_validate(own)
    except ValidationError as problem:
        if any(error["type"] != "missing" for error in problem.errors(include_url=False, include_input=False)):
            gate.read(params, own)


def _place_names(operation: AnyOperation) -> tuple[str, str]:
    """The parameters that name the project and the organization; empty where the operation has none."""
    match operation.scope:
        case ProjectNamed(project=name) | ProjectOfObject(project=name):
            return name, ""
        case ProjectRows(organization=name) | ProjectToCome(organization=name) | OrganizationNamed(organization=name):
            return "", name
        case _:
            return "", ""


def _place(name: object) -> Place | None:
    return Place(names=frozenset({name})) if isinstance(name, str) else None


def _connection(
    policy: Policy | None,
    operation: AnyOperation,
    question: Question,
    named: object,
    connections: Mapping[str, Provider],
) -> str:
    """The connection that the call would go to, as the toolbox chooses it."""
    if operation.provider is Provider.CRASHGATE:
        return Provider.CRASHGATE.value
    candidates = [name for name, provider in connections.items() if provider is operation.provider]
    if isinstance(named, str) and named in candidates:
        return named
    if named is not None or not candidates:
        raise InvalidArgumentsError(
            "There is no such connection for it.", remedy=f"There is: {', '.join(connections)}."
        )
    open_to = [name for name in candidates if may_use(policy, _on(name, question))] or candidates
    if len(open_to) > 1:
        raise InvalidArgumentsError(
            "Several connections are possible.", remedy=f"Add connection=NAME with one of: {', '.join(open_to)}."
        )
    return open_to[0]


def _on(connection: str, question: Question) -> Question:
    return replace(question, connection=connection)
