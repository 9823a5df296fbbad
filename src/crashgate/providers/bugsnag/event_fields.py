"""Event fields: what a project's events can be filtered by. Rule: the only reliable list of legal filter keys."""

from typing import Annotated

from crashgate.model.access import Access
from crashgate.model.field_table import ROW
from crashgate.model.operation import Operation, Shape, Wording
from crashgate.model.params import In, Params, Ref
from crashgate.model.result import Result, Untrusted, UntrustedData
from crashgate.model.scope import ProjectNamed
from crashgate.providers.bugsnag.conventions import REFERENCE


class EventField(Result):
    """A built-in or custom field; people of the project name the custom ones."""

    display_id: Annotated[Untrusted, ROW]
    custom: Annotated[bool | None, ROW] = None
    filter_options: UntrustedData = None
    match_types: UntrustedData = None
    pivot_options: UntrustedData = None
    values: UntrustedData = None
    reindex_in_progress: bool | None = None
    reindex_percentage: float | None = None


class ListEventFields(Params):
    """Parameters of listing event fields."""

    project_id: Annotated[Ref, In.PATH]


LIST_EVENT_FIELDS = Operation(
    id="bugsnag.event_fields.list",
    provider="bugsnag",
    resource="event_field",
    access=Access.READ,
    method="GET",
    path="/projects/{project_id}/event_fields",
    scope=ProjectNamed(),
    params=ListEventFields,
    result=EventField,
    shape=Shape.MANY,
    wording=Wording(verb="list", past="listed", target="event fields"),
    source=f"{REFERENCE}/projects/event-fields/list-the-event-fields-for-a-project",
)

EVENT_FIELDS = (LIST_EVENT_FIELDS,)
