"""What crashgate answers itself: an agent's own access and its own exports.

Each is decided and recorded like every operation of an upstream. Every agent with a policy may ask for its own access,
because the policy's built-in grant allows it; the exports of other agents are never there.
"""

from typing import Annotated

from pydantic import Field, StringConstraints

from crashgate.model.access import Access
from crashgate.model.operation import Operation, Shape, Wording
from crashgate.model.params import In, Logged, Params
from crashgate.model.result import Result
from crashgate.model.scope import Anywhere

OWN = "crashgate"
"""The name of what crashgate answers itself, as a provider and as a connection."""


class GetAccess(Params):
    """No parameters."""


GET_ACCESS = Operation(
    id="crashgate.access.get",
    provider=OWN,
    resource="access",
    access=Access.READ,
    method=None,
    path=None,
    scope=Anywhere(),
    params=GetAccess,
    result=Result,
    shape=Shape.ONE,
    wording=Wording(verb="read", past="read", target="its own access"),
    source="docs/policy.md",
)


ExportId = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{16,32}$"), Logged()]


class ListExports(Params):
    """No parameters."""


class ReadExport(Params):
    """Which export, and which part of its file; None for all of a small one."""

    export_id: Annotated[ExportId, In.NOWHERE]
    part: Annotated[int | None, In.NOWHERE, Field(ge=0, le=10**7), Logged()] = None


LIST_EXPORTS = Operation(
    id="crashgate.exports.list",
    provider=OWN,
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
    provider=OWN,
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
    # check: reading an export back is reading outsiders' text
    gives_back=True,
)

EXPORTS = (LIST_EXPORTS, READ_EXPORT)
