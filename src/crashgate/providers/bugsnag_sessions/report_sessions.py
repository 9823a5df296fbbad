"""Session counts for BugSnag's stability figures. Rule: split where too many, and never sent twice by itself."""

from typing import Annotated, Any

from pydantic import Field

from crashgate.clock import timestamp
from crashgate.errors import Code, CrashgateError
from crashgate.model.capability import Capability, Implementation
from crashgate.model.composite import CompositeTool, Steps
from crashgate.model.params import In, Params
from crashgate.model.tool import Shown
from crashgate.providers.bugsnag_sessions.sessions import MOST_COUNTS, REPORT_SESSIONS, App, Device, SessionCount
from crashgate.views.rows import counted

MOST_IN_A_CALL = 10 * MOST_COUNTS
_NOT_COUNTED = frozenset(
    {
        Code.UPSTREAM_REJECTED,
        Code.UPSTREAM_CREDENTIAL,
        Code.UPSTREAM_RATE_LIMITED,
        Code.NOT_AVAILABLE,
        Code.RATE_LIMITED,
    }
)
"""Failures after which nothing of the batch was counted; after any other nobody knows."""
_REPORT = Capability("report_sessions", object)


def _read_nothing(row: object) -> object:
    """The row as it is: an answer to a report has none."""
    return row


class ReportSessionsCall(Params):
    """The app, the device, and sessions started per UTC minute."""

    app: Annotated[App, In.NOWHERE]
    session_counts: Annotated[tuple[SessionCount, ...], In.NOWHERE, Field(min_length=1, max_length=MOST_IN_A_CALL)]
    device: Annotated[Device, In.NOWHERE] = Device()


async def take_steps(steps: Steps, params: ReportSessionsCall) -> Shown:
    """Reports in batches; after a failure the rest is not sent, and what was counted is told."""
    counts = params.session_counts
    sent = 0
    failure: CrashgateError | None = None
    for start in range(0, len(counts), MOST_COUNTS):
        batch = counts[start : start + MOST_COUNTS]
        try:
            await steps.ask(
                _REPORT,
                app=params.app.model_dump(exclude_none=True),
                device=params.device.model_dump(exclude_none=True),
                session_counts=[each.model_dump(mode="json") for each in batch],
                sent_at=timestamp(steps.clock.now()),
            )
        except CrashgateError as problem:
            # With nothing counted yet the error says all; later, what was counted must be told, or it is sent again.
            if not sent:
                raise
            failure = problem
            break
        sent += len(batch)
    return _told(counts, sent, failure)


def _told(counts: tuple[SessionCount, ...], sent: int, failure: CrashgateError | None) -> Shown:
    """What was counted, what may have been, and what was not: only the last may be reported again."""
    started = sum(each.sessionsStarted for each in counts[:sent])
    uncertain = min(MOST_COUNTS, len(counts) - sent) if failure and failure.code not in _NOT_COUNTED else 0
    report: dict[str, Any] = {
        "counts_accepted": sent,
        **({"counts_uncertain": uncertain} if uncertain else {}),
        "counts_not_accepted": len(counts) - sent - uncertain,
        "sessions": started,
        **({"stopped_by": failure.code.value} if failure else {}),
    }
    text = (
        f"{sent} of {counted(len(counts), 'counts')} accepted, in their order, {counted(started, 'sessions')} in all."
    )
    again = f" The next {uncertain} may or may not have been counted: do not report them again." if uncertain else ""
    return Shown(content={"report": report}, text=text + again)


REPORT_SESSIONS_TOOL = CompositeTool(
    name="report_sessions",
    title="Report sessions",
    description=(
        "Report how many sessions an app started, per minute, for its stability figures. A second report counts again:"
        " do not repeat one."
    ),
    example={
        "app": {"version": "4.18.0", "releaseStage": "production"},
        "session_counts": [{"startedAt": "2026-11-20T17:18Z", "sessionsStarted": 12}],
    },
    params=ReportSessionsCall,
    first=_REPORT,
    take_steps=take_steps,
    providers={REPORT_SESSIONS.provider: {_REPORT: Implementation(operation=REPORT_SESSIONS, read=_read_nothing)}},
    holds=("report", "object"),
    shows=("counts_accepted", "counts_uncertain", "counts_not_accepted", "sessions", "stopped_by"),
)
