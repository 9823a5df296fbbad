"""An agent's own access. Rule: every agent with a policy may ask it; the policy's built-in grant says so."""

from crashgate.catalogue.access import Access
from crashgate.catalogue.operation import Operation, Shape, Wording
from crashgate.catalogue.params import Params
from crashgate.catalogue.provider import Provider
from crashgate.catalogue.result import Result
from crashgate.catalogue.scope import Anywhere


class GetAccess(Params):
    """No parameters."""


GET_ACCESS = Operation(
    id="crashgate.access.get",
    provider=Provider.CRASHGATE,
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
