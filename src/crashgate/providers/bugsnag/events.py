"""Events of a project or of one error. Rule: the widest read there is, so a resource of its own.

The tools over events. Rule: one event is trimmed in the open; detail=full shows it whole.
"""

from typing import Annotated, Literal

from crashgate.model.access import Access
from crashgate.model.operation import Operation, Shape, Wording
from crashgate.model.params import In, Logged, ObjectId, Params, Ref, RowsAPage, UtcTime
from crashgate.model.reads import Reads, ReadsNothing
from crashgate.model.scope import ProjectNamed, ProjectOfObject
from crashgate.model.tool import Always, Detail, Given, Reply, Shown, Tool, View
from crashgate.providers.bugsnag import event as events
from crashgate.providers.bugsnag.conventions import NOT_OFFERED, REFERENCE
from crashgate.providers.bugsnag.event import Event
from crashgate.providers.bugsnag.filters import Filters
from crashgate.views.present import ROWS_BYTES
from crashgate.views.rows import changed, one, rows


class ListProjectEvents(Params):
    """Parameters of listing a project's events."""

    project_id: Annotated[Ref, In.PATH]
    filters: Annotated[Filters | None, In.QUERY] = None
    direction: Annotated[
        Literal["asc", "desc"] | None, In.QUERY, Logged(), ReadsNothing("it turns round the only order that there is")
    ] = None
    per_page: Annotated[int | None, In.QUERY, RowsAPage(most=30)] = None
    base: Annotated[UtcTime | None, In.QUERY, Reads(("event.received_at",))] = None
    full_reports: Annotated[bool | None, In.QUERY, Logged(), Reads(("event.is_full_report",))] = None


class ListErrorEvents(ListProjectEvents):
    """Parameters of listing an error's events."""

    error_id: Annotated[ObjectId, In.PATH]


class GetEvent(Params):
    """Parameters of viewing an event."""

    project_id: Annotated[Ref, In.PATH]
    event_id: Annotated[ObjectId, In.PATH]


class ViewEvent(GetEvent):
    """The same, with the error that it is of where the caller says so: an event of another one is withheld."""

    error_id: Annotated[ObjectId | None, In.NOWHERE] = None


class GetLatestEvent(Params):
    """Parameters of viewing an error's latest event; the project is for the gate, upstream does not take it."""

    project_id: Annotated[Ref, In.NOWHERE]
    error_id: Annotated[ObjectId, In.PATH]


LIST_ERROR_EVENTS = Operation(
    id="bugsnag.events.list_on_error",
    provider="bugsnag",
    resource="event",
    access=Access.READ,
    method="GET",
    path="/projects/{project_id}/errors/{error_id}/events",
    scope=ProjectNamed(),
    params=ListErrorEvents,
    result=Event,
    shape=Shape.MANY,
    wording=Wording(verb="list", past="listed", target="events of error {error_id}"),
    source=f"{REFERENCE}/errors/events/list-the-events-on-an-error",
)

LIST_PROJECT_EVENTS = Operation(
    id="bugsnag.events.list_on_project",
    provider="bugsnag",
    resource="event",
    access=Access.READ,
    method="GET",
    path="/projects/{project_id}/events",
    scope=ProjectNamed(),
    params=ListProjectEvents,
    result=Event,
    shape=Shape.MANY,
    wording=Wording(verb="list", past="listed", target="events"),
    source=f"{REFERENCE}/errors/events/list-the-events-on-a-project",
)

GET_EVENT = Operation(
    id="bugsnag.events.get",
    provider="bugsnag",
    resource="event",
    access=Access.READ,
    method="GET",
    path="/projects/{project_id}/events/{event_id}",
    scope=ProjectNamed(),
    params=ViewEvent,
    result=Event,
    shape=Shape.ONE,
    wording=Wording(verb="read", past="read", target="event {event_id}"),
    source=f"{REFERENCE}/errors/events/view-an-event",
)

GET_LATEST_EVENT = Operation(
    id="bugsnag.events.get_latest",
    provider="bugsnag",
    resource="event",
    access=Access.READ,
    method="GET",
    path="/errors/{error_id}/latest_event",
    scope=ProjectOfObject(object="error_id", read="bugsnag.errors.get"),
    params=GetLatestEvent,
    result=Event,
    shape=Shape.ONE,
    wording=Wording(verb="read", past="read", target="the latest event of error {error_id}"),
    source=f"{REFERENCE}/errors/events/view-the-latest-event-on-an-error",
)

DELETE_EVENT = Operation(
    id="bugsnag.events.delete",
    provider="bugsnag",
    resource="event",
    access=Access.DELETE,
    method="DELETE",
    path="/projects/{project_id}/events/{event_id}",
    scope=ProjectNamed(),
    params=GetEvent,
    result=Event,
    shape=Shape.EMPTY,
    wording=Wording(verb="delete", past="deleted", target="event {event_id}"),
    source=f"{REFERENCE}/errors/events/delete-an-event",
)

_USUAL_PAGE, _USUAL_BYTES = 15, 5_000
"""Whole reports are large upstream, and those of one second come on one page: so few unless more are asked for."""


def _listed(reply: Reply, detail: Detail) -> Shown:
    """The events; of one error, without what all of them share."""
    row = events.row if getattr(reply.params, "error_id", None) is None else events.row_of_error
    room = _USUAL_BYTES if "per_page" in reply.usual else ROWS_BYTES
    return rows("events", row, room=room)(reply, detail)


EVENTS = (LIST_ERROR_EVENTS, LIST_PROJECT_EVENTS, GET_EVENT, GET_LATEST_EVENT, DELETE_EVENT)


EVENT_TOOLS = (
    Tool(
        name="list_events",
        title="List events",
        description=(
            "List single crashes, newest first, of one error or, without error_id, of the project: version, OS, device,"
            " user. get_event shows one."
        ),
        choice=Given(argument="error_id", present=LIST_ERROR_EVENTS, absent=LIST_PROJECT_EVENTS),
        view=View(_listed, rows("events", events.row).holds),
        holds=("events", "array"),
        hidden=NOT_OFFERED,
        usual={"full_reports": True, "per_page": _USUAL_PAGE},
        pages=True,
    ),
    Tool(
        name="get_event",
        title="Get an event",
        description="Read one crash: stack (in-app frames first), last breadcrumbs, device. detail=full can be long.",
        choice=Given(argument="event_id", present=GET_EVENT, absent=GET_LATEST_EVENT, word="latest"),
        notes={"event_id": "latest (default; needs error_id) or an id from list_events"},
        view=one("event", events.summary, events.full),
        holds=("event", "object"),
        detailed=True,
    ),
    Tool(
        name="delete_event",
        title="Delete an event",
        description=("Delete one crash. Cannot be undone."),
        choice=Always(operation=DELETE_EVENT),
        view=changed("event", "Deleted"),
        holds=("event", "object"),
    ),
)
