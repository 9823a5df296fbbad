"""An agent's own exports. Rule: others' are not there, for the list as for reading."""

from typing import Annotated

from pydantic import Field, StringConstraints

from crashgate.catalogue.access import Access
from crashgate.catalogue.operation import Operation, Shape, Wording
from crashgate.catalogue.params import In, Logged, Params
from crashgate.catalogue.provider import Provider
from crashgate.catalogue.result import Result
from crashgate.catalogue.scope import Anywhere

ExportId = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{16,32}$"), Logged()]


class ListExports(Params):
    """No parameters."""


class ReadExport(Params):
    """Which export, and which part of its file; None for all of a small one."""

    export_id: Annotated[ExportId, In.NOWHERE]
    part: Annotated[int | None, In.NOWHERE, Field(ge=0, le=10**7), Logged()] = None


LIST_EXPORTS = Operation(
    id="crashgate.exports.list",
    provider=Provider.CRASHGATE,
    resource="export",
    access=Access.READ,
    method=None,
    path=None,
    scope=Anywhere(),
    params=ListExports,
    result=Result,
    shape=Shape.MANY,
    wording=Wording(verb="list", past="listed", target="its own exports"),
    source="docs/exports.md",
)

READ_EXPORT = Operation(
    id="crashgate.exports.read",
    provider=Provider.CRASHGATE,
    resource="export",
    access=Access.READ,
    method=None,
    path=None,
    scope=Anywhere(),
    params=ReadExport,
    result=Result,
    shape=Shape.ONE,
    wording=Wording(verb="read", past="read", target="its export {export_id}"),
    source="docs/exports.md",
    gives_back=True,
)

EXPORTS = (LIST_EXPORTS, READ_EXPORT)
