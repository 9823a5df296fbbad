"""Sessions of one app. Rule: one that is still active has no end and no duration.

A session whose end was never reported stays active for ever (docs/upstreams/bugspulse.md#sessions).
"""

from dataclasses import replace
from typing import Annotated

from pydantic import Field

from crashgate.model.access import Access
from crashgate.model.field_table import PERSONAL, ROW, SUMMARY, About
from crashgate.model.moments import At, Moment
from crashgate.model.operation import Operation, Shape, Wording
from crashgate.model.paging import Numbered
from crashgate.model.params import In, Logged, Params, RowsAPage, Wire
from crashgate.model.reads import Reads
from crashgate.model.result import Documented, Untrusted, Word
from crashgate.model.scope import Anywhere
from crashgate.providers.bugspulse.conventions import MOST_ROWS, REFERENCE


class Session(Documented):
    """One run of the app on one device; ``duration_ms`` is in milliseconds."""

    id: Annotated[Untrusted, About("The provider's id."), ROW]
    status: Annotated[Word, About("The provider's word for its state."), ROW] = None
    platform: Annotated[Untrusted | None, About("The platform that the app ran on."), ROW] = None
    app_version: Annotated[Untrusted | None, About("The version of the app."), ROW] = Field(
        default=None, validation_alias="appVersion"
    )
    os_version: Annotated[Untrusted | None, About("The version of the operating system."), ROW] = Field(
        default=None, validation_alias="osVersion"
    )
    network_type: Annotated[Untrusted | None, About("The kind of network that the device was on."), ROW] = Field(
        default=None, validation_alias="networkType"
    )
    user_id: Annotated[Untrusted | None, PERSONAL, About("The app's id of its user."), ROW] = Field(
        default=None, validation_alias="userId"
    )
    started_at: Annotated[At, About("When the session began, as its provider first saw it."), ROW] = Field(
        default=None, validation_alias="startedAt"
    )
    ended_at: Annotated[At, About("When the session ended; empty while it is active."), SUMMARY] = Field(
        default=None, validation_alias="endedAt"
    )
    duration_ms: Annotated[int | None, About("In milliseconds; empty where there is no end."), ROW] = Field(
        default=None, validation_alias="duration"
    )
    event_count: Annotated[int | None, About("How many events it has."), ROW] = Field(
        default=None, validation_alias="eventCount"
    )
    has_crash: Annotated[bool | None, About("Whether the app crashed in it."), ROW] = Field(
        default=None, validation_alias="hasCrash"
    )
    has_network_errors: Annotated[bool | None, About("Whether a request failed in it."), ROW] = Field(
        default=None, validation_alias="hasNetworkErrors"
    )


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
