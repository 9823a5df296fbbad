"""Crash groups: crashes with one cause. Rule: all of them, since upstream takes no period for them."""

from dataclasses import replace
from typing import Annotated

from crashgate.model.access import Access
from crashgate.model.field_table import ROW, About
from crashgate.model.moments import At
from crashgate.model.operation import Numbered, Operation, Shape, Wording
from crashgate.model.params import In, Params, RowsAPage, Wire
from crashgate.model.result import From, Result, Untrusted, Word
from crashgate.model.scope import Anywhere
from crashgate.providers.bugspulse.conventions import MOST_ROWS, REFERENCE


class Crash(Result):
    """A group of crashes, with how often it came and on how many devices."""

    id: Annotated[Untrusted, About("The provider's id."), ROW]
    message: Annotated[Untrusted | None, About("The crash's message."), ROW] = None
    status: Annotated[Word, About("The provider's word for its state."), ROW] = None
    is_fatal: Annotated[bool | None, From("isFatal"), About("Whether it ended the app."), ROW] = None
    handled: Annotated[bool | None, About("Whether the app caught it."), ROW] = None
    occurrence_count: Annotated[int | None, From("occurrenceCount"), About("How often it came."), ROW] = None
    affected_devices: Annotated[int | None, From("affectedDevices"), About("On how many devices it came."), ROW] = None
    platform: Annotated[Untrusted | None, About("The platform that the app ran on."), ROW] = None
    app_version: Annotated[Untrusted | None, From("appVersion"), About("The version of the app."), ROW] = None
    os_version: Annotated[Untrusted | None, From("osVersion"), About("The version of the operating system."), ROW] = (
        None
    )
    first_seen_at: Annotated[At, From("firstSeenAt"), About("When it came first."), ROW] = None
    last_seen_at: Annotated[At, From("lastSeenAt"), About("When it came last."), ROW] = None


class ListCrashes(Params):
    """Parameters of listing crash groups."""

    per_page: Annotated[int | None, In.QUERY, Wire("limit"), RowsAPage(most=MOST_ROWS)] = None


class ExportCrashes(ListCrashes):
    """Parameters of exporting crash groups: as many a page as there may be."""

    per_page: Annotated[int | None, In.QUERY, Wire("limit"), RowsAPage(most=MOST_ROWS)] = MOST_ROWS


LIST_CRASHES = Operation(
    id="bugspulse.crashes.list",
    provider="bugspulse",
    resource="crash",
    access=Access.READ,
    method="GET",
    path="/export/crashes",
    scope=Anywhere(),
    params=ListCrashes,
    result=Crash,
    shape=Shape.MANY,
    paging=Numbered(),
    wording=Wording(verb="list", past="listed", target="crash groups"),
    source=REFERENCE,
)

EXPORT_CRASHES = replace(
    LIST_CRASHES,
    id="bugspulse.crashes.export",
    params=ExportCrashes,
    wording=Wording(verb="export", past="exported", target="crash groups"),
)

CRASHES = (LIST_CRASHES, EXPORT_CRASHES)
