"""The console and the requests of a browser tab. Rule: of a request only what is named here, for headers hold secrets.

The vendor's page shows the form of a console line, and of a request its ``method``; ``url`` and ``status_code`` are
read where they are there.
"""

from typing import Annotated, Any, Literal

from crashgate.model.access import Access
from crashgate.model.field_table import ADDRESS, ROW
from crashgate.model.moments import At
from crashgate.model.operation import Operation, Shape, Wording
from crashgate.model.params import WHICH, In, Logged, Params, SessionId, Wire
from crashgate.model.reads import Reads
from crashgate.model.result import Convert, From, Many, Result, Untrusted
from crashgate.model.scope import AppOfObject
from crashgate.providers.devrev.apps import WHERE, AppId
from crashgate.providers.devrev.conventions import REFERENCE


def _text(value: Any) -> Any:  # noqa: ANN401 - any JSON may stand in an upstream answer
    return value if isinstance(value, str) else None


def _number(value: Any) -> Any:  # noqa: ANN401 - any JSON may stand in an upstream answer
    return value if isinstance(value, int) and not isinstance(value, bool) else None


class ConsoleLine(Result):
    """One line of the browser's console, and the page that it is of."""

    type: Annotated[Untrusted | None, ROW] = None
    value: Annotated[Untrusted | None, ROW] = None
    at: Annotated[At, From("timestamp"), ROW] = None
    url: Annotated[Untrusted | None, From("full_url"), ADDRESS, ROW] = None
    page_name: Annotated[Untrusted | None, From("properties.page_name"), ROW] = None
    page_url: Annotated[Untrusted | None, From("properties.page_url"), ADDRESS, ROW] = None
    normalized_url: Annotated[Untrusted | None, From("properties.normalized_url"), ADDRESS, ROW] = None


class NetworkCall(Result):
    """One request that the page made."""

    method: Annotated[Untrusted | None, From("request.method"), Convert(_text), ROW] = None
    url: Annotated[Untrusted | None, From("request.url"), Convert(_text), ADDRESS, ROW] = None
    status_code: Annotated[int | None, From("request.status_code"), Convert(_number), ROW] = None
    type: Annotated[Untrusted | None, ROW] = None


class DeveloperInfo(Result):
    """What the developer tools of a browser would show of a tab."""

    console: Annotated[Many[ConsoleLine], From("console_data")] = ()
    network: Annotated[Many[NetworkCall], From("network_data")] = ()


class GetDeveloperInfo(Params):
    """Parameters of reading a tab; the platform is for the gate, and only the web has tabs."""

    app_id: Annotated[AppId, In.BODY, Wire("version_key"), Logged(), WHERE]
    platform: Annotated[Literal["web"], In.NOWHERE, Logged()]
    session_id: Annotated[SessionId, In.BODY, WHICH]
    tab_id: Annotated[SessionId, In.BODY, WHICH]
    failed_only: Annotated[bool | None, In.NOWHERE, Logged(), Reads(("network_log.network.status_code",))] = None


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
