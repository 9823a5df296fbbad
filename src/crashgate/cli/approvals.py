"""``crashgate approvals``: requests for a person's approval, and the answers.

Whoever answers is the user of this process, as the operating system knows it; the environment does not count.
"""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import click

from crashgate.cli import session
from crashgate.cli.command import Command
from crashgate.cli.output import Screen, note

if TYPE_CHECKING:
    from collections.abc import Mapping

    from crashgate.audit.record import Value
    from crashgate.gate.approval_requests import ApprovalRequest


def standing(request: "ApprovalRequest", now: datetime) -> str:
    """``pending``, ``approved``, ``rejected``, ``used`` or ``expired``."""
    return "expired" if request.expired(now) else request.standing.value


def texts(request: "ApprovalRequest", now: datetime) -> "Mapping[str, str]":
    """What the agent wrote, for whoever answers; nothing where nobody can any more."""
    return {} if request.expired(now) else request.texts


def holds(request: "ApprovalRequest", now: datetime) -> bool:
    """Whether it waits for an answer, or was approved and is not used yet."""
    return standing(request, now) in {"pending", "approved"}


def show(screen: Screen, request: "ApprovalRequest", now: datetime) -> None:
    """All of one request."""
    from crashgate.clock import timestamp

    screen.say(f"{request.agent} asks to {request.what}.")
    rows = {
        "id": request.id,
        "standing": standing(request, now),
        "tool": request.tool or "",
        "operation": f"{request.operation} ({request.access})",
        "connection": request.connection,
        "target": request.target,
        "arguments": ", ".join(f"{name} = {_written(value)}" for name, value in request.arguments.items()),
        "not shown": ", ".join(name for name in request.hidden if name not in texts(request, now)),
        "because": request.why,
        "asked": timestamp(request.asked),
        "expires": timestamp(request.expires),
        "policy": request.policy_hash,
        "call": request.call,
        "answered": _answered(request),
        "used by": f"call {request.used_by}" if request.used_by else "",
    }
    for label, text in rows.items():
        if text:
            screen.under(label, text, width=12)
    for name, text in texts(request, now).items():
        screen.say(f"{name}, as the agent wrote it (data, not instructions):")
        for line in text.splitlines():
            screen.under("", line, width=2)


def plain(request: "ApprovalRequest", now: datetime) -> dict[str, Any]:
    """The same as JSON."""
    from crashgate.clock import timestamp

    return {
        "id": request.id,
        "standing": standing(request, now),
        "agent": request.agent,
        "tool": request.tool,
        "operation": request.operation,
        "access": request.access.value,
        "connection": request.connection,
        "target": request.target,
        "what": request.what,
        "arguments": dict(request.arguments),
        "not_shown": [name for name in request.hidden if name not in texts(request, now)],
        "untrusted": dict(texts(request, now)),
        "why": request.why or None,
        "asked": timestamp(request.asked),
        "expires": timestamp(request.expires),
        "policy_hash": request.policy_hash,
        "call": request.call,
        "answered": timestamp(request.answered) if request.answered else None,
        "answered_by": request.answered_by,
        "way": request.way.value if request.way else None,
        "used_by": request.used_by,
    }


def found(identifier: str) -> "ApprovalRequest":
    """The request with this id. Raises NotAvailableError, StateUnavailableError."""
    from crashgate.config import wiring

    request = asyncio.run(wiring.approvals(session.settings()).find(identifier))
    if request is None:
        raise _missing()
    return request


def answer(identifier: str, *, approved: bool) -> None:
    """Answer a request in the name of whoever runs this, and print how it stands then.

    Raises NotAvailableError where there is no such request or it waits no longer, StateUnavailableError.
    """
    from crashgate.clock import timestamp
    from crashgate.config import wiring
    from crashgate.errors import NotAvailableError
    from crashgate.gate.approval_requests import Standing, Way

    now, by = datetime.now(UTC), wiring.operator()
    before = found(identifier)
    if standing(before, now) != "pending":
        raise NotAvailableError(
            f"Request {before.id} is not waiting for an answer: it is {standing(before, now)}.",
            remedy="`crashgate approvals list` shows those that are.",
        )
    store = wiring.approvals(session.settings())
    after = asyncio.run(store.answer(identifier, approved=approved, by=by, way=Way.CLI, now=now))
    done = after is not None and (after.answered_by, after.way) == (by, Way.CLI)
    if after is None or not done or (after.standing is Standing.REJECTED) is approved:
        raise NotAvailableError(f"Request {before.id} has been answered by somebody else.")
    screen = session.screen()
    if screen.json:
        screen.data(plain(after, now))
        return
    screen.say(f"{after.standing.value.capitalize()} by {by}: {after.agent} asked to {after.what}.")
    if approved:
        note(f"It is valid for one call with exactly these arguments, until {timestamp(after.expires)}.")


def _missing() -> Exception:
    from crashgate.errors import NotAvailableError

    return NotAvailableError(
        "There is no request for approval with that id.", remedy="`crashgate approvals list` shows the open ones."
    )


def _written(value: "Value") -> str:
    return ", ".join(value) if isinstance(value, tuple) else str(value)


_WAYS = {"cli": "at the command line", "client": "in the client", "console": "in the console"}


def _answered(request: "ApprovalRequest") -> str:
    from crashgate.clock import timestamp

    if request.answered is None:
        return ""
    way = _WAYS[request.way.value] if request.way is not None else "in the client"
    verb = "rejected" if request.standing.value == "rejected" else "approved"
    return f"{verb} by {request.answered_by}, {way}, at {timestamp(request.answered)}"


@click.command("list", cls=Command)
@click.option("--all", "everything", is_flag=True, help="Include requests that were rejected, used or have expired.")
def approvals_list(*, everything: bool) -> None:
    """Print the requests that wait for an answer.

    The oldest are first. Approvals that were not used yet are listed too. Each is for one call with exactly these
    arguments.
    """
    from crashgate.clock import timestamp
    from crashgate.config import wiring

    now = datetime.now(UTC)
    kept = asyncio.run(wiring.approvals(session.settings()).all())
    shown = [each for each in kept if everything or holds(each, now)]
    screen = session.screen()
    if screen.json:
        screen.data([plain(each, now) for each in shown])
    elif shown and screen.plain:
        rows = [(each.id, standing(each, now), each.agent, each.what, timestamp(each.expires)) for each in shown]
        screen.table(("id", "standing", "agent", "asks to", "expires"), rows)
    elif shown:
        # What is asked holds ids, and a column beside the others would be too narrow for one.
        for each in shown:
            screen.say(f"{each.id}  {standing(each, now)}, {ahead(each.expires, now)}  {each.agent} asks to")
            screen.under("", each.what, width=0)
    else:
        screen.say("There are no open requests for approval.")


def ahead(moment: datetime, now: datetime) -> str:
    """How long it is until then, rounded up: ``in 12 min``, ``in 5 h``; ``passed`` where it is over."""
    if moment <= now:
        return "passed"
    minutes = -((now - moment) // timedelta(minutes=1))
    return f"in {minutes} min" if minutes < _MINUTES_SHOWN else f"in {-(-minutes // 60)} h"


_MINUTES_SHOWN = 120


@click.command("show", cls=Command)
@click.argument("identifier", metavar="ID", help="The id of the request.")
def approvals_show(identifier: str) -> None:
    """Show one request for approval.

    It shows what would be done, by which agent and with which arguments, who answered the request, and which call used
    the approval. Arguments that may contain private text are named but not shown.
    """
    now = datetime.now(UTC)
    request, screen = found(identifier), session.screen()
    if screen.json:
        screen.data(plain(request, now))
    else:
        show(screen, request, now)


@click.command("approve", cls=Command)
@click.argument("identifier", metavar="ID", help="The id of the request.")
def approvals_approve(identifier: str) -> None:
    """Approve a request.

    The agent must then make the same call again. The approval is for that one call, and expires when the policy says
    so. The log records who approved.
    """
    answer(identifier, approved=True)


@click.command("reject", cls=Command)
@click.argument("identifier", metavar="ID", help="The id of the request.")
def approvals_reject(identifier: str) -> None:
    """Reject a request.

    The agent learns of it when it makes the same call again. The log records who rejected.
    """
    answer(identifier, approved=False)
