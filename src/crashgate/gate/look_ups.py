"""Answers to what a plan needs to know, looked up."""

from collections.abc import Mapping
from typing import Any, assert_never

from crashgate.errors import InvalidArgumentsError
from crashgate.gate.arguments import unknown_filters
from crashgate.gate.case import CallState
from crashgate.gate.names import choose
from crashgate.gate.needs import NeedFields, NeedNamed, NeedObject, NeedPlace, NeedValues
from crashgate.gate.places import LookUp, Places
from crashgate.gate.verdict import Reason, Verdict, refused
from crashgate.model.provider import Provider
from crashgate.model.scope import PROJECT, AppOfObject, EnvironmentNamed, ProjectOfObject
from crashgate.policy.grants import STRANGER
from crashgate.upstream.client import Upstream


def refuse_unknown(case: CallState, upstreams: Mapping[str, Upstream]) -> Verdict | None:
    """The refusal where there is no such tool or connection. Raises InvalidArgumentsError."""
    # check: a tool that does not exist is refused
    if case.ask.operation is None:
        return refused(Reason.UNKNOWN_TOOL, "there is no such tool")
    # check: a call with several connections names one
    if case.ask.choices and case.ask.connection is None:
        raise InvalidArgumentsError(
            f"connection is required: one of {', '.join(case.ask.choices)}.",
            because="the argument connection is missing",
            remedy="Nothing was sent.",
        )
    known = upstreams.get(case.connection)
    if case.ask.operation.method is not None and (
        known is None
        # check: an operation goes to its own provider only
        or known.connection.provider.name != case.ask.operation.provider
    ):
        return refused(Reason.UNKNOWN_CONNECTION, "there is no such connection for it")
    return None


async def answer(
    need: NeedPlace | NeedObject | NeedValues | NeedFields | NeedNamed,
    call: CallState,
    provider: Provider,
    places: Places,
    look_up: LookUp,
) -> Any:  # noqa: ANN401 - each need says of what type its answer is
    """What ``places`` knows or ``look_up`` finds. Raises UpstreamError."""
    match need:
        case NeedPlace(dimension=dimension, name=name) if dimension is PROJECT:
            return await places.project(provider, call.asker, name, look_up, with_organization=need.with_organization)
        case NeedPlace(name=name):
            return await places.organization(provider, call.asker, name, look_up)
        case NeedObject():
            return await _find_object(need, call, provider, places, look_up)
        case NeedValues(organization=organization, names=names):
            return await places.values(provider, organization, names, look_up)
        case NeedNamed():
            rows, complete = await places.rows(need.by, call.asker, need.project, look_up)
            return choose(need, rows, complete=complete)
        case NeedFields():
            return await _find_filter_fault(need, call, provider, places, look_up)
        case _:
            assert_never(need)


async def _find_filter_fault(
    need: NeedFields, call: CallState, provider: Provider, places: Places, look_up: LookUp
) -> InvalidArgumentsError | None:
    listing = provider.filter_fields
    if listing is None or need.names <= listing.always:
        return None
    unknown = need.names - listing.always - await places.fields(listing, call.asker, need.project, look_up)
    if not unknown:
        return None
    by: Mapping[str, str] = call.ask.operation.filtering if call.ask.operation is not None else {}
    params = sorted({name for name, field in by.items() if field in unknown and name in call.ask.arguments})
    return unknown_filters(sorted(unknown), provider, asked_by=params or ["filters"])


async def _find_object(
    need: NeedObject, call: CallState, provider: Provider, places: Places, look_up: LookUp
) -> str | None:
    match need.scope:
        case ProjectOfObject(project=project) as scope:
            there = await places.has_object(provider, call.asker, scope, need.params, look_up)
            return str(getattr(need.params, project)) if there else None
        case EnvironmentNamed() as scope:
            row = await places.find(provider, scope, need.params, look_up)
            return None if row is None else row.environment or STRANGER
        case AppOfObject() as scope:
            row = await places.find(provider, scope, need.params, look_up)
            return None if row is None else row.platform
