"""Answers to what a plan needs to know, looked up."""

from typing import Any, assert_never

from crashgate.errors import InvalidArgumentsError
from crashgate.gate.arguments import unknown_filters
from crashgate.gate.case import CallState
from crashgate.gate.needs import NeedFields, NeedObject, NeedPlace, NeedValues
from crashgate.gate.places import LookUp, Places
from crashgate.model.provider import Provider
from crashgate.model.scope import PROJECT, AppOfObject, EnvironmentNamed, ProjectOfObject
from crashgate.policy.grants import STRANGER


async def answer(
    need: NeedPlace | NeedObject | NeedValues | NeedFields,
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
    return unknown_filters(sorted(unknown), provider) if unknown else None


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
