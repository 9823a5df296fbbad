"""What waits for a person's answer, with exactly what would be sent, and the answer itself."""

from datetime import datetime

from crashgate.clock import timestamp
from crashgate.console.pages import Facts, address, wrong
from crashgate.gate.approval_requests import ApprovalRequest, ApprovalStore, Standing, Way

_ANSWERED = 50


async def approvals(store: ApprovalStore, now: datetime) -> Facts:
    """Requests that wait, oldest first, and the last fifty others, newest first. Raises StateUnavailableError."""
    kept = await store.all()
    waiting = [each for each in kept if _waits(each, now)]
    others = [each for each in kept if not _waits(each, now)][: -_ANSWERED - 1 : -1]
    return {"waiting": [_plain(each, now) for each in waiting], "others": [_plain(each, now) for each in others]}


def _waits(request: ApprovalRequest, now: datetime) -> bool:
    return request.standing is Standing.PENDING and not request.expired(now)


def _plain(request: ApprovalRequest, now: datetime) -> Facts:
    texts = {} if request.expired(now) else dict(request.texts)
    return {
        "id": request.id,
        "standing": "expired" if request.expired(now) else request.standing.value,
        "agent": request.agent,
        "tool": request.tool,
        "operation": request.operation,
        "access": request.access.value,
        "connection": request.connection,
        "target": request.target,
        "what": request.what,
        "arguments": {
            name: ", ".join(value) if isinstance(value, tuple) else str(value)
            for name, value in request.arguments.items()
        },
        "untrusted": texts,
        "not_shown": [name for name in request.hidden if name not in texts],
        "why": request.why or None,
        "asked": timestamp(request.asked),
        "expires": timestamp(request.expires),
        "answered": timestamp(request.answered) if request.answered else None,
        "answered_by": request.answered_by,
        "calls": address("/activity", {"agent": request.agent}),
    }


async def answer(store: ApprovalStore, identifier: str, *, approved: bool, by: str, now: datetime) -> None:
    """Answer a request. Raises HTTPException 409 where it waits no longer, or somebody else was faster."""
    before = await store.find(identifier)
    if before is None or not _waits(before, now):
        raise wrong("This request does not wait for an answer any more. See /approvals.", status=409)
    after = await store.answer(identifier, approved=approved, by=by, way=Way.CONSOLE, now=now)
    ours = after is not None and (after.answered_by, after.way) == (by, Way.CONSOLE)
    if after is None or not ours or (after.standing is Standing.REJECTED) is approved:
        raise wrong("Somebody else has answered this request. See /approvals.", status=409)
