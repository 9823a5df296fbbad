"""The console and the requests of a browser tab. Rule: of a request only what is named here, for headers hold secrets.

The vendor's page shows the form of a console line, and of a request its ``method``; ``url`` and ``status_code`` are
read where they are there.
"""

from typing import Annotated, Any, Literal

from pydantic import AliasPath, BeforeValidator, Field

from crashgate.model.access import Access
from crashgate.model.field_table import ADDRESS, ROW
from crashgate.model.moments import At
from crashgate.model.operation import Operation, Shape, Wording
from crashgate.model.params import WHICH, In, Logged, Params, SessionId, Wire
from crashgate.model.result import Documented, Many, Untrusted
from crashgate.model.scope import AppOfObject
from crashgate.providers.devrev.apps import WHERE, AppId
from crashgate.providers.devrev.conventions import REFERENCE


def _text(value: Any) -> Any:  # noqa: ANN401 - any JSON may stand in an upstream answer
    return value if isinstance(value, str) else None


def _number(value: Any) -> Any:  # noqa: ANN401 - any JSON may stand in an upstream answer
    return value if isinstance(value, int) and not isinstance(value, bool) else None


class ConsoleLine(Documented):
    """One line of the browser's console, and the page that it is of."""

    type: Annotated[Untrusted | None, ROW] = None
    value: Annotated[Untrusted | None, ROW] = None
    at: Annotated[At, ROW] = Field(default=None, validation_alias="timestamp")
    url: Annotated[Untrusted | None, ADDRESS, ROW] = Field(default=None, validation_alias="full_url")
    page_name: Annotated[Untrusted | None, ROW] = Field(
        default=None, validation_alias=AliasPath("properties", "page_name")
    )
    page_url: Annotated[Untrusted | None, ADDRESS, ROW] = Field(
        default=None, validation_alias=AliasPath("properties", "page_url")
    )
    normalized_url: Annotated[Untrusted | None, ADDRESS, ROW] = Field(
        default=None, validation_alias=AliasPath("properties", "normalized_url")
    )


class NetworkCall(Documented):
    """One request that the page made."""

    method: Annotated[Untrusted | None, BeforeValidator(_text), ROW] = Field(
        default=None, validation_alias=AliasPath("request", "method")
    )
    url: Annotated[Untrusted | None, BeforeValidator(_text), ADDRESS, ROW] = Field(
        default=None, validation_alias=AliasPath("request", "url")
    )
    status_code: Annotated[int | None, BeforeValidator(_number), ROW] = Field(
        default=None, validation_alias=AliasPath("request", "status_code")
    )
    type: Annotated[Untrusted | None, ROW] = None


class DeveloperInfo(Documented):
    """What the developer tools of a browser would show of a tab."""

    console: Many[ConsoleLine] = Field(default=(), validation_alias="console_data")
    network: Many[NetworkCall] = Field(default=(), validation_alias="network_data")


class GetDeveloperInfo(Params):
    """Parameters of reading a tab; the platform is for the gate, and only the web has tabs."""

    app_id: Annotated[AppId, In.BODY, Wire("version_key"), Logged(), WHERE]
    platform: Annotated[Literal["web"], In.NOWHERE, Logged()]
    session_id: Annotated[SessionId, In.BODY, WHICH]
    tab_id: Annotated[SessionId, In.BODY, WHICH]


GET_DEVELOPER_INFO = Operation(
    id="devrev.developer_info.get",
    provider="devrev",
    resource="network_log",
    access=Access.READ,
    method="POST",
    path="/observability.sessions.developer-info.get",
    scope=AppOfObject(object="session_id", read="devrev.sessions.get"),
    params=GetDeveloperInfo,
    result=DeveloperInfo,
    shape=Shape.ONE,
    asks_by_post=True,
    wording=Wording(verb="read", past="read", target="the console and requests of session {session_id}"),
    source=f"{REFERENCE}/sessions-developer-info-get-post",
)

DEVELOPER_INFO = (GET_DEVELOPER_INFO,)
