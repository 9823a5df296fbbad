"""Two releases side by side. Rule: stability is compared with the project's own target, by its own kind of target."""

from typing import Annotated, Any

from crashgate.model.composite import Kitchen, Recipe
from crashgate.model.params import In, ObjectId, Params, Ref
from crashgate.model.tool import Detail, Shown
from crashgate.providers.bugsnag import errors, releases
from crashgate.providers.bugsnag.errors import LIST_ERRORS
from crashgate.providers.bugsnag.projects import GET_PROJECT
from crashgate.providers.bugsnag.releases import GET_RELEASE, Release
from crashgate.views.present import UNTRUSTED, plain
from crashgate.views.rows import noticed

_MOST_ERRORS = 10


class CompareReleases(Params):
    """Which two releases: ``release_id`` is the newer, ``baseline_release_id`` what it is compared with."""

    project_id: Annotated[Ref, In.NOWHERE]
    release_id: Annotated[ObjectId, In.NOWHERE]
    baseline_release_id: Annotated[ObjectId, In.NOWHERE]


async def cook(kitchen: Kitchen, params: CompareReleases) -> Shown:
    """Both releases, the target, and the errors that the newer one introduced."""
    newer = await kitchen.must(GET_RELEASE, project_id=params.project_id, release_id=params.release_id)
    older = await kitchen.must(GET_RELEASE, project_id=params.project_id, release_id=params.baseline_release_id)
    project = await kitchen.may("target", GET_PROJECT, project_id=params.project_id)
    release: Release = newer.page.rows[0]
    baseline: Release = older.page.rows[0]
    introduced = None
    if release.app_version:
        introduced = await kitchen.may(
            "errors_introduced",
            LIST_ERRORS,
            project_id=params.project_id,
            filters={"release.introduced_in": release.app_version},
            sort="events",
            per_page=_MOST_ERRORS,
        )
    by_user = bool(project and project.page.rows and project.page.rows[0].stability_target_type == "user")
    found: dict[str, Any] = {
        "release": _side(release, by_user=by_user),
        "baseline": _side(baseline, by_user=by_user),
    }
    if project and project.page.rows:
        found["target"] = _target(project.page.rows[0], found["release"].get("stability"))
    if introduced:
        found["errors_introduced"] = [errors.row(row, Detail.SUMMARY) for row in introduced.page.rows]
        found["errors_introduced_total"] = introduced.page.total
    if None not in {_stage(release), _stage(baseline)} and _stage(release) != _stage(baseline):
        found["warning"] = "The two releases are of different stages, so their figures say little about each other."
    if kitchen.left_out:
        found["left_out"] = kitchen.left_out
    return Shown(content=noticed({"comparison": found}), text=f"Two releases of {newer.where} compared.")


def _side(release: Release, *, by_user: bool) -> dict[str, Any]:
    """One release with the share that its project's target is about; absent without sessions or users."""
    share = (
        releases.session_stability(
            release.accumulative_daily_users_with_unhandled, release.accumulative_daily_users_seen
        )
        if by_user
        else releases.session_stability(release.unhandled_sessions_count, release.total_sessions_count)
    )
    return {
        "id": release.id,
        **({"stability": share} if share is not None else {}),
        "sessions": release.total_sessions_count,
        "errors_introduced_count": release.errors_introduced_count,
        "errors_seen_count": release.errors_seen_count,
        UNTRUSTED: {
            "app_version": release.app_version,
            "build_label": release.build_label,
            **({"release_stage": stage} if (stage := _stage(release)) else {}),
        },
    }


def _stage(release: Release) -> str | None:
    return release.release_stage.name if release.release_stage else None


def _target(project: Any, stability: float | None) -> dict[str, Any]:  # noqa: ANN401 - a project
    target, critical = (each.value if each else None for each in (project.target_stability, project.critical_stability))
    met = None if target is None or stability is None else stability >= target
    told = {"by": project.stability_target_type, "target": target, "critical": critical, "release_meets_target": met}
    return {name: value for name, value in plain(told).items() if value is not None}


COMPARE_RELEASES = Recipe(
    name="compare_releases",
    title="Compare releases",
    description=(
        "Is release_id, the newer, better or worse than baseline_release_id? Stability of both against the project's"
        " target, and the errors that the newer one introduced."
    ),
    params=CompareReleases,
    first=GET_RELEASE,
    others=(GET_PROJECT, LIST_ERRORS),
    cook=cook,
    holds=("comparison", "object"),
    shows=(
        "release",
        "baseline",
        "target",
        "errors_introduced",
        "errors_introduced_total",
        "warning",
        "left_out",
    ),
)
