"""Sessions of an app on a platform. Rule: whatever names another session is first looked for with the view of one.

Filters travel in a body only, so the list is a POST that reads.
"""

from dataclasses import replace
from typing import Annotated

from pydantic import Field

from crashgate.catalogue.access import Access
from crashgate.catalogue.devrev import REFERENCE
from crashgate.catalogue.devrev.apps import WHERE, AppId, Platform, PlatformName
from crashgate.catalogue.devrev.device import OnDevice
from crashgate.catalogue.devrev.session_filters import AllSessions, SessionFilters
from crashgate.catalogue.moments import At
from crashgate.catalogue.operation import Operation, Shape, Wording
from crashgate.catalogue.paging import Cursors, Inside
from crashgate.catalogue.params import In, Logged, Params, Wire
from crashgate.catalogue.provider import Provider
from crashgate.catalogue.result import Many, Untrusted, Word
from crashgate.catalogue.scope import AppNamed
from crashgate.catalogue.session_ids import WHICH, SessionId


class Session(OnDevice):
    """One run of an app, or one visit; ``type`` is mobile or web. ``duration_ms`` is in milliseconds."""

    id: Untrusted = Field(validation_alias="session_id")
    type: Word = None
    platform: Platform = None
    started_at: At = Field(default=None, validation_alias="created_at")
    duration_ms: int | None = Field(default=None, validation_alias="session_duration_ms")
    has_crash: bool | None = Field(default=None, validation_alias="is_crash")
    has_anr: bool | None = Field(default=None, validation_alias="is_anr")
    has_exception: bool | None = Field(default=None, validation_alias="has_exception_occurred")
    has_rage_tap: bool | None = Field(default=None, validation_alias="rage_tap")
    user_id: Untrusted | None = Field(default=None, validation_alias="rev_user_id")
    rev_org_id: Untrusted | None = None
    recording_ids: Many[Untrusted] = ()
    tab_ids: Many[Untrusted] = ()


class GetSession(Params):
    """Parameters of viewing one session."""

    app_id: Annotated[AppId, In.QUERY, Wire("version_key"), Logged(), WHERE]
    platform: Annotated[PlatformName, In.QUERY, Logged(), WHERE]
    session_id: Annotated[SessionId, In.QUERY, WHICH]


LIST_SESSIONS = Operation(
    id="devrev.sessions.list",
    provider=Provider.DEVREV,
    resource="session",
    access=Access.READ,
    method="POST",
    path="/observability.sessions.list",
    scope=AppNamed(),
    params=SessionFilters,
    result=Session,
    shape=Shape.MANY,
    paging=Cursors(rows="sessions"),
    asks_by_post=True,
    wording=Wording(verb="list", past="listed", target="sessions"),
    source=f"{REFERENCE}/sessions-list-post",
)

GET_SESSION = Operation(
    id="devrev.sessions.get",
    provider=Provider.DEVREV,
    resource="session",
    access=Access.READ,
    method="GET",
    path="/observability.sessions.get",
    scope=AppNamed(),
    params=GetSession,
    result=Session,
    shape=Shape.ONE,
    paging=Inside(key="session"),
    wording=Wording(verb="read", past="read", target="session {session_id}"),
    source=f"{REFERENCE}/sessions-get",
)

EXPORT_SESSIONS = replace(
    LIST_SESSIONS,
    id="devrev.sessions.export",
    params=AllSessions,
    wording=Wording(verb="export", past="exported", target="sessions"),
)

SESSIONS = (LIST_SESSIONS, GET_SESSION, EXPORT_SESSIONS)
