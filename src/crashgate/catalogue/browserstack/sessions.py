"""Sessions: the list, and one with its traces. Rule: rows and traces say their environment, and the gate goes by that.

Who sends a trace chooses the session's id, so an id is text like any other. Source:
docs/upstreams/browserstack.md#list-of-sessions and #one-session.
"""

from dataclasses import replace
from typing import Annotated

from pydantic import Field

from crashgate.catalogue.access import Access
from crashgate.catalogue.browserstack import REFERENCE
from crashgate.catalogue.browserstack.environments import EnvironmentName, Environments
from crashgate.catalogue.browserstack.traces import Trace
from crashgate.catalogue.moments import At, Since, Until
from crashgate.catalogue.operation import Operation, Shape, Wording
from crashgate.catalogue.paging import Numbered
from crashgate.catalogue.params import In, Logged, Params, Repeated, RowsAPage, Wire
from crashgate.catalogue.provider import Provider
from crashgate.catalogue.reads import Reads
from crashgate.catalogue.result import Many, Result, Slug, Untrusted, UntrustedMark
from crashgate.catalogue.scope import EnvironmentRows
from crashgate.catalogue.session_ids import SessionId

PER_PAGE = 100


class Session(Result):
    """A session in a list; ``started_at`` is when its first trace was seen."""

    id: Untrusted
    started_at: At = Field(default=None, validation_alias="createdAt")
    project_id: Slug = Field(default=None, validation_alias="projectId")
    environment: EnvironmentName = None


class SessionWithTraces(Session):
    """A session with all its traces, however many: upstream does not page them."""

    traces: Annotated[Many[Trace], UntrustedMark()] = ()


_PERIOD = Reads(("session.started_at", "session.traces.at", "session.traces.created_at"))


class ListSessions(Params):
    """Parameters of listing sessions: those seen first from ``since`` on and before ``until``, newest first.

    BrowserStack's page counts the very moment of ``until`` in, Langfuse counts it out.
    """

    since: Annotated[Since | None, In.QUERY, Wire("fromTimestamp"), Logged(), _PERIOD] = None
    until: Annotated[Until | None, In.QUERY, Wire("toTimestamp"), Logged(), _PERIOD] = None
    environment: Annotated[
        Environments | None,
        In.QUERY,
        Repeated(),
        Logged(),
        Reads(("session.environment", "session.traces.environment")),
    ] = None
    per_page: Annotated[int | None, In.QUERY, Wire("limit"), RowsAPage(most=PER_PAGE)] = None


class ExportSessions(ListSessions):
    """Parameters of exporting sessions: as many a page as there may be."""

    per_page: Annotated[int | None, In.QUERY, Wire("limit"), RowsAPage(most=PER_PAGE)] = PER_PAGE


class GetSession(Params):
    """Parameters of reading one session."""

    session_id: Annotated[SessionId, In.PATH]


LIST_SESSIONS = Operation(
    id="browserstack.sessions.list",
    provider=Provider.BROWSERSTACK,
    resource="session",
    access=Access.READ,
    method="GET",
    path="/api/public/sessions",
    scope=EnvironmentRows(environment="environment"),
    params=ListSessions,
    result=Session,
    shape=Shape.MANY,
    paging=Numbered(meta="meta", total="totalItems", pages="totalPages"),
    wording=Wording(verb="list", past="listed", target="sessions"),
    source=f"{REFERENCE}/sessions/",
)

GET_SESSION = Operation(
    id="browserstack.sessions.get",
    provider=Provider.BROWSERSTACK,
    resource="session",
    access=Access.READ,
    method="GET",
    path="/api/public/sessions/{session_id}",
    scope=EnvironmentRows(parts="traces"),
    params=GetSession,
    result=SessionWithTraces,
    shape=Shape.ONE,
    wording=Wording(verb="read", past="read", target="session {session_id}"),
    source=f"{REFERENCE}/sessions/",
)

EXPORT_SESSIONS = replace(
    LIST_SESSIONS,
    id="browserstack.sessions.export",
    params=ExportSessions,
    wording=Wording(verb="export", past="exported", target="sessions"),
)

SESSIONS = (LIST_SESSIONS, GET_SESSION, EXPORT_SESSIONS)
