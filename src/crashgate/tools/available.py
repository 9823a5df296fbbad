"""What of a tool is open to an agent: what the plan of the most favourable call says (THREATS row 18)."""

from collections.abc import Mapping
from dataclasses import dataclass

from crashgate.gate.argument_defaults import open_places, question_for
from crashgate.gate.narrowing import hidden_own, hidden_parameters, hidden_words
from crashgate.gate.plan import ask
from crashgate.model.access import Access
from crashgate.model.catalogue import Catalogue
from crashgate.model.composite import CompositeTool
from crashgate.model.export import Export
from crashgate.model.operation import AnyOperation
from crashgate.model.own import OWN
from crashgate.model.provider import AnyTool
from crashgate.model.tool import Tool
from crashgate.policy.policy import Policy
from crashgate.tools.definitions import Use


@dataclass(frozen=True, kw_only=True, slots=True)
class Opening:
    """The operations that some call could be allowed for, and the connections where."""

    uses: tuple[Use, ...]
    connections: tuple[str, ...]


def opening(
    policy: Policy | None,
    agent: str,
    tool: AnyTool,
    connections: Mapping[str, str],
    across: CompositeTool | None = None,
) -> Opening | None:
    """What is open, or None when nothing is. A composite tool is open where what it asks first is.

    ``across`` answers the tool's calls about several projects.
    """
    uses: list[Use] = []
    names: dict[str, None] = {}
    decisive = tool.first_operations if isinstance(tool, CompositeTool) else tool.operations
    added = tuple(each.operation for each in tool.additions) if isinstance(tool, Tool) else ()
    for operation in (*tool.operations, *added):
        open_in = [name for name, provider in connections.items() if provider == operation.provider]
        # check: a tool is shown only where some call is allowed
        open_in = [name for name in open_in if is_open(policy, agent, name, operation)]
        hidden = hidden_parameters(operation, policy.redaction) if policy else frozenset[str]()
        if (
            not open_in
            # check: a tool that needs a redacted field is not listed
            or any(operation.params.model_fields[name].is_required() for name in hidden)
        ):
            continue
        own = hidden_own(across.params, policy.redaction) if across and policy else frozenset[str]()
        uses.append(
            Use(
                operation=operation,
                furthest=_furthest(policy, agent, operation, open_in),
                offered=_offered(policy, operation, open_in),
                off=hidden | own | (policy.off.parameters_of(operation.id) if policy else frozenset[str]()),
                # check[never]: the list of tools leaves out what reads a redacted field
                barred=hidden_words(operation, policy.redaction) if policy else {},
            )
        )
        if operation in decisive:
            names |= dict.fromkeys(open_in)
    return Opening(uses=tuple(uses), connections=tuple(names)) if names else None


def count_open(policy: Policy, catalogue: Catalogue, connections: Mapping[str, str]) -> int:
    """How many tools the agent of the policy is shown where there is a place for exports."""
    every = {OWN: OWN, **connections}
    shown = [tool for tool in catalogue.tools if opening(policy, policy.agent, tool, every) is not None]
    return len(shown) - (not any(isinstance(tool, Export) for tool in shown))  # without one, they have no list


def is_open(
    policy: Policy | None, agent: str, connection: str, operation: AnyOperation, access: Access | None = None
) -> bool:
    """Whether the most favourable call of the operation there is let through; ``access`` is what it takes."""
    return not ask(policy, operation, question_for(agent, connection, operation, access or operation.access)).denied


def _offered(policy: Policy | None, operation: AnyOperation, connections: list[str]) -> Mapping[str, tuple[str, ...]]:
    """The names that are open for each parameter that names a place, where each connection settles it by names."""
    if policy is None:
        return {}
    each = [open_places(policy, name, operation) for name in connections]
    common = [name for name in each[0] if all(name in names for names in each)]
    return {name: tuple(dict.fromkeys(one for names in each for one in names[name])) for name in common}


def _furthest(policy: Policy | None, agent: str, operation: AnyOperation, connections: list[str]) -> Access:
    """The furthest access that some parameter of the operation takes and some connection gives."""
    asked = {operation.access, *(f.access for f in operation.fields if f.access is not None)}
    return max(
        (access for access in asked if any(is_open(policy, agent, name, operation, access) for name in connections)),
        key=lambda access: access.rank,
    )
