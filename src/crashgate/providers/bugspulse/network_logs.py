"""Requests that the app made. Rule: the address is the app's own text, query included."""

from dataclasses import replace
from typing import Annotated, Self

from pydantic import Field, model_validator

from crashgate.model.access import Access
from crashgate.model.field_table import ADDRESS, ROW, About
from crashgate.model.moments import MOST_MINUTES, USUAL_MINUTES, At, Moment, Since, window
from crashgate.model.operation import Numbered, Operation, Shape, Wording
from crashgate.model.params import In, Logged, Params, RowsAPage, SessionId, Wire
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


_AT = Reads(("network_log.at",))


class ExportNetworkLogs(Params):
    """Parameters of exporting requests, as many a page as there may be.

    Whether ``until`` is inside is not documented.
    """

    since: Annotated[Moment | None, In.QUERY, Wire("from"), Logged(), _AT] = None
    until: Annotated[Moment | None, In.QUERY, Wire("to"), Logged(), _AT] = None
    per_page: Annotated[int | None, In.QUERY, Wire("limit"), RowsAPage(most=MOST_ROWS)] = MOST_ROWS


class ListNetworkLogs(ExportNetworkLogs):
    """Parameters of listing requests. Upstream filters by time alone; the rest picks from the rows of a page."""

    per_page: Annotated[int | None, In.QUERY, Wire("limit"), RowsAPage(most=MOST_ROWS)] = None
    around: Annotated[Since | None, In.NOWHERE, Logged(), _AT] = None
    minutes: Annotated[int | None, In.NOWHERE, Field(ge=1, le=MOST_MINUTES), Logged(), _AT] = None
    session_id: Annotated[SessionId | None, In.NOWHERE, Reads(("network_log.session_id",))] = None
    failed_only: Annotated[bool | None, In.NOWHERE, Logged(), Reads(("network_log.status_code",))] = None

    @model_validator(mode="after")
    def _window(self) -> Self:
        """The window as the period that upstream takes, and whole pages where rows are picked from them."""
        put_in: dict[str, object] = {}
        if self.around is not None:
            if self.since is not None or self.until is not None:
                raise ValueError("around can be combined with minutes, not with since or until")
            put_in["since"], put_in["until"] = window(
                self.around, USUAL_MINUTES if self.minutes is None else self.minutes
            )
        elif self.minutes is not None:
            raise ValueError("minutes needs around")
        if self.per_page is None and (self.failed_only or self.session_id is not None):
            put_in["per_page"] = MOST_ROWS
        return self.model_copy(update=put_in) if put_in else self


EXPORT_NETWORK_LOGS = Operation(
    id="bugspulse.network_logs.export",
    provider="bugspulse",
    resource="network_log",
    access=Access.READ,
    method="GET",
    path="/export/network",
    scope=Anywhere(),
    params=ExportNetworkLogs,
    result=NetworkLog,
    shape=Shape.MANY,
    paging=Numbered(),
    wording=Wording(verb="export", past="exported", target="network logs"),
    source=REFERENCE,
)

LIST_NETWORK_LOGS = replace(
    EXPORT_NETWORK_LOGS,
    id="bugspulse.network_logs.list",
    params=ListNetworkLogs,
    wording=Wording(verb="list", past="listed", target="network logs"),
)

NETWORK_LOGS = (LIST_NETWORK_LOGS, EXPORT_NETWORK_LOGS)
