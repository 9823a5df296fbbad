"""What narrows a list of sessions. Rule: only what the vendor's page shows the form of.

``custom_events`` and ``response_time_list`` are named there without a form. That of ``created_at`` is taken to be
the range of the vendor's other lists; neither that nor whether its ends are inside is documented.

Sessions of an app on a platform. Rule: whatever names another session is first looked for with the view of one.

Filters travel in a body only, so the list is a POST that reads.
"""

from dataclasses import replace
from typing import Annotated

from pydantic import Field, StringConstraints

from crashgate.model.access import Access
from crashgate.model.field_table import PERSONAL, ROW, SUMMARY, About
from crashgate.model.moments import At, Since, Until
from crashgate.model.operation import Cursors, Inside, Operation, Shape, Wording
from crashgate.model.params import WHICH, Along, In, Logged, Params, RowsAPage, SessionId, Wire
from crashgate.model.reads import Reads, ReadsByName
from crashgate.model.result import From, Many, Result, Untrusted, Word
from crashgate.model.scope import AppNamed
from crashgate.providers.devrev.apps import (
    KIND,
    WHERE,
    AppId,
    AppVersion,
    DeviceModel,
    Manufacturer,
    NetworkType,
    OsVersion,
    Platform,
    PlatformName,
    PlugSdkVersion,
    ScreenHeight,
    ScreenWidth,
    SdkVersion,
)
from crashgate.providers.devrev.conventions import REFERENCE

MOST_ROWS = 100
"""Rows a page; the vendor publishes no limit for sessions, and shows 50 as the default of a neighbour."""

MOST_VALUES = 50
SORT_PATTERN = r"^[a-z][a-z_]{0,60}(?::(?:asc|desc))?$"

Text = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Texts = Annotated[tuple[Text, ...] | None, Field(min_length=1, max_length=MOST_VALUES)]
_RANGE = Along(wire="created_at.type", value="range")
_STARTED = Reads(("session.started_at",))
_CRASH, _ANR = Reads(("session.has_crash",)), Reads(("session.has_anr",))
_EXCEPTION, _RAGE_TAP = Reads(("session.has_exception",)), Reads(("session.has_rage_tap",))
_APP_VERSION, _OS_VERSION = Reads(("session.app_version",)), Reads(("session.os_version",))
_MANUFACTURER, _MODEL = Reads(("session.manufacturer",)), Reads(("session.device_model",))
_NETWORK_TYPE = Reads(("session.network_type",))
_USER, _ORG = Reads(("session.user_id",)), Reads(("session.rev_org_id",))
_SORTS = ReadsByName(
    {
        "created_at": _STARTED,
        "session_duration_ms": Reads(("session.duration_ms",)),
        "is_crash": _CRASH,
        "is_anr": _ANR,
        "has_exception_occurred": _EXCEPTION,
        "rage_tap": _RAGE_TAP,
        "app_version": _APP_VERSION,
        "os_version": _OS_VERSION,
    }
)
"""By which fields sessions can be sorted is not documented: a name that is not one of these may be any."""


class SessionFilters(Params):
    """The parameters of listing sessions; a list of values means any of them."""

    app_id: Annotated[AppId, In.BODY, Wire("version_key"), Logged(), WHERE]
    platform: Annotated[PlatformName, In.BODY, KIND, Logged(), WHERE]
    since: Annotated[Since | None, In.BODY, Wire("created_at.after"), _RANGE, Logged(), _STARTED] = None
    until: Annotated[Until | None, In.BODY, Wire("created_at.before"), _RANGE, Logged(), _STARTED] = None
    is_crash: Annotated[bool | None, In.BODY, Logged(), _CRASH] = None
    is_anr: Annotated[bool | None, In.BODY, Logged(), _ANR] = None
    has_exception_occurred: Annotated[bool | None, In.BODY, Logged(), _EXCEPTION] = None
    rage_tap: Annotated[bool | None, In.BODY, Logged(), _RAGE_TAP] = None
    is_anonymous: Annotated[bool | None, In.BODY, Logged(), _USER] = None
    app_version: Annotated[Texts, In.BODY, _APP_VERSION] = None
    os_version: Annotated[Texts, In.BODY, _OS_VERSION] = None
    manufacturer: Annotated[Texts, In.BODY, _MANUFACTURER] = None
    device_model: Annotated[Texts, In.BODY, _MODEL] = None
    network_type: Annotated[Texts, In.BODY, _NETWORK_TYPE] = None
    rev_user: Annotated[Texts, In.BODY, _USER] = None
    rev_org: Annotated[Texts, In.BODY, _ORG] = None
    sort_by: Annotated[
        tuple[Annotated[str, StringConstraints(pattern=SORT_PATTERN)], ...] | None,
        In.BODY,
        Field(min_length=1, max_length=5),
        Logged(),
        _SORTS,
    ] = None
    per_page: Annotated[int | None, In.BODY, Wire("limit"), RowsAPage(most=MOST_ROWS)] = None


class AllSessions(SessionFilters):
    """The parameters of exporting sessions: as many a page as there may be."""

    per_page: Annotated[int | None, In.BODY, Wire("limit"), RowsAPage(most=MOST_ROWS)] = MOST_ROWS


class Session(Result):
    """One run of an app, or one visit; ``type`` is mobile or web. ``duration_ms`` is in milliseconds."""

    id: Annotated[Untrusted, From("session_id"), About("The provider's id."), ROW]
    type: Annotated[Word, About("The provider's word for its kind.")] = None
    platform: Annotated[Platform, About("The platform that the app ran on."), ROW] = None
    app_version: AppVersion = None
    os_version: OsVersion = None
    device_model: DeviceModel = None
    network_type: NetworkType = None
    manufacturer: Manufacturer = None
    sdk_version: SdkVersion = None
    plug_sdk_version: PlugSdkVersion = None
    screen_width: ScreenWidth = None
    screen_height: ScreenHeight = None
    user_id: Annotated[Untrusted | None, From("rev_user_id"), PERSONAL, About("The app's id of its user."), ROW] = None
    rev_org_id: Annotated[Untrusted | None, About("The provider's id of the customer's organization.")] = None
    started_at: Annotated[
        At, From("created_at"), About("When the session began, as its provider first saw it."), ROW
    ] = None
    duration_ms: Annotated[
        int | None, From("session_duration_ms"), About("In milliseconds; empty where there is no end."), ROW
    ] = None
    has_crash: Annotated[bool | None, From("is_crash"), About("Whether the app crashed in it."), ROW] = None
    has_anr: Annotated[bool | None, From("is_anr"), About("Whether the app hung in it."), ROW] = None
    has_exception: Annotated[
        bool | None, From("has_exception_occurred"), About("Whether an exception occurred in it."), ROW
    ] = None
    has_rage_tap: Annotated[bool | None, From("rage_tap"), About("Whether the user tapped in anger."), ROW] = None
    recording_ids: Annotated[Many[Untrusted], About("The ids of its recordings."), SUMMARY] = ()
    tab_ids: Annotated[Many[Untrusted], About("The ids of its browser tabs."), SUMMARY] = ()


class GetSession(Params):
    """Parameters of viewing one session."""

    app_id: Annotated[AppId, In.QUERY, Wire("version_key"), Logged(), WHERE]
    platform: Annotated[PlatformName, In.QUERY, Logged(), WHERE]
    session_id: Annotated[SessionId, In.QUERY, WHICH]


LIST_SESSIONS = Operation(
    id="devrev.sessions.list",
    provider="devrev",
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
    provider="devrev",
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
