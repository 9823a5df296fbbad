"""Crash groups: crashes with one cause. Rule: all of them, since upstream takes no period for them."""

from dataclasses import replace
from typing import Annotated

from pydantic import Field

from crashgate.model.access import Access
from crashgate.model.moments import At
from crashgate.model.operation import Operation, Shape, Wording
from crashgate.model.paging import Numbered
from crashgate.model.params import In, Params, RowsAPage, Wire
from crashgate.model.provider import Provider
from crashgate.model.result import Documented, Untrusted, Word
from crashgate.model.scope import Anywhere
from crashgate.providers.bugspulse import MOST_ROWS, REFERENCE


class Crash(Documented):
    """A group of crashes, with how often it came and on how many devices."""

    id: Untrusted
    message: Untrusted | None = None
    status: Word = None
    is_fatal: bool | None = Field(default=None, validation_alias="isFatal")
    handled: bool | None = None
    occurrence_count: int | None = Field(default=None, validation_alias="occurrenceCount")
    affected_devices: int | None = Field(default=None, validation_alias="affectedDevices")
    platform: Untrusted | None = None
    app_version: Untrusted | None = Field(default=None, validation_alias="appVersion")
    os_version: Untrusted | None = Field(default=None, validation_alias="osVersion")
    first_seen_at: At = Field(default=None, validation_alias="firstSeenAt")
    last_seen_at: At = Field(default=None, validation_alias="lastSeenAt")


class ListCrashes(Params):
    """Parameters of listing crash groups."""

    per_page: Annotated[int | None, In.QUERY, Wire("limit"), RowsAPage(most=MOST_ROWS)] = None


class ExportCrashes(ListCrashes):
    """Parameters of exporting crash groups: as many a page as there may be."""

    per_page: Annotated[int | None, In.QUERY, Wire("limit"), RowsAPage(most=MOST_ROWS)] = MOST_ROWS


LIST_CRASHES = Operation(
    id="bugspulse.crashes.list",
    provider=Provider.BUGSPULSE,
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
