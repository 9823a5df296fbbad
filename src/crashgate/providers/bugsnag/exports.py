"""Whole lists of errors and events, to files. Rule: all rows that the filters leave, whatever their status."""

from typing import Annotated

from crashgate.model.access import Access
from crashgate.model.export import Export, Tally
from crashgate.model.operation import Operation, Shape, Wording
from crashgate.model.params import In, Logged, Params, Ref, RowsAPage
from crashgate.model.reads import Reads
from crashgate.model.scope import ProjectNamed
from crashgate.providers.bugsnag.conventions import REFERENCE
from crashgate.providers.bugsnag.errors import Error
from crashgate.providers.bugsnag.event import Event
from crashgate.providers.bugsnag.filters import Filters

_ERRORS_A_PAGE, _EVENTS_A_PAGE = 100, 30


class ExportErrors(Params):
    """Parameters of exporting a project's errors: as many a page as there may be."""

    project_id: Annotated[Ref, In.PATH]
    filters: Annotated[Filters | None, In.QUERY] = None
    per_page: Annotated[int | None, In.QUERY, RowsAPage(most=_ERRORS_A_PAGE)] = _ERRORS_A_PAGE


class ExportEvents(Params):
    """Parameters of exporting a project's events: as many a page as there may be."""

    project_id: Annotated[Ref, In.PATH]
    filters: Annotated[Filters | None, In.QUERY] = None
    full_reports: Annotated[bool | None, In.QUERY, Logged(), Reads(("event.is_full_report",))] = None
    per_page: Annotated[int | None, In.QUERY, RowsAPage(most=_EVENTS_A_PAGE)] = _EVENTS_A_PAGE


EXPORT_ERRORS = Operation(
    id="bugsnag.errors.export",
    provider="bugsnag",
    resource="error",
    access=Access.READ,
    method="GET",
    path="/projects/{project_id}/errors",
    scope=ProjectNamed(),
    params=ExportErrors,
    result=Error,
    shape=Shape.MANY,
    wording=Wording(verb="export", past="exported", target="errors"),
    source=f"{REFERENCE}/errors/errors/list-the-errors-on-a-project",
)
EXPORT_EVENTS = Operation(
    id="bugsnag.events.export",
    provider="bugsnag",
    resource="event",
    access=Access.READ,
    method="GET",
    path="/projects/{project_id}/events",
    scope=ProjectNamed(),
    params=ExportEvents,
    result=Event,
    shape=Shape.MANY,
    wording=Wording(verb="export", past="exported", target="events"),
    source=f"{REFERENCE}/errors/events/list-the-events-on-a-project",
)

EXPORTS = (EXPORT_ERRORS, EXPORT_EVENTS)

EXPORT_TOOLS = (
    Export(
        name="export_errors",
        title="Export errors",
        description="Write all errors of a project, or those that filters leave, to a file and get a link and counts.",
        example={"project_id": "checkout-ios", "filters": {"error.status": "open"}, "format": "csv"},
        subject="errors",
        of=(EXPORT_ERRORS,),
        tally=Tally(counts=("status", "severity"), day="first_seen"),
    ),
    Export(
        name="export_events",
        title="Export events",
        description=(
            "Write all crashes of a project, or those that filters leave, to a file and get a link and counts per day."
            " full_reports adds stack, device and user; it may take long."
        ),
        example={"project_id": "checkout-ios", "filters": {"event.since": "7d"}},
        subject="events",
        of=(EXPORT_EVENTS,),
        tally=Tally(counts=("severity", "unhandled"), day="received_at"),
    ),
)
