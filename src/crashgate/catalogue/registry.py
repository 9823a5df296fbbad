"""Every operation, in one fixed order. Rule: whatever is not in here does not exist."""

from collections.abc import Mapping
from types import MappingProxyType

from crashgate.catalogue.browserstack.registry import BROWSERSTACK
from crashgate.catalogue.bugsnag.bulk_changes import BULK_CHANGES
from crashgate.catalogue.bugsnag.collaborators import COLLABORATORS
from crashgate.catalogue.bugsnag.comments import COMMENTS
from crashgate.catalogue.bugsnag.error_changes import ERROR_CHANGES
from crashgate.catalogue.bugsnag.errors import ERRORS
from crashgate.catalogue.bugsnag.event_fields import EVENT_FIELDS
from crashgate.catalogue.bugsnag.events import EVENTS
from crashgate.catalogue.bugsnag.organizations import ORGANIZATIONS
from crashgate.catalogue.bugsnag.pivots import PIVOTS
from crashgate.catalogue.bugsnag.projects import PROJECTS
from crashgate.catalogue.bugsnag.release_groups import RELEASE_GROUPS
from crashgate.catalogue.bugsnag.releases import RELEASES
from crashgate.catalogue.bugsnag.saved_searches import SAVED_SEARCHES
from crashgate.catalogue.bugsnag.stability_trend import STABILITY_TREND
from crashgate.catalogue.bugsnag.trends import TRENDS
from crashgate.catalogue.bugsnag_sessions.sessions import SESSIONS
from crashgate.catalogue.bugspulse.registry import BUGSPULSE
from crashgate.catalogue.devrev.registry import DEVREV
from crashgate.catalogue.operation import AnyOperation
from crashgate.catalogue.own.access import GET_ACCESS
from crashgate.catalogue.own.exports import EXPORTS
from crashgate.catalogue.provider import Provider
from crashgate.catalogue.scope import Dimension

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

if len(BY_ID) != len(OPERATIONS):
    raise ValueError("two operations share an id")
