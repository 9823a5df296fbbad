"""Which errors and events a request means. Rule: an error is found by its events, and its counts are of those alone.

Source: docs/upstreams/bugsnag.md#errors and #filters.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from crashgate_sandbox.bugsnag.call import Call
from crashgate_sandbox.bugsnag.filters import Comparison, FieldFilter, filter_time, read_filters
from crashgate_sandbox.world.accounts import Person
from crashgate_sandbox.world.errors import Error, ErrorState
from crashgate_sandbox.world.occurrences import Occurrence
from crashgate_sandbox.world.platform import Surface
from crashgate_sandbox.world.projects import Project
from crashgate_sandbox.world.world import World

_IGNORING_CASE = re.IGNORECASE


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """An error and those of its events that the request means, newest first and at least one."""

    error: Error
    state: ErrorState
    occurrences: tuple[Occurrence, ...]

    @property
    def users(self) -> int:
        """How many different people it happened to."""
        return len({one.customer.id for one in self.occurrences})

    @property
    def first_seen(self) -> datetime:
        """When the oldest of the events came in."""
        return self.occurrences[-1].at

    @property
    def last_seen(self) -> datetime:
        """When the newest of the events came in."""
        return self.occurrences[0].at


_ERROR_FIELDS: dict[str, Callable[[Error, ErrorState, Person, World], tuple[str, ...]]] = {
    "error": lambda error, _state, _me, _world: (error.id,),
    "error.id": lambda error, _state, _me, _world: (error.id,),
    "error.status": lambda _error, state, _me, _world: (state.status, *(["new"] * (state.status == "for_review"))),
    "error.has_issue": lambda _error, state, _me, _world: ("true" if state.issues else "false",),
    "error.assigned_to": lambda _error, state, me, world: _assignee(state, me, world),
    "app.type": lambda error, _state, _me, _world: (error.project.plan.platform.app_type,),
    "event.severity": lambda error, state, _me, _world: (state.overridden_severity or error.kind.severity,),
    "event.unhandled": lambda error, _state, _me, _world: ("true" if error.kind.unhandled else "false",),
    "version.introduced_in": lambda error, _state, _me, world: (world.occurrences(error)[-1].release.version,),
    "version_code.introduced_in": lambda error, _state, _me, world: (
        world.occurrences(error)[-1].release.version_code,
    ),
    "release.introduced_in": lambda error, _state, _me, world: (world.occurrences(error)[-1].release.version,),
}
"""Fields that are one value for all events of an error."""

_EVENT_FIELDS: dict[str, Callable[[Occurrence], tuple[str, ...]]] = {
    "event": lambda one: (one.id,),
    "event.class": lambda one: (one.error.kind.error_class,),
    "event.message": lambda one: (one.error.message,),
    "event.file": lambda one: (one.error.place.file,),
    "event.method": lambda one: (one.error.place.method,),
    "app.context": lambda one: (one.error.place.context,),
    "app.release_stage": lambda one: (one.release.stage,),
    "app.in_foreground": lambda one: (
        ("true" if one.in_foreground else "false",) if _surface(one) is Surface.MOBILE else ()
    ),
    "user.id": lambda one: (one.customer.id,),
    "user.email": lambda one: (one.customer.email,),
    "user.name": lambda one: (one.customer.name,),
    "version.seen_in": lambda one: (one.release.version,),
    "version_code.seen_in": lambda one: (one.release.version_code,),
    "release.seen_in": lambda one: (one.release.version,),
    "browser.name": lambda one: (one.device.browser,),
    "browser.version": lambda one: (one.browser_version,),
    "os.name": lambda one: (one.device.os_name,),
    "os.version": lambda one: (one.os_version,),
    "device.hostname": lambda one: (one.device.hostname,),
    "device.manufacturer": lambda one: (one.device.manufacturer,),
    "device.model": lambda one: (one.device.model,),
    "device.jailbroken": lambda one: (
        ("true" if one.device.jailbroken else "false",) if _surface(one) is Surface.MOBILE else ()
    ),
    "request.url": lambda one: (one.url,),
    "request.ip": lambda one: (one.customer.ip if one.url else "",),
    "search": lambda one: (one.error.kind.error_class, one.error.message, one.error.place.context),
}

_SUBSTRING = frozenset(
    {
        "user.email", "user.name", "app.context", "event.class", "event.message", "event.file", "event.method",
        "request.url", "search",
    }
)  # fmt: skip
_WILDCARD = frozenset(
    {
        "version.introduced_in", "version.seen_in", "version_code.introduced_in", "version_code.seen_in",
        "release.introduced_in", "release.seen_in", "browser.name", "browser.version", "os.name", "os.version",
    }
)  # fmt: skip
_FLAGS = frozenset({"feature_flag.seen_in", "feature_flag.exclusive_to"})
_TIMES = frozenset({"event.since", "event.before"})
BUILT_IN_FIELDS = frozenset(_ERROR_FIELDS) | frozenset(_EVENT_FIELDS) | _FLAGS | _TIMES


def find(call: Call, project: Project, errors: Iterable[Error] | None = None) -> list[Found]:
    """The errors of a project (or those given) that the request's filters leave, with the events that they leave."""
    world = call.world
    filters = read_filters(call, BUILT_IN_FIELDS | frozenset(project.plan.custom_fields))
    base = call.moment("base")
    on_errors = [one for one in filters if one.field in _ERROR_FIELDS]
    on_events = [one for one in filters if one.field not in _ERROR_FIELDS]
    found: list[Found] = []
    for error in world.errors_of(project.id) if errors is None else errors:
        state = world.state(error)
        if not all(_error_passes(one, error, state, call) for one in on_errors):
            continue
        occurrences = world.occurrences(error)
        if on_events or base is not None:
            occurrences = tuple(
                one
                for one in occurrences
                if (base is None or one.at <= base) and all(_event_passes(rule, one, world) for rule in on_events)
            )
        if occurrences:
            found.append(Found(error=error, state=state, occurrences=occurrences))
    return found


def event_values(field: str, found: Found, one: Occurrence) -> tuple[str, ...]:
    """What an event says of a field that a pivot can count: no value, one, or several."""
    if field == "error":
        return (one.error.id,)
    if field == "event.severity":
        return (found.state.overridden_severity or one.error.kind.severity,)
    if field == "event.unhandled":
        return ("true" if one.error.kind.unhandled else "false",)
    if field == "app.type":
        return (one.error.project.plan.platform.app_type,)
    if field == "feature_flag.seen_in":
        return tuple(name for name, _ in one.flags)
    read = _EVENT_FIELDS.get(field)
    return tuple(value for value in (read(one) if read else (one.custom.get(field, ""),)) if value)


def _error_passes(rule: FieldFilter, error: Error, state: ErrorState, call: Call) -> bool:
    values = [value for value in _ERROR_FIELDS[rule.field](error, state, call.person, call.world) if value]
    return rule.matches(lambda comparison: _any(rule.field, values, comparison), is_empty=not values)


def _event_passes(rule: FieldFilter, one: Occurrence, world: World) -> bool:
    if rule.field in _TIMES:
        return rule.matches(lambda comparison: _in_time(rule.field, one, comparison, world), is_empty=False)
    if rule.field in _FLAGS:
        return rule.matches(lambda comparison: _flagged(rule.field, one, comparison, world), is_empty=not one.flags)
    read = _EVENT_FIELDS.get(rule.field)
    values = [value for value in (read(one) if read else (one.custom[rule.field],)) if value]
    return rule.matches(lambda comparison: _any(rule.field, values, comparison), is_empty=not values)


def _any(field: str, values: list[str], comparison: Comparison) -> bool:
    wanted = comparison.value
    if field in _SUBSTRING:
        return any(wanted.lower() in value.lower() for value in values)
    if field in _WILDCARD:
        return any(_wildcard(wanted).fullmatch(value) is not None for value in values)
    return wanted in values


@lru_cache(maxsize=256)
def _wildcard(pattern: str) -> re.Pattern[str]:
    """``*`` is anything and ``?`` one character."""
    return re.compile(re.escape(pattern).replace(r"\*", ".*").replace(r"\?", "."), _IGNORING_CASE)


def _in_time(field: str, one: Occurrence, comparison: Comparison, world: World) -> bool:
    edge = filter_time(comparison.value, world.now)
    return edge is not None and (one.at >= edge if field == "event.since" else one.at < edge)


def _flagged(field: str, one: Occurrence, comparison: Comparison, world: World) -> bool:
    if field == "feature_flag.exclusive_to":
        return all(_has_flag(other, comparison) for other in world.occurrences(one.error))
    return _has_flag(one, comparison)


def _has_flag(one: Occurrence, comparison: Comparison) -> bool:
    return any(name == comparison.value and comparison.child in {None, variant} for name, variant in one.flags)


def _assignee(state: ErrorState, me: Person, world: World) -> tuple[str, ...]:
    """The id and the e-mail address of who has it, and the words ``anyone`` and ``me``."""
    if state.assigned_collaborator_id is None:
        return ()
    someone = next((one for one in world.people if one.id == state.assigned_collaborator_id), None)
    mine = ("me",) if state.assigned_collaborator_id == me.id else ()
    return ("anyone", state.assigned_collaborator_id, *((someone.email,) if someone else ()), *mine)


def _surface(one: Occurrence) -> Surface:
    return one.error.project.plan.platform.surface
