"""Requests that the app made. Rule: the address is the app's own text, query included."""

from dataclasses import replace
from typing import Annotated

from crashgate.model.access import Access
from crashgate.model.field_table import ADDRESS, ROW, About
from crashgate.model.moments import At, Moment
from crashgate.model.operation import Operation, Shape, Wording
from crashgate.model.paging import Numbered
from crashgate.model.params import In, Logged, Params, RowsAPage, Wire
from crashgate.model.reads import Reads
from crashgate.model.result import From, Result, Untrusted
from crashgate.model.scope import Anywhere
from crashgate.providers.bugspulse.conventions import MOST_ROWS, REFERENCE


class NetworkLog(Result):
    """One request; without a ``status_code`` there was no answer. ``duration_ms`` is in milliseconds."""

    id: Annotated[Untrusted, About("The provider's id."), ROW]
    session_id: Annotated[Untrusted | None, From("sessionId"), About("The id of its session."), ROW] = None
    at: Annotated[At, From("timestamp"), About("When it happened."), ROW] = None
    method: Annotated[Untrusted | None, About("The request's method."), ROW] = None
    url: Annotated[Untrusted | None, ADDRESS, About("The request's address."), ROW] = None
    status_code: Annotated[
        int | None, From("statusCode"), About("The answer's status; empty without an answer."), ROW
    ] = None
    duration_ms: Annotated[
        int | None, From("duration"), About("In milliseconds; empty where there is no end."), ROW
    ] = None
    error: Annotated[Untrusted | None, About("What went wrong with the request."), ROW] = None


class ListNetworkLogs(Params):
    """Parameters of listing requests; whether ``until`` is inside is not documented."""

    since: Annotated[Moment | None, In.QUERY, Wire("from"), Logged(), Reads(("network_log.at",))] = None
    until: Annotated[Moment | None, In.QUERY, Wire("to"), Logged(), Reads(("network_log.at",))] = None
    per_page: Annotated[int | None, In.QUERY, Wire("limit"), RowsAPage(most=MOST_ROWS)] = None


class ExportNetworkLogs(ListNetworkLogs):
    """Parameters of exporting requests: as many a page as there may be."""

    per_page: Annotated[int | None, In.QUERY, Wire("limit"), RowsAPage(most=MOST_ROWS)] = MOST_ROWS


LIST_NETWORK_LOGS = Operation(
    id="bugspulse.network_logs.list",
    provider="bugspulse",
    resource="network_log",
    access=Access.READ,
    method="GET",
    path="/export/network",
    scope=Anywhere(),
    params=ListNetworkLogs,
    result=NetworkLog,
    shape=Shape.MANY,
    paging=Numbered(),
    wording=Wording(verb="list", past="listed", target="network logs"),
    source=REFERENCE,
)

EXPORT_NETWORK_LOGS = replace(
    LIST_NETWORK_LOGS,
    id="bugspulse.network_logs.export",
    params=ExportNetworkLogs,
    wording=Wording(verb="export", past="exported", target="network logs"),
)

NETWORK_LOGS = (LIST_NETWORK_LOGS, EXPORT_NETWORK_LOGS)
