"""Sessions of one app. Rule: one that is still active has no end and no duration.

A session whose end was never reported stays active for ever (docs/upstreams/bugspulse.md#sessions).
"""

from dataclasses import replace
from typing import Annotated

from crashgate.model.access import Access
from crashgate.model.field_table import PERSONAL, ROW, SUMMARY, About
from crashgate.model.moments import At, Moment
from crashgate.model.operation import Numbered, Operation, Shape, Wording
from crashgate.model.params import In, Logged, Params, RowsAPage, Wire
from crashgate.model.reads import Reads
from crashgate.model.result import From, Result, Untrusted, Word
from crashgate.model.scope import Anywhere
from crashgate.providers.bugspulse.conventions import MOST_ROWS, REFERENCE


class Session(Result):
    """One run of the app on one device; ``duration_ms`` is in milliseconds."""

    id: Annotated[Untrusted, About("The provider's id."), ROW]
    status: Annotated[Word, About("The provider's word for its state."), ROW] = None
    platform: Annotated[Untrusted | None, About("The platform that the app ran on."), ROW] = None
    app_version: Annotated[Untrusted | None, From("appVersion"), About("The version of the app."), ROW] = None
    os_version: Annotated[Untrusted | None, From("osVersion"), About("The version of the operating system."), ROW] = (
        None
    )
    network_type: Annotated[
        Untrusted | None, From("networkType"), About("The kind of network that the device was on."), ROW
    ] = None
    user_id: Annotated[Untrusted | None, From("userId"), PERSONAL, About("The app's id of its user."), ROW] = None
    started_at: Annotated[
        At, From("startedAt"), About("When the session began, as its provider first saw it."), ROW
    ] = None
    ended_at: Annotated[At, From("endedAt"), About("When the session ended; empty while it is active."), SUMMARY] = None
    duration_ms: Annotated[
        int | None, From("duration"), About("In milliseconds; empty where there is no end."), ROW
    ] = None
    event_count: Annotated[int | None, From("eventCount"), About("How many events it has."), ROW] = None
    has_crash: Annotated[bool | None, From("hasCrash"), About("Whether the app crashed in it."), ROW] = None
    has_network_errors: Annotated[
        bool | None, From("hasNetworkErrors"), About("Whether a request failed in it."), ROW
    ] = None


_PERIOD = Reads(("session.started_at", "session.ended_at"))


class ListSessions(Params):
    """Parameters of listing sessions; whether ``until`` is inside is not documented."""

    since: Annotated[Moment | None, In.QUERY, Wire("from"), Logged(), _PERIOD] = None
    until: Annotated[Moment | None, In.QUERY, Wire("to"), Logged(), _PERIOD] = None
    per_page: Annotated[int | None, In.QUERY, Wire("limit"), RowsAPage(most=MOST_ROWS)] = None


class ExportSessions(ListSessions):
    """Parameters of exporting sessions: as many a page as there may be."""

    per_page: Annotated[int | None, In.QUERY, Wire("limit"), RowsAPage(most=MOST_ROWS)] = MOST_ROWS


LIST_SESSIONS = Operation(
    id="bugspulse.sessions.list",
    provider="bugspulse",
    resource="session",
    access=Access.READ,
    method="GET",
    path="/export/sessions",
    scope=Anywhere(),
    params=ListSessions,
    result=Session,
    shape=Shape.MANY,
    paging=Numbered(),
    wording=Wording(verb="list", past="listed", target="sessions"),
    source=REFERENCE,
)

EXPORT_SESSIONS = replace(
    LIST_SESSIONS,
    id="bugspulse.sessions.export",
    params=ExportSessions,
    wording=Wording(verb="export", past="exported", target="sessions"),
)

SESSIONS = (LIST_SESSIONS, EXPORT_SESSIONS)
