"""BugSnag Data Access API v2, one file a resource: facts only, each with its source.

The vendor's reference: https://bugsnagapiv2.docs.apiary.io/
"""

from crashgate.model.provider import Auth, FieldLookUp, HealthRead, PlaceLookUp, Provider
from crashgate.model.scope import ORGANIZATION, PROJECT
from crashgate.providers.bugsnag.bulk_changes import BULK_CHANGES
from crashgate.providers.bugsnag.capabilities import CAPABILITIES
from crashgate.providers.bugsnag.collaborators import COLLABORATORS
from crashgate.providers.bugsnag.comments import COMMENTS
from crashgate.providers.bugsnag.dashboard import LINKS
from crashgate.providers.bugsnag.environment import VARIABLES
from crashgate.providers.bugsnag.error_changes import ERROR_CHANGES
from crashgate.providers.bugsnag.errors import ERRORS
from crashgate.providers.bugsnag.event_fields import EVENT_FIELDS, LIST_EVENT_FIELDS
from crashgate.providers.bugsnag.events import EVENTS
from crashgate.providers.bugsnag.exports import EXPORTS
from crashgate.providers.bugsnag.field_meanings import FIELD_MEANINGS
from crashgate.providers.bugsnag.field_reads import ALWAYS_KNOWN, DEFAULT_FIELDS
from crashgate.providers.bugsnag.organizations import GET_ORGANIZATION, ORGANIZATIONS
from crashgate.providers.bugsnag.pivots import PIVOTS
from crashgate.providers.bugsnag.projects import GET_PROJECT, PROJECTS
from crashgate.providers.bugsnag.releases import RELEASE_GROUPS, RELEASES
from crashgate.providers.bugsnag.saved_searches import SAVED_SEARCHES
from crashgate.providers.bugsnag.span_groups import SPAN_GROUPS
from crashgate.providers.bugsnag.spans import SPANS
from crashgate.providers.bugsnag.tools import BUGSNAG_TOOLS
from crashgate.providers.bugsnag.trends import STABILITY_TREND, TRENDS
from crashgate.providers.bugsnag.wire import BugSnag

PROVIDER = Provider(
    name="bugsnag",
    title="BugSnag",
    default_url="https://api.bugsnag.com",
    wire=BugSnag,
    auth=frozenset({Auth.TOKEN, Auth.BASIC}),
    variables=VARIABLES,
    health=HealthRead(
        tool="list_organizations",
        arguments={"per_page": 1},
        grant='organizations = ["*"]\naccess.organization = "read"',
    ),
    rank=10,
    field_meanings=FIELD_MEANINGS,
    notes=("BugSnag's ids are 24 hexadecimal digits; a project and an organization can be named by their slugs, too.",),
    operations=(
        *ORGANIZATIONS,
        *PROJECTS,
        *ERRORS,
        *ERROR_CHANGES,
        *BULK_CHANGES,
        *COMMENTS,
        *EVENTS,
        *EXPORTS,
        *PIVOTS,
        *TRENDS,
        *RELEASES,
        *RELEASE_GROUPS,
        *STABILITY_TREND,
        *COLLABORATORS,
        *EVENT_FIELDS,
        *SAVED_SEARCHES,
        *SPAN_GROUPS,
        *SPANS,
    ),
    tools=BUGSNAG_TOOLS,
    groups={
        "errors": ("error", "event", "trend", "pivot", "comment", "event_field", "saved_search"),
        "releases": ("release", "release_group", "stability_trend"),
        "performance": ("span_group", "span"),
        "projects": ("project", "organization", "collaborator", "organization_collaborator"),
    },
    capabilities=CAPABILITIES,
    links=LINKS,
    lookups={
        ORGANIZATION: PlaceLookUp(operation=GET_ORGANIZATION, parameter="organization_id"),
        PROJECT: PlaceLookUp(operation=GET_PROJECT, parameter="project_id", parent="organization_id"),
    },
    filter_fields=FieldLookUp(
        operation=LIST_EVENT_FIELDS,
        parameter="project_id",
        attribute="display_id",
        always=ALWAYS_KNOWN,
        documented=DEFAULT_FIELDS,
    ),
)
