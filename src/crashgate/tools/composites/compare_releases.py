"""Two releases side by side. Stability is compared with the project's own target, by what that target counts."""

from typing import Annotated, Any

from crashgate.model.capability import (
    LIST_ERRORS,
    READ_PROJECT,
    READ_RELEASE,
    ProjectFacts,
    ReleaseFacts,
)
from crashgate.model.composite import CompositeTool, Steps
from crashgate.model.params import In, ObjectId, Params, Ref
from crashgate.model.tool import Shown
from crashgate.views.present import UNTRUSTED
from crashgate.views.rows import noticed

_MOST_ERRORS = 10


class CompareReleases(Params):
    """Which two releases: ``release_id`` is the newer, ``baseline_release_id`` what it is compared with."""

    project_id: Annotated[Ref, In.NOWHERE]
    release_id: Annotated[ObjectId, In.NOWHERE]
    baseline_release_id: Annotated[ObjectId, In.NOWHERE]


async def take_steps(steps: Steps, params: CompareReleases) -> Shown:
    """Both releases, the target, and the errors that the newer one introduced."""
    newer = await steps.ask(READ_RELEASE, project_id=params.project_id, release_id=params.release_id)
    older = await steps.ask(READ_RELEASE, project_id=params.project_id, release_id=params.baseline_release_id)
    project = await steps.try_ask("target", READ_PROJECT, project_id=params.project_id)
    release, baseline = newer.rows[0], older.rows[0]
    introduced = None
    if release.version:
        introduced = await steps.try_ask(
            "errors_introduced",
            LIST_ERRORS,
            project_id=params.project_id,
            introduced_in=release.version,
            sort="events",
            most=_MOST_ERRORS,
        )
    by_user = bool(project and project.rows and project.rows[0].counts == "user")
    comparison: dict[str, Any] = {
        "release": _side(release, by_user=by_user),
        "baseline": _side(baseline, by_user=by_user),
    }
    if project and project.rows:
        comparison["target"] = _target(project.rows[0], comparison["release"].get("stability"))
    if introduced:
        comparison["errors_introduced"] = [row.shown for row in introduced.rows]
        comparison["errors_introduced_total"] = introduced.total
    if None not in {release.stage, baseline.stage} and release.stage != baseline.stage:
        comparison["warning"] = (
            "The two releases are of different stages, so their figures say little about each other."
        )
    if steps.left_out:
        comparison["left_out"] = steps.left_out
    return Shown(content=noticed({"comparison": comparison}), text=f"Two releases of {newer.where} compared.")


def _side(release: ReleaseFacts, *, by_user: bool) -> dict[str, Any]:
    """One release with the share that its project's target is about; absent without sessions or users."""
    crashed, whole = (release.users_crashed, release.users) if by_user else (release.sessions_crashed, release.sessions)
    share = None if not whole or crashed is None else round(1 - crashed / whole, 5)
    return {
        "id": release.id,
        **({"stability": share} if share is not None else {}),
        "sessions": release.sessions,
        "errors_introduced_count": release.errors_introduced,
        "errors_seen_count": release.errors_seen,
        UNTRUSTED: {
            "app_version": release.version,
            "build_label": release.build,
            **({"release_stage": release.stage} if release.stage else {}),
        },
    }


def _target(project: ProjectFacts, stability: float | None) -> dict[str, Any]:
    met = None if project.target is None or stability is None else stability >= project.target
    shown = {
        "by": project.counts,
        "target": project.target,
        "critical": project.critical,
        "release_meets_target": met,
    }
    return {name: value for name, value in shown.items() if value is not None}


COMPARE_RELEASES = CompositeTool(
    name="compare_releases",
    title="Compare releases",
    description=(
        "Is release_id, the newer, better or worse than baseline_release_id? Stability of both against the project's"
        " target, and the errors that the newer one introduced."
    ),
    params=CompareReleases,
    first=READ_RELEASE,
    others=(READ_PROJECT, LIST_ERRORS),
    take_steps=take_steps,
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
