"""How a call is authorised, as a generator without I/O.

``plan`` yields what it needs to know and returns a verdict. The gateway answers over HTTP; ``tools/list`` and the
policy commands, which look nothing up, answer ``UNKNOWN`` (``authorise_offline``). An agent that no grant could allow
causes no look-up, and learns nothing of what is wrong with its arguments.
"""

from collections.abc import Generator, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any, assert_never, cast

from crashgate.errors import InvalidArgumentsError
from crashgate.gate import arguments
from crashgate.gate.argument_checks import filter_fault, hidden_argument_fault, look_up_names
from crashgate.gate.argument_defaults import closed_choice, defaults_for
from crashgate.gate.call import Ask
from crashgate.gate.case import CallState
from crashgate.gate.export_access import ExportAccess, goes_on, still_given, taken_out
from crashgate.gate.narrowing import NOWHERE
from crashgate.gate.needs import (
    UNKNOWN,
    ChargeCall,
    Need,
    NeedObject,
    NeedPlace,
    NeedValues,
    Unknown,
)
from crashgate.gate.places import Found
from crashgate.gate.verdict import Reason, Verdict, by_policy, refused
from crashgate.identity import Principal, Via
from crashgate.model.operation import AnyOperation
from crashgate.model.scope import (
    ORGANIZATION,
    PROJECT,
    Anywhere,
    AppNamed,
    AppOfObject,
    Dimension,
    EnvironmentNamed,
    EnvironmentRows,
    OrganizationNamed,
    OrganizationRows,
    OrganizationToCome,
    ProjectNamed,
    ProjectOfObject,
    ProjectRows,
    ProjectToCome,
    Scope,
    naming,
)
from crashgate.policy.decide import decide, lets_through
from crashgate.policy.decision import Effect, Place, Question
from crashgate.policy.policy import Policy

Plan = Generator[Need, Any, Verdict]
_Part = Generator[Need, Any, Verdict | None]
"""One step. Returns the refusal, or None to continue."""


def plan(policy: Policy | None, call: CallState) -> Plan:
    """Authorise a call with an operation, and fill in what is learnt about it.

    A verdict with a ``fault`` is a refusal whose error the agent is told. Raises NotNowError where a file cannot go on
    under this policy.
    """
    operation = call.ask.operation
    if operation is None:
        raise ValueError("a tool that does not exist is refused before")
    call.policy = policy
    fault = None if call.known is not None else _read(call, operation)
    verdict = _judge(call)
    if not verdict.denied and (fault is not None or call.known is not None):
        verdict = _most_favourable(call, operation, verdict)
    # check: what no grant could allow is neither counted nor looked up
    if verdict.denied:
        return verdict
    # check: wrong arguments are told and nothing is sent
    if fault is not None:
        return _told(fault)
    yield ChargeCall()
    if call.known is not None:
        place_what_is_named(call, operation)
    verdict = yield from _locate(call, operation.scope, verdict)
    if verdict.denied:
        return verdict
    call.settle()
    wrong = (yield from look_up_names(call, operation)) or hidden_argument_fault(call, operation)
    if wrong is not None:
        return replace(_told(wrong), decision=verdict.decision)
    # check: unknown filters are told
    unknown = yield from filter_fault(call, operation)
    return _told(unknown) if unknown is not None else _with_file(call, operation, verdict)


def authorise_offline(policy: Policy | None, call: CallState) -> Verdict:
    """The verdict where nothing can be looked up; ``depends`` where that decides."""
    asking = plan(policy, call)
    try:
        next(asking)
        while True:
            asking.send(UNKNOWN)
    except StopIteration as end:
        verdict: Verdict = end.value
        return verdict


def ask(policy: Policy | None, operation: AnyOperation, question: Question) -> Verdict:
    """The verdict on a call of which no more is known than ``question`` says: on the most favourable such call."""
    return authorise_offline(policy, offline_call(operation, question))


def offline_call(
    operation: AnyOperation, question: Question, arguments: Mapping[str, Any] = MappingProxyType({})
) -> CallState:
    """A call that no agent makes. ``arguments`` are those that are known, as the gate reads them."""
    who = Principal(agent=question.agent, via=Via.CLI)
    request = Ask(principal=who, tool=None, operation=operation, connection=question.connection, arguments=arguments)
    return CallState(ask=request, policy=None, known=question)


def allows_row(call: CallState, place: Place) -> bool:
    """Whether the policy allows the call's operation in the place that a row names.

    Where observe mode let the call itself through, it lets its rows through too.
    """
    operation = call.ask.operation
    question = call.question(**({} if operation is None else {operation.scope.dimension.noun: place}))
    decision = decide(call.policy, question)
    # check[always]: a row is allowed in its own place
    return decision.effect is Effect.ALLOW or (
        call.observed  # check: rows are let through in observe mode only with their call
        and lets_through(call.policy, question, decision)
    )


def _read(call: CallState, operation: AnyOperation) -> InvalidArgumentsError | None:
    """Read the arguments into the call, also for the record of a refusal. Returns what is wrong with them."""
    try:
        taken = arguments.taken(operation.params, call.ask.arguments, shown=call.ask.shown)
        # The policy is asked about these: what means "not given" is not given to it either.
        # check: the policy is asked about the arguments that are sent
        call.ask = replace(call.ask, arguments=taken)
        defaults = defaults_for(call.policy, call.connection, operation)
        call.params = arguments.validated(operation.params, {**defaults, **taken})
    except InvalidArgumentsError as problem:
        return call.ask.fault or problem
    return call.ask.fault


def _told(fault: InvalidArgumentsError) -> Verdict:
    return replace(refused(Reason.INVALID_ARGUMENTS, fault.because), fault=fault)


def _judge(call: CallState, **places: Place | None) -> Verdict:
    """What the policy says in the places known so far or given, and what observe mode makes of it."""
    question = call.question(**places)
    decision = decide(call.policy, question)
    verdict = by_policy(decision)
    call.observed = verdict.denied and lets_through(call.policy, question, decision)
    if not call.observed:
        return verdict
    # A person is asked in observe mode too: what needs an approval is nothing to try out.
    asks = call.policy is not None and question.operation in call.policy.approval.operations
    return replace(
        verdict,
        effect=Effect.ALLOW,
        observed=True,
        # check[never]: observe mode asks a person too
        needs_approval=asks,
    )


def _settle(call: CallState, verdict: Verdict) -> Verdict:
    """A verdict that still depends on something when there is nothing more to learn is a refusal."""
    return replace(verdict, effect=Effect.DENY) if verdict.depends and call.known is None else verdict


def _by_rows(verdict: Verdict) -> Verdict:
    """What depends on a place is allowed where each row names its own: the others are dropped."""
    return replace(verdict, effect=Effect.ALLOW, filters_rows=True) if verdict.depends else verdict


def _most_favourable(call: CallState, operation: AnyOperation, verdict: Verdict) -> Verdict:
    """``verdict``, or the refusal where no call is open, whatever the arguments.

    A fault is told only where some call is open (THREATS row 21).
    """
    if call.known is None:
        best = authorise_offline(
            call.policy, CallState(ask=replace(call.ask, arguments={}), policy=None, known=call.question())
        )
        # check[never]: a fault is told only where some call is open
        return best if best.denied else verdict
    closed = closed_choice(call.policy, call.question(), operation, named=call.ask.arguments)
    # check[always]: a tool is shown only where one of its words is open
    return verdict if closed is None else by_policy(decide(call.policy, closed))


def place_what_is_named(call: CallState, operation: AnyOperation) -> None:
    """Put into an offline question the places that the arguments name, or that the policy leaves no choice about."""
    question = call.question()
    values = {**defaults_for(call.policy, question.connection, operation), **call.ask.arguments}
    named: dict[Dimension, Place | None] = {}
    for parameter, dimension in naming(operation.scope).items():
        if question.places.get(dimension) is not None:
            values.pop(parameter, None)
        elif isinstance(value := values.get(parameter), str):
            named[dimension] = _written(value, dimension)
    call.known, call.values = question.at(named), values


def _locate(call: CallState, scope: Scope, verdict: Verdict) -> Plan:  # noqa: C901, PLR0911, PLR0912 - one for each kind of scope
    """The verdict once it is known where the call belongs."""
    match scope:
        case Anywhere():
            return verdict
        case OrganizationRows():
            return _by_rows(verdict)
        case OrganizationToCome():
            return _settle(call, _judge(call, organization=NOWHERE))
        case ProjectToCome(organization=name):
            refusal = yield from _find_place(call, ORGANIZATION, name)
            return refusal or _settle(call, _judge(call, project=NOWHERE))
        case ProjectRows(organization=name):
            refusal = yield from _find_place(call, ORGANIZATION, name)
            return refusal or _by_rows(_judge(call))
        case OrganizationNamed(organization=name):
            verdict = (yield from _find_place(call, ORGANIZATION, name)) or _settle(call, _judge(call))
            return verdict if verdict.denied else (yield from _repeat_settings(call, scope)) or verdict
        case ProjectNamed(project=name):
            return (yield from _in_project(call, name))
        case ProjectOfObject(project=name):
            verdict = yield from _in_project(call, name)
            # check[never]: an object is looked for only where a grant is
            return verdict if verdict.denied else (yield from _find_object(call, scope)) or verdict
        case EnvironmentRows(environment=name):
            return _in_environments(call, () if name is None else _listed(call.value(name)), verdict)
        case EnvironmentNamed(environment=name):
            call.environment = call.word(name)
            verdict = _settle(call, _judge(call))
            # check[always]: nothing is added to what is in another environment
            return verdict if verdict.denied else (yield from _find_added_to(call, scope)) or verdict
        case AppNamed(app=app, platform=platform) | AppOfObject(app=app, platform=platform):
            call.app, call.platform = call.word(app), call.word(platform)
            verdict = _settle(call, _judge(call))
            if isinstance(scope, AppNamed) or verdict.denied:
                return verdict
            return (yield from _find_object(call, scope)) or verdict
        case _:
            assert_never(scope)


def _find_place(call: CallState, dimension: Dimension, parameter: str) -> _Part:
    name = call.word(parameter)
    found = UNKNOWN if name is None else (yield NeedPlace(dimension=dimension, name=name))
    return _take_place(call, dimension, name, found)


def _take_place(
    call: CallState, dimension: Dimension, name: str | None, found: Found | Unknown | None
) -> Verdict | None:
    if found is None:
        call.project = call.organization = None
    match found:
        case Unknown():
            return None
        case None if dimension is PROJECT:
            return refused(Reason.NO_SUCH_PROJECT, f"there is no project {name}")
        case None:
            # check[none]: an organization that is not there is refused
            return refused(Reason.NO_SUCH_ORGANIZATION, f"there is no organization {name}")
        case Found() if dimension is PROJECT:
            call.project, call.organization = found, found.inside
        case Found():
            call.organization = found
    return None


def _in_project(call: CallState, parameter: str) -> Plan:
    name = call.word(parameter)
    found: Found | Unknown | None = UNKNOWN
    if name is not None:
        # Asked for together, so that a project costs the same whether it is there or not (row 40).
        depends = _judge(call, project=call.question().places.get(PROJECT) or Place(names=frozenset({name}))).depends
        found = yield NeedPlace(dimension=PROJECT, name=name, with_organization=depends)
    refusal = _take_place(call, PROJECT, name, found)
    if refusal is not None:
        return refusal
    verdict = _judge(call)
    around = call.project.organization if call.project else None
    # check: a project's organization decides where it could
    if verdict.depends and call.organization is None and around is not None:
        call.organization = yield NeedPlace(dimension=ORGANIZATION, name=around)
        verdict = _judge(call)
    return _settle(call, verdict)


def _in_environments(call: CallState, names: Sequence[str], verdict: Verdict) -> Verdict:
    """The verdict on environments that were asked for by name: all must be open. Else the rows decide."""
    asked: list[Verdict] = []
    for name in names:
        call.environment = name
        asked.append(_settle(call, _judge(call)))
        # check: each environment that is asked for is open
        if not asked[-1].allowed:
            return asked[-1]
    call.environment = names[0] if len(names) == 1 else None
    observed = next((each for each in asked if each.observed), None)
    call.observed = call.observed or observed is not None
    return _by_rows(observed or (asked[0] if asked else verdict))


def _find_object(call: CallState, scope: ProjectOfObject | AppOfObject) -> _Part:
    """The refusal where the object is not in the place that the policy allowed: the caller's word is no proof."""
    call.settle()
    if call.params is None:
        return None
    there = yield NeedObject(scope=scope, params=call.params)
    match scope:
        case ProjectOfObject(project=parameter):
            if there is not None and there == call.word(parameter):
                return None
            return refused(Reason.NO_SUCH_OBJECT, "there is no such object in that project")
        case AppOfObject():
            if (
                there is not None
                # check: an object is on the platform that was decided
                and there == call.platform
            ):
                return None
            return refused(Reason.NO_SUCH_OBJECT, "there is no such object in that app, on that platform")


def _find_added_to(call: CallState, scope: EnvironmentNamed) -> _Part:
    """The refusal where what the call adds to is there already, in an environment that is not open."""
    # Where it is open wherever it may be, nothing is asked: a key that can only write could not look.
    if call.params is None or allows_row(call, NOWHERE):
        return None
    there = yield NeedObject(scope=scope, params=call.params)
    if there is None or allows_row(call, Place(names=frozenset({there}))):
        return None
    return refused(Reason.NO_SUCH_OBJECT, "what it would be added to is in another environment")


def _repeat_settings(call: CallState, scope: OrganizationNamed) -> _Part:
    """Put in what upstream demands and the caller did not give, as it is now; the refusal where it is gone."""
    if call.params is None or call.organization is None:
        return None
    missing = tuple(name for name in scope.kept if getattr(call.params, name) is None)
    if not missing:
        return None
    values = yield NeedValues(organization=call.organization.id, names=missing)
    if values is None or None in values.values():
        return refused(Reason.NO_SUCH_ORGANIZATION, "the organization's present settings cannot be read")
    call.params = call.params.model_copy(update=dict(values))
    call.kept = frozenset(missing)
    return None


def _with_file(call: CallState, operation: AnyOperation, verdict: Verdict) -> Verdict:
    """The verdict where there is a file: it may be read, or go on, as far as the policy gives what is in it."""
    agent, policy = call.ask.principal.agent, call.policy
    export = call.holding = call.holding or call.ask.holding
    if export is None:
        if call.ask.to_file and policy is not None:
            call.holding = ExportAccess(
                operation=operation,
                connection=call.connection,
                query=call.sent,
                redacted=taken_out(policy, operation),
                policies=frozenset({policy.hash}),
            )
        return verdict
    found = goes_on(policy, agent, export) if call.ask.to_file else still_given(policy, agent, export)
    call.observed = call.observed or found.observed
    if found.denied and not call.ask.to_file:
        # Of the reading itself the policy thinks as before: whoever asks it again must not take this for its answer.
        return replace(found, reason=Reason.POLICY_CHANGED.value)
    if found.denied or found.observed:
        return replace(found, needs_approval=verdict.needs_approval)
    return verdict


def _written(name: str, dimension: Dimension) -> Place:
    """The place of that name. What has an id and a slug is half known: the gate would look up the other."""
    return Place.named(name) if dimension.two_names else Place(names=frozenset({name}))


def _listed(value: object) -> Sequence[str]:
    """The names that were given, one or many."""
    if value is None:
        return ()
    return [str(name) for name in cast("list[object]", value)] if isinstance(value, list | tuple) else [str(value)]
