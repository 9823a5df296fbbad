"""What of a tool is open to an agent. Rule: the same question that the door asks, without a place (THREATS row 18)."""

from collections.abc import Mapping
from dataclasses import dataclass

from crashgate.gate.argument_defaults import nearest, offered
from crashgate.gate.narrowing import NOWHERE as TO_COME
from crashgate.gate.narrowing import hidden_parameters, hidden_words
from crashgate.model.access import Access
from crashgate.model.composite import Recipe
from crashgate.model.operation import AnyOperation
from crashgate.model.scope import OrganizationToCome, ProjectToCome
from crashgate.policy.policy import Policy
from crashgate.policy.question import Question
from crashgate.policy.review.explain import may_use
from crashgate.tools.answers import AnyTool
from crashgate.tools.definitions import Use


@dataclass(frozen=True, kw_only=True, slots=True)
class Opening:
    """The operations that some call could be allowed for, and the connections where."""

    uses: tuple[Use, ...]
    connections: tuple[str, ...]


def opening(policy: Policy | None, agent: str, tool: AnyTool, connections: Mapping[str, str]) -> Opening | None:
    """What is open, or None when nothing is. A recipe is open where its first operation is."""
    uses: list[Use] = []
    names: dict[str, None] = {}
    for operation in tool.operations:
        open_in = [name for name, provider in connections.items() if provider == operation.provider]
        asked = {name: question(agent, name, operation, operation.access) for name in open_in}
        open_in = [name for name in open_in if may_use(policy, nearest(policy, asked[name], operation))]
        hidden = hidden_parameters(operation, policy.redaction) if policy else frozenset[str]()
        if not open_in or any(operation.params.model_fields[name].is_required() for name in hidden):
            if isinstance(tool, Recipe) and operation is tool.first:
                return None
            continue
        uses.append(
            Use(
                operation=operation,
                furthest=_furthest(policy, agent, operation, open_in),
                offered=_offered(policy, agent, operation, open_in),
                off=hidden | (policy.off.parameters_of(operation.id) if policy else frozenset[str]()),
                barred=hidden_words(operation, policy.redaction) if policy else {},
            )
        )
        if not isinstance(tool, Recipe) or operation is tool.first:
            names |= dict.fromkeys(open_in)
    return Opening(uses=tuple(uses), connections=tuple(names)) if uses else None


def _offered(
    policy: Policy | None, agent: str, operation: AnyOperation, connections: list[str]
) -> Mapping[str, tuple[str, ...]]:
    """The names that are open for each parameter that names a place, where each connection settles it by names."""
    each = [offered(policy, question(agent, name, operation, operation.access), operation) for name in connections]
    common = [name for name in each[0] if all(name in names for names in each)]
    return {name: tuple(dict.fromkeys(one for names in each for one in names[name])) for name in common}


def _furthest(policy: Policy | None, agent: str, operation: AnyOperation, connections: list[str]) -> Access:
    """The furthest access that some parameter of the operation takes and some connection gives."""
    asked = {operation.access, *(f.access for f in operation.fields if f.access is not None)}
    return max(
        (
            access
            for access in asked
            if any(may_use(policy, question(agent, name, operation, access)) for name in connections)
        ),
        key=lambda access: access.rank,
    )


def question(agent: str, connection: str, operation: AnyOperation, access: Access) -> Question:
    """What is asked of a policy before any place is known."""
    return Question(
        agent=agent,
        connection=connection,
        operation=operation.id,
        resource=operation.resource,
        access=access,
        dimension=operation.scope.dimension,
        # Where what is not there yet will be is known already: the door asks about it in the same words.
        places={operation.scope.dimension: TO_COME}
        if isinstance(operation.scope, OrganizationToCome | ProjectToCome)
        else {},
    )
