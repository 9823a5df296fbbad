"""Traces: what happened in a session, one turn each. Rule: whoever sends them writes all of it but the times.

A trace is no resource of its own: it is read with its session, and sending one with a session's id makes the session.

Sessions: the list, and one with its traces. Rule: rows and traces say their environment, and the gate goes by that.

Who sends a trace chooses the session's id, so an id is text like any other. Source:
docs/upstreams/browserstack.md#list-of-sessions and #one-session.
"""

from dataclasses import replace
from typing import Annotated

from crashgate.model.access import Access
from crashgate.model.field_table import PERSONAL, ROW, SUMMARY, About, AppData
from crashgate.model.moments import At, Since, Until
from crashgate.model.operation import Numbered, Operation, Shape, Wording
from crashgate.model.params import In, Logged, Params, Repeated, RowsAPage, SessionId, Wire
from crashgate.model.reads import Reads
from crashgate.model.result import From, Many, Result, Slug, Untrusted, UntrustedMark
from crashgate.model.scope import EnvironmentRows
from crashgate.providers.browserstack.conventions import REFERENCE
from crashgate.providers.browserstack.environments import EnvironmentName, Environments


class Trace(Result):
    """One trace; ``at`` is the time that its sender gave it, ``created_at`` when it came in."""

    id: Annotated[Untrusted, ROW]
    name: Annotated[Untrusted | None, ROW] = None
    at: Annotated[At, From("timestamp"), ROW] = None
    user_id: Annotated[Untrusted | None, From("userId"), PERSONAL, ROW] = None
    session_id: Annotated[Untrusted | None, From("sessionId")] = None
    environment: Annotated[EnvironmentName, ROW] = None
    release: Annotated[Untrusted | None, ROW] = None
    version: Annotated[Untrusted | None, ROW] = None
    tags: Annotated[Many[str], UntrustedMark(), ROW] = ()
    input: Annotated[AppData, ROW] = None
    output: Annotated[AppData, ROW] = None
    metadata: AppData = None
    public: bool | None = None
    bookmarked: bool | None = None
    project_id: Annotated[Slug, From("projectId")] = None
    created_at: Annotated[At, From("createdAt")] = None
    updated_at: Annotated[At, From("updatedAt")] = None


PER_PAGE = 100


class Session(Result):
    """A session in a list; ``started_at`` is when its first trace was seen."""

    id: Annotated[Untrusted, About("The provider's id."), ROW]
    environment: Annotated[EnvironmentName, About("The environment that it belongs to."), ROW] = None
    started_at: Annotated[
        At, From("createdAt"), About("When the session began, as its provider first saw it."), ROW
    ] = None
    project_id: Annotated[Slug, From("projectId"), About("The provider's id of the project."), SUMMARY] = None


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
    provider="browserstack",
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
    provider="browserstack",
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
