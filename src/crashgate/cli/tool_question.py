"""A question about one tool: from the words on a command line to the verdict of the gate's own plan.

``NAME=VALUE``: a value that begins like JSON is JSON, the rest is text. If the policy allows only one place, it is
filled in as the gate does it; what a caller gives stays.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Any, cast

from pydantic import ValidationError

from crashgate.clock import SystemClock
from crashgate.config.narrowing import narrowing_sentence
from crashgate.errors import InvalidArgumentsError
from crashgate.gate import arguments as gate
from crashgate.gate.argument_defaults import defaults_for, question_for
from crashgate.gate.narrowing import NOWHERE, asks_by_hidden
from crashgate.gate.plan import ask, authorise_offline, offline_call, place_what_is_named
from crashgate.gate.verdict import Verdict
from crashgate.model.catalogue import Catalogue
from crashgate.model.composite import CompositeTool
from crashgate.model.export import Export
from crashgate.model.operation import AnyOperation, Operation
from crashgate.model.provider import AnyTool
from crashgate.model.scope import (
    ORGANIZATION,
    kinds_of,
    naming,
)
from crashgate.model.tool import Tool
from crashgate.policy.decision import Decision, Effect, Question
from crashgate.policy.limits import after_reading
from crashgate.policy.policy import Policy
from crashgate.policy.review.diff import Answer
from crashgate.policy.review.explain import explain
from crashgate.tools.arguments import choose
from crashgate.tools.available import is_open


def read(words: Sequence[str]) -> dict[str, Any]:
    """The arguments of a tool as they are written on a command line: ``name=value``, or an object in JSON.

    Raises InvalidArgumentsError.
    """
    found: dict[str, Any] = {}
    for word in words:
        found |= _object(word) if word.startswith("{") else _given([word])
    return found


def _object(text: str) -> dict[str, Any]:
    value = _value(text)
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


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


_TOOLS_OWN = frozenset({"connection", "cursor", "detail", "format", "resume"})
_OTHER_NAME = (
    "A grant may name a place by its id or by its slug, and the gate looks up both when the call is made."
    " Ask by the name that the policy writes."
)
_UNKNOWN = "There is no tool and no operation of that name."


@dataclass(frozen=True, kw_only=True, slots=True)
class Explained:
    """The operation that was meant, the question, and the verdict. ``tool`` is None where an operation was named.

    ``after_untrusted``: for how many minutes after reading what outsiders can write a person has to agree to it;
    ``tainted``: it is asked as if in that time. ``parts`` are what a composite tool asks beside its first operation,
    each decided for itself: what is refused of them is left out of its answer. ``hidden`` is the argument that asks by
    what the policy takes out of answers.
    """

    tool: str | None
    operation: AnyOperation
    question: Question
    verdict: Verdict
    after_untrusted: int | None = None
    tainted: bool = False
    hidden: str | None = None
    narrowed_by: str | None = None
    """The variable with the key of the only project that the connection is open for."""
    parts: tuple["Explained", ...] = ()

    @property
    def decision(self) -> Decision:
        """What the policy says."""
        if self.verdict.decision is None:
            raise ValueError("nothing was looked up, so the policy decided")
        return self.verdict.decision

    @property
    def allowed(self) -> bool:
        """Whether the gate lets the call through; where rows name their own places, it drops those out of scope."""
        return self.verdict.allowed

    @property
    def outcome(self) -> str:
        """One word: ``allow``, ``deny``, ``depends``, or ``approve`` where a person has to agree first."""
        asks = self.verdict.needs_approval or (self.tainted and self.after_untrusted is not None)
        return "approve" if self.allowed and asks else self.verdict.effect.value

    @property
    def sentence(self) -> str:
        """The whole answer."""
        if self.narrowed_by is None:
            return self._sentence
        return f"{self._sentence} {narrowing_sentence(self.narrowed_by)}"

    @property
    def _sentence(self) -> str:
        known = self.question.places.items()
        shown = {kind: None if place is NOWHERE else place for kind, place in known}
        told = explain(self.decision, self.question.at(shown))
        if self.verdict.fault is not None:
            return f"{told} But {self.hidden} uses a field that the policy removes from answers: it is refused."
        if self.verdict.filters_rows:
            told += " The call is let through, and rows of other places are left out of its answer."
        elif self.verdict.depends and self.decision.effect is Effect.DEPENDS:
            told += f" {self._missing}"
        if self.verdict.observed:
            told += " Observe mode lets it through anyway, and the log records it."
        if self.verdict.needs_approval:
            return f"{told} A person has to approve each call."
        if self.allowed and self.after_untrusted is not None:
            return f"{told} {after_reading(self.after_untrusted)}"
        return told

    @property
    def _missing(self) -> str:
        known = self.question.places
        named = [name for name, kind in naming(self.operation.scope).items() if kind not in known]
        if named:
            return f"Add {' and '.join(f'{name}=NAME' for name in named)} to ask about one place."
        half = [
            kind
            for kind in kinds_of(self.question.places)
            if (at := self.question.places.get(kind)) is not None and not at.whole
        ]
        if half and half[0] is ORGANIZATION:
            return f"It depends on the organization's other name. {_OTHER_NAME}"
        if half:
            return f"It depends on the project's organization, or on the project's other name. {_OTHER_NAME}"
        return "It depends on the project's organization, which the gate looks up when the call is made."


def explained(  # noqa: PLR0913 - the parts of a call, each by its name
    policy: Policy | None,
    *,
    agent: str,
    tool: str,
    given: Mapping[str, Any],
    connections: Mapping[str, str],
    catalogue: Catalogue,
    tainted: bool = False,
) -> Explained:
    """The decision on ``agent`` calling ``tool``, or an operation by its id, with these arguments.

    ``connections`` are those that a policy may name. ``tainted``: right after it read what outsiders can write.
    Raises InvalidArgumentsError for what no such call could hold.
    """
    found = catalogue.tools_by_name.get(tool) or _operation(tool, catalogue)
    own = dict(given)
    everything = {"crashgate": "crashgate", **connections}
    connection = _connection(policy, agent, found, own.pop("connection", None), everything)
    operation, own = _chosen(found, own, everything[connection])
    own = _checked(None if isinstance(found, Operation) else found, operation, own)
    first = replace(_answered(policy, connection, agent, operation, own), tainted=tainted)
    if isinstance(found, Operation):
        return first
    first = replace(first, tool=found.name)
    if not isinstance(found, CompositeTool):
        return first
    # All its operations are asked in the place that the first is: what the policy fixes for that one is the tool's.
    own = {**defaults_for(policy, connection, operation), **own}
    answered = [_answered(policy, connection, agent, each, own) for each in found.others_of(operation.provider)]
    return replace(first, parts=tuple(replace(each, tool=found.name) for each in answered))


def narrow(found: Explained, variables: Mapping[str, str]) -> Explained:
    """The same where a project's key narrows the connection: what is allowed depends on which project has the key.

    ``variables`` has the variable with the key, by connection.
    """
    variable = variables.get(found.question.connection)
    if variable is None:
        return found
    verdict = replace(found.verdict, effect=Effect.DEPENDS) if found.allowed else found.verdict
    parts = tuple(narrow(each, variables) for each in found.parts)
    return replace(found, verdict=verdict, narrowed_by=variable, parts=parts)


def _answered(
    policy: Policy | None, connection: str, agent: str, operation: AnyOperation, given: Mapping[str, Any]
) -> Explained:
    """The verdict on one operation, with what of the arguments is its own."""
    own = {name: value for name, value in given.items() if name in operation.params.model_fields}
    question = question_for(agent, connection, operation, operation.access_with(own))
    call = offline_call(operation, replace(question, parameters=frozenset(own)), own)
    verdict = authorise_offline(policy, call)
    place_what_is_named(call, operation)  # for the words: a call that is open nowhere was not placed
    question = call.question()
    return Explained(
        tool=None,
        operation=operation,
        question=question,
        verdict=verdict,
        after_untrusted=policy.approval.after_untrusted(question.access) if policy else None,
        hidden=asks_by_hidden(operation, own, policy.redaction) if policy else None,
    )


def could_allow(policy: Policy, operation: AnyOperation, question: Question) -> bool:
    """Whether some call could be allowed that is as the question says, for ``policy lint``."""
    return not ask(policy, operation, question).denied


def answer(policy: Policy | None, operation: AnyOperation, question: Question) -> Answer:
    """What a call gets that is as the question says, for ``policy diff``."""
    verdict = ask(policy, operation, question)
    if not verdict.allowed:
        return Answer.DENY
    return Answer.APPROVE if verdict.needs_approval else Answer.ALLOW


def _operation(name: str, catalogue: Catalogue) -> AnyOperation:
    if name in catalogue.operations:
        return catalogue.operations[name]
    near = get_close_matches(name, (*catalogue.tools_by_name, *catalogue.operations), n=1)
    remedy = f"Did you mean {near[0]}?" if near else f"The tools are: {', '.join(catalogue.tools_by_name)}."
    raise InvalidArgumentsError(_UNKNOWN, remedy=remedy)


def _checked(tool: AnyTool | None, operation: AnyOperation, own: dict[str, Any]) -> dict[str, Any]:
    """The arguments as the gate takes them. What it would refuse is refused; what is only missing may be missing."""
    params = tool.params if isinstance(tool, CompositeTool) else operation.params
    known = set(params.model_fields) - (tool.hidden if isinstance(tool, Tool) else frozenset())
    unknown = sorted(set(own) - known - (_TOOLS_OWN if tool else frozenset()))
    if unknown:
        raise InvalidArgumentsError(
            f"{tool.name if tool else operation.id} takes no argument {unknown[0][:64]}.",
            remedy=f"It takes: {', '.join(name for name in params.model_fields if name in known) or 'none'}.",
        )
    taken = gate.taken(params, {name: value for name, value in own.items() if name not in _TOOLS_OWN})
    taken = gate.expanded(params, taken, SystemClock().now())
    try:
        params.model_validate(taken)
    except ValidationError as problem:
        if any(error["type"] != "missing" for error in problem.errors(include_url=False, include_input=False)):
            gate.validated(params, taken)
    return taken


def _connection(
    policy: Policy | None,
    agent: str,
    asked: AnyTool | AnyOperation,
    named: object,
    connections: Mapping[str, str],
) -> str:
    """The connection that the call would go to, as the toolbox chooses it."""
    operations = (asked,) if isinstance(asked, Operation) else asked.operations
    candidates = {
        name: [each for each in operations if each.provider == provider]
        for name, provider in connections.items()
        if any(each.provider == provider for each in operations)
    }
    if isinstance(named, str) and named in candidates:
        return named
    if named is not None or not candidates:
        raise InvalidArgumentsError("No connection of that name has it.", remedy=f"There is: {', '.join(connections)}.")
    open_to = [
        name for name, theirs in candidates.items() if any(is_open(policy, agent, name, each) for each in theirs)
    ] or list(candidates)
    if len(open_to) > 1:
        raise InvalidArgumentsError(
            "Several connections are possible.", remedy=f"Add connection=NAME with one of: {', '.join(open_to)}."
        )
    return open_to[0]


def _chosen(asked: AnyTool | AnyOperation, given: dict[str, Any], provider: str) -> tuple[AnyOperation, dict[str, Any]]:
    """The operation that is meant there, and the arguments that are its own."""
    match asked:
        case Operation():
            return asked, given
        case Tool():
            return choose(asked, given, provider)
        case CompositeTool():
            # It refuses the whole; the others are left out where they are refused.
            return asked.first_of(provider), given
        case Export():
            return next(each for each in asked.operations if each.provider == provider), given
