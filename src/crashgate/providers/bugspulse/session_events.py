"""What happened in one session, in order. Rule: the session is named, for upstream gives no others' events.

The documented example has all of its 42 events on one page of 42, so upstream may ignore ``limit``.
"""

from dataclasses import replace
from typing import Annotated, Any

from crashgate.model.access import Access
from crashgate.model.field_table import ROW, About, AppData
from crashgate.model.moments import At
from crashgate.model.operation import Numbered, Operation, Shape, Wording
from crashgate.model.params import In, Params, RowsAPage, SessionId, Wire
from crashgate.model.reads import ReadsNothing
from crashgate.model.result import Convert, From, Result, Untrusted
from crashgate.model.scope import Anywhere
from crashgate.providers.bugspulse.conventions import MOST_ROWS, REFERENCE


def _text(value: Any) -> Any:  # noqa: ANN401 - an app sends any JSON as an event's data
    return value if isinstance(value, str) else None


class SessionEvent(Result):
    """One event; ``data`` is what the app sent with it, and ``name`` is the one in there."""

    id: Annotated[Untrusted, About("The provider's id."), ROW]
    type: Annotated[Untrusted | None, About("The provider's word for its kind."), ROW] = None
    name: Annotated[Untrusted | None, From("data.name"), Convert(_text), About("Its name."), ROW] = None
    at: Annotated[At, From("timestamp"), About("When it happened."), ROW] = None
    sequence_number: Annotated[int | None, From("sequenceNumber"), About("Its place in the session, from 0."), ROW] = (
        None
    )
    data: Annotated[AppData, About("What the app sent with it."), ROW] = None


class ListSessionEvents(Params):
    """Parameters of listing a session's events."""

    session_id: Annotated[
        SessionId, In.QUERY, Wire("sessionId"), ReadsNothing("it names the session; no event says which one it is of")
    ]
    per_page: Annotated[int | None, In.QUERY, Wire("limit"), RowsAPage(most=MOST_ROWS)] = None


class ExportSessionEvents(ListSessionEvents):
    """Parameters of exporting a session's events: as many a page as there may be."""

    per_page: Annotated[int | None, In.QUERY, Wire("limit"), RowsAPage(most=MOST_ROWS)] = MOST_ROWS


LIST_SESSION_EVENTS = Operation(
    id="bugspulse.session_events.list",
    provider="bugspulse",
    resource="session_event",
    access=Access.READ,
    method="GET",
    path="/export/events",
    scope=Anywhere(),
    params=ListSessionEvents,
    result=SessionEvent,
    shape=Shape.MANY,
    paging=Numbered(),
    wording=Wording(verb="list", past="listed", target="events of session {session_id}"),
    source=REFERENCE,
)

EXPORT_SESSION_EVENTS = replace(
    LIST_SESSION_EVENTS,
    id="bugspulse.session_events.export",
    params=ExportSessionEvents,
    wording=Wording(verb="export", past="exported", target="events of session {session_id}"),
)

SESSION_EVENTS = (LIST_SESSION_EVENTS, EXPORT_SESSION_EVENTS)
