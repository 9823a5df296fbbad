"""Every operation, in one fixed order. Rule: whatever is not in here does not exist."""

from collections.abc import Mapping
from types import MappingProxyType

from crashgate.model.operation import AnyOperation
from crashgate.model.provider import Provider
from crashgate.model.scope import Dimension, kinds_of
from crashgate.providers.browserstack.operations import BROWSERSTACK
from crashgate.providers.bugsnag.bulk_changes import BULK_CHANGES
from crashgate.providers.bugsnag.collaborators import COLLABORATORS
from crashgate.providers.bugsnag.comments import COMMENTS
from crashgate.providers.bugsnag.error_changes import ERROR_CHANGES
from crashgate.providers.bugsnag.errors import ERRORS
from crashgate.providers.bugsnag.event_fields import EVENT_FIELDS
from crashgate.providers.bugsnag.events import EVENTS
from crashgate.providers.bugsnag.organizations import ORGANIZATIONS
from crashgate.providers.bugsnag.pivots import PIVOTS
from crashgate.providers.bugsnag.projects import PROJECTS
from crashgate.providers.bugsnag.releases import RELEASE_GROUPS, RELEASES
from crashgate.providers.bugsnag.saved_searches import SAVED_SEARCHES
from crashgate.providers.bugsnag.trends import STABILITY_TREND, TRENDS
from crashgate.providers.bugsnag_sessions.sessions import SESSIONS
from crashgate.providers.bugspulse.operations import BUGSPULSE
from crashgate.providers.crashgate.operations import EXPORTS, GET_ACCESS
from crashgate.providers.devrev.operations import DEVREV

OPERATIONS: tuple[AnyOperation, ...] = (
    GET_ACCESS,
    *EXPORTS,
    *ORGANIZATIONS,
    *PROJECTS,
    *ERRORS,
    *ERROR_CHANGES,
    *BULK_CHANGES,
    *COMMENTS,
    *EVENTS,
    *PIVOTS,
    *TRENDS,
    *RELEASES,
    *RELEASE_GROUPS,
    *STABILITY_TREND,
    *COLLABORATORS,
    *EVENT_FIELDS,
    *SAVED_SEARCHES,
    *SESSIONS,
    *BROWSERSTACK,
    *BUGSPULSE,
    *DEVREV,
)

BY_ID: Mapping[str, AnyOperation] = MappingProxyType({operation.id: operation for operation in OPERATIONS})


def _resources() -> dict[Provider, dict[str, Dimension]]:
    found: dict[Provider, dict[str, Dimension]] = {provider: {} for provider in Provider}
    for operation in OPERATIONS:
        words = found[operation.provider]
        if words.setdefault(operation.resource, operation.scope.dimension) is not operation.scope.dimension:
            raise ValueError(f"{operation.id}: the resource {operation.resource} has two dimensions")
    return found


RESOURCES: Mapping[Provider, Mapping[str, Dimension]] = MappingProxyType(_resources())
"""For each provider its resources, and what a grant on each must name."""

KINDS: tuple[Dimension, ...] = kinds_of(operation.scope.dimension for operation in OPERATIONS)
"""The kinds of place that the operations declare: what a grant may name."""

if len(BY_ID) != len(OPERATIONS):
    raise ValueError("two operations share an id")
