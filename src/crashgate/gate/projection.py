"""What of an answer an agent may see: the rows in its scope, without the fields that its policy hides."""

from typing import Any

from crashgate.gate.case import CallState
from crashgate.gate.narrowing import narrow, redact, without_hidden
from crashgate.gate.plan import allows_row
from crashgate.model.result import Page


def project(case: CallState, page: Page[Any]) -> Page[Any]:
    """``page`` as the agent may see it. Only for a call that was authorised."""
    operation, params = case.ask.operation, case.params
    if operation is None or params is None:
        raise ValueError("only an authorised operation is answered")
    inside = narrow(operation, page, params=params, home=case.home, allowed=lambda place: allows_row(case, place))
    if case.policy is None:
        return inside
    shown = without_hidden(inside, case.policy.redaction)
    # check[unwrap]: what the policy redacts is taken out
    return redact(shown, case.policy.redaction.tree(operation.resource))


def redacts(case: CallState) -> bool:
    """Whether the policy takes something out of the answer; then all of it is read, to say what was there."""
    operation, policy = case.ask.operation, case.policy
    return operation is not None and policy is not None and bool(policy.redaction.tree(operation.resource))
