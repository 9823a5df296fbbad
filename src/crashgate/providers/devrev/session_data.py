"""What was recorded in a part of a session. Rule: the replay, which is large, comes only to who asks for it.

A mobile session has recordings and a web session tabs; the call names one of them.
"""

from typing import Annotated, Self

from pydantic import model_validator

from crashgate.model.access import Access
from crashgate.model.field_table import ROW, SUMMARY, AppData
from crashgate.model.moments import At
from crashgate.model.operation import Operation, Shape, Wording
from crashgate.model.params import WHICH, In, Logged, Params, SessionId, Wire
from crashgate.model.reads import ReadsNothing
from crashgate.model.result import From, Many, Result, Untrusted, UntrustedData, Word
from crashgate.model.scope import AppOfObject
from crashgate.providers.devrev.apps import (
    WHERE,
    AppId,
    AppVersion,
    DeviceModel,
    Manufacturer,
    NetworkType,
    OsVersion,
    PlatformName,
    PlugSdkVersion,
    ScreenHeight,
    ScreenWidth,
    SdkVersion,
)
from crashgate.providers.devrev.conventions import REFERENCE

_LOG = "observability_sessions_log_data"
_LAUNCH = "app_launch"


class RecordedEvent(Result):
    """One event of a recording; ``label`` is the vendor's ``name``, of which nothing more is documented."""

    type: Annotated[Untrusted | None, From("event_type"), ROW] = None
    name: Annotated[Untrusted | None, From("event_name"), ROW] = None
    label: Annotated[Untrusted | None, From("name"), ROW] = None
    input_type: Annotated[Untrusted | None, ROW] = None
    exception_class_name: Annotated[Untrusted | None, ROW] = None
    exception_tag: Annotated[Untrusted | None, ROW] = None
    custom_tag: Annotated[Untrusted | None, ROW] = None
    data: Annotated[AppData, From("event_properties"), ROW] = None
    coordinates: Annotated[UntrustedData, ROW] = None


class SessionData(Result):
    """A recording; ``log`` is the text that came with a crash or a hang. ``available_ram`` has no documented unit."""

    app_version: AppVersion = None
    os_version: OsVersion = None
    device_model: DeviceModel = None
    network_type: NetworkType = None
    manufacturer: Manufacturer = None
    sdk_version: SdkVersion = None
    plug_sdk_version: PlugSdkVersion = None
    screen_width: ScreenWidth = None
    screen_height: ScreenHeight = None
    recording: Annotated[Word, SUMMARY] = None
    created_at: At = None
    launch_time_ms: Annotated[int | None, From(f"{_LAUNCH}.launch_time_ms"), SUMMARY] = None
    launch_type: Annotated[Untrusted | None, From(f"{_LAUNCH}.launch_type"), SUMMARY] = None
    available_ram: Annotated[int | None, SUMMARY] = None
    has_crash: Annotated[bool | None, From(f"{_LOG}.is_crash"), SUMMARY] = None
    has_anr: Annotated[bool | None, From(f"{_LOG}.is_anr"), SUMMARY] = None
    log: Annotated[Untrusted | None, From(f"{_LOG}.value"), SUMMARY] = None
    events: Annotated[Many[RecordedEvent], From("recording_events_timeline")] = ()
    replay_data: UntrustedData = None
    """Under which name the vendor gives the replay is not documented."""


class GetSessionData(Params):
    """Parameters of reading a recording; the platform is for the gate, upstream does not take it."""

    app_id: Annotated[AppId, In.BODY, Wire("version_key"), Logged(), WHERE]
    platform: Annotated[PlatformName, In.NOWHERE, Logged()]
    session_id: Annotated[SessionId, In.BODY, WHICH]
    recording_id: Annotated[SessionId | None, In.BODY, WHICH] = None
    tab_id: Annotated[SessionId | None, In.BODY, WHICH] = None
    include_replay_data: Annotated[
        bool, In.BODY, Logged(), ReadsNothing("it tells how much of the recording is wanted")
    ] = False

    @model_validator(mode="after")
    def _of_one_part(self) -> Self:
        """The vendor's page lets both be left out, and does not say what it would then give."""
        if self.recording_id is None and self.tab_id is None:
            raise ValueError("recording_id is required for a mobile session, or tab_id for a web session")
        return self


GET_SESSION_DATA = Operation(
    id="devrev.session_data.get",
    provider="devrev",
    resource="session_event",
    access=Access.READ,
    method="POST",
    path="/observability.sessions.data.get",
    scope=AppOfObject(object="session_id", read="devrev.sessions.get"),
    params=GetSessionData,
    result=SessionData,
    shape=Shape.ONE,
    asks_by_post=True,
    wording=Wording(verb="read", past="read", target="a recording of session {session_id}"),
    source=f"{REFERENCE}/sessions-data-get-post",
)

SESSION_DATA = (GET_SESSION_DATA,)
