"""Everything a first look at an error needs, in one answer of at most 2,000 tokens."""

from typing import Annotated, Any

from crashgate.model.capability import (
    ERROR_CONCENTRATION,
    ERROR_TREND,
    LATEST_EVENT,
    READ_ERROR,
    READ_PROJECT,
    READ_RELEASE,
    ErrorFacts,
    ReleaseFacts,
)
from crashgate.model.composite import CompositeTool, StepResult, Steps
from crashgate.model.params import In, ObjectId, Params, Ref
from crashgate.model.tool import Shown
from crashgate.views.rows import noticed

_TREND_STEPS = 8


class TriageError(Params):
    """Which error."""

    project_id: Annotated[Ref, In.NOWHERE]
    error_id: Annotated[ObjectId, In.NOWHERE]


async def take_steps(steps: Steps, params: TriageError) -> Shown:
    """The error, its latest event, trend, concentration, introducing release and link."""
    named = {"project_id": params.project_id, "error_id": params.error_id}
    error = await steps.ask(READ_ERROR, **named)
    event = await steps.try_ask("latest_event", LATEST_EVENT, **named)
    trend = await steps.try_ask("trend", ERROR_TREND, **named, steps=_TREND_STEPS)
    concentrations = await steps.try_ask("concentrates_in", ERROR_CONCENTRATION, **named)
    release = await _introduced(steps, params.project_id, error)
    project = await steps.try_ask("link", READ_PROJECT, project_id=params.project_id)
    triage: dict[str, Any] = {"error": error.rows[0].shown}
    if event and event.rows:
        triage["latest_event"] = event.rows[0].shown
    if trend:
        triage["events_over_time"] = [[row.since, row.events] for row in trend.rows]
    if concentrations:
        triage["concentrates_in"] = [row.shown for row in concentrations.rows]
    if release and release.rows:
        triage["introduced_in"] = release.rows[0].shown
    if project and project.rows and project.rows[0].errors_page:
        triage["link"] = f"{project.rows[0].errors_page}/{params.error_id}"
    if steps.left_out:
        triage["left_out"] = steps.left_out
    return Shown(content=noticed({"triage": triage}), text=f"Triage of one error in {error.where}.")


async def _introduced(steps: Steps, project: str, error: StepResult[ErrorFacts]) -> StepResult[ReleaseFacts] | None:
    """The release that introduced the error, where upstream names one."""
    ids = error.rows[0].introduced_in
    return await steps.try_ask("introduced_in", READ_RELEASE, project_id=project, release_id=ids[0]) if ids else None


TRIAGE_ERROR = CompositeTool(
    name="triage_error",
    title="Triage an error",
    description=(
        "First look at one error: the error, its latest crash, trend, where it concentrates (release, OS,"
        " device), the release that introduced it, and its link."
    ),
    params=TriageError,
    first=READ_ERROR,
    others=(LATEST_EVENT, ERROR_TREND, ERROR_CONCENTRATION, READ_RELEASE, READ_PROJECT),
    take_steps=take_steps,
    holds=("triage", "object"),
    shows=(
        "error",
        "latest_event",
        "events_over_time",
        "concentrates_in",
        "introduced_in",
        "link",
        "left_out",
    ),
)
