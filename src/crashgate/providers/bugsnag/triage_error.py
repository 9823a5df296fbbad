"""Everything a first look at an error needs, in one answer. Rule: at most 2,000 tokens, each part from its own call."""

from typing import Annotated, Any

from crashgate.model.composite import Kitchen, Recipe
from crashgate.model.params import In, ObjectId, Params, Ref
from crashgate.model.tool import Detail, Reply, Shown
from crashgate.offload import offload
from crashgate.providers.bugsnag import errors, releases
from crashgate.providers.bugsnag import event as events
from crashgate.providers.bugsnag.errors import GET_ERROR
from crashgate.providers.bugsnag.events import GET_LATEST_EVENT
from crashgate.providers.bugsnag.pivots import LIST_ERROR_PIVOTS, concentration
from crashgate.providers.bugsnag.projects import GET_PROJECT
from crashgate.providers.bugsnag.releases import GET_RELEASE
from crashgate.providers.bugsnag.trends import GET_ERROR_TREND
from crashgate.views.rows import noticed

PIVOTS = ("release.seen_in", "os.name", "os.version", "device.model")
_TOP = 3
_BUCKETS = 8


class TriageError(Params):
    """Which error."""

    project_id: Annotated[Ref, In.NOWHERE]
    error_id: Annotated[ObjectId, In.NOWHERE]


async def cook(kitchen: Kitchen, params: TriageError) -> Shown:
    """The error, its latest event, trend, concentration, introducing release and link."""
    named = {"project_id": params.project_id, "error_id": params.error_id}
    error = await kitchen.must(GET_ERROR, **named)
    event = await kitchen.may("latest_event", GET_LATEST_EVENT, **named)
    trend = await kitchen.may("trend", GET_ERROR_TREND, **named, buckets_count=_BUCKETS)
    pivots = await kitchen.may("concentrates_in", LIST_ERROR_PIVOTS, **named, pivots=list(PIVOTS), summary_size=_TOP)
    release = await _introduced(kitchen, params.project_id, error)
    project = await kitchen.may("link", GET_PROJECT, project_id=params.project_id)
    found: dict[str, Any] = {"error": errors.triage(error.page.rows[0])}
    if event and event.page.rows:
        found["latest_event"] = await offload(event.page.size, events.brief, event.page.rows[0])
    if trend:
        found["events_over_time"] = [[row.from_, row.events_count] for row in trend.page.rows]
    if pivots:
        found["concentrates_in"] = [concentration(row, _TOP) for row in pivots.page.rows]
    if release and release.page.rows:
        found["introduced_in"] = releases.release(release.page.rows[0], Detail.SUMMARY)
    if project and project.page.rows and project.page.rows[0].html_url:
        found["link"] = f"{project.page.rows[0].html_url}/errors/{params.error_id}"
    if kitchen.left_out:
        found["left_out"] = kitchen.left_out
    return Shown(content=noticed({"triage": found}), text=f"Triage of one error in {error.where}.")


async def _introduced(kitchen: Kitchen, project: str, error: Reply) -> Reply | None:
    """The release that introduced the error, where upstream names one."""
    ids = [each.release_id for each in error.page.rows[0].introduced_in_releases if each.release_id]
    return await kitchen.may("introduced_in", GET_RELEASE, project_id=project, release_id=ids[0]) if ids else None


TRIAGE_ERROR = Recipe(
    name="triage_error",
    title="Triage an error",
    description=(
        "First look at one error: the error, its latest crash, trend, where it concentrates (release, OS,"
        " device), the release that introduced it, and its link."
    ),
    params=TriageError,
    first=GET_ERROR,
    others=(GET_LATEST_EVENT, GET_ERROR_TREND, LIST_ERROR_PIVOTS, GET_RELEASE, GET_PROJECT),
    cook=cook,
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
