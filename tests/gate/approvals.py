"""A gate whose policy asks for approvals, and the operator who answers.

Rule: the operator answers the newest request, as the command line would.
"""

from crashgate.gate.approval_requests import ApprovalRequest, ApprovalStore, Way
from tests.gate.gate import IOS, Gate, open_gate, policy

GRANTS = (
    '[[grant]]\nconnection = "{}"\nprojects = ["checkout-ios"]\n'
    'access.error = "full"\naccess.comment = "write"\naccess.project = "read"\naccess.event = "read"\n'
)
APPROVE = '[approve]\noperations = ["bugsnag.errors.delete", "bugsnag.comments.create"]\nexpires_minutes = 10\n'
DELETE = {"project_id": IOS.id, "error_id": IOS.error}
COMMENT = {"project_id": IOS.id, "error_id": IOS.error, "message": "Seen by me."}


def gate(more: str = "", *, store: ApprovalStore | None = None) -> Gate:
    return open_gate(policy(GRANTS.format("bugsnag") + APPROVE + more), approvals=store)


async def kept(opened: Gate) -> list[ApprovalRequest]:
    return list(await opened.approvals.all())


async def answer_newest(opened: Gate, *, approved: bool = True) -> ApprovalRequest:
    """The operator answers the newest request."""
    newest = (await kept(opened))[-1]
    found = await opened.approvals.answer(newest.id, approved=approved, by="olga", way=Way.CLI, now=opened.clock.now())
    assert found is not None
    return found


def changes_sent(opened: Gate) -> list[str]:
    return [line for line in opened.upstream.lines if not line.startswith("GET")]
