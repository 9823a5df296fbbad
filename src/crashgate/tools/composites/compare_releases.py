"""Is a release safe? Its stability against the release before it or against the project's target, and its errors."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final

from pydantic import StringConstraints

from crashgate.model.capability import (
    LIST_ERRORS,
    LIST_RELEASES,
    READ_PROJECT,
    READ_RELEASE,
    ErrorFacts,
    ProjectFacts,
    ReleaseFacts,
)
from crashgate.model.composite import CompositeTool, Step, StepResult, Steps
from crashgate.model.params import In, Name, Params, Ref
from crashgate.model.tool import Shown
from crashgate.tools.composites.proportions import (
    CONFIDENCE,
    MINIMUM,
    StabilityVerdict,
    Tally,
    difference,
    interval,
    judge,
    judge_by_target,
    margin,
    rose,
)
from crashgate.tools.composites.release_pairs import ReleaseSearch, Side
from crashgate.views.present import UNTRUSTED
from crashgate.views.rows import counted, noticed

_MOST_SHOWN: Final = 5
_MOST_READ: Final = 30
"""Errors of a release, those with most events, among which those that rose are looked for."""
_LEAST_EVENTS: Final = 5
"""Of an error that rose."""
_WILDCARDS: Final = frozenset("*?")

Version = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.+() :-]+$", min_length=1, max_length=100)]


class CompareReleases(Params):
    """Which release, by version or id, and what it is compared with."""

    project_id: Annotated[Ref, In.NOWHERE]
    release: Annotated[Version, In.NOWHERE]
    baseline: Annotated[Version | None, In.NOWHERE] = None
    release_stage: Annotated[Name | None, In.NOWHERE] = None


async def take_steps(steps: Steps, params: CompareReleases) -> Shown:
    """The verdict with its evidence, both sides, the target, and the errors that the release brought or made worse."""
    search = ReleaseSearch(steps=steps, project=params.project_id)
    newer, older = await search.find(params.release, params.baseline, params.release_stage)
    introduced = await _find_introduced(steps, params.project_id, newer)
    risen = await _find_risen(steps, params.project_id, newer, older, introduced)
    project = await steps.try_ask("target", READ_PROJECT, project_id=params.project_id)
    stage = newer.newest.stage
    used = await steps.try_ask("adoption", LIST_RELEASES, project_id=params.project_id, stage=stage, sort="use")
    facts = project.rows[0] if project and project.rows else None
    found = _judge(newer, older, facts)
    comparison: dict[str, Any] = {
        **found.evidence,
        "release": _show_side(newer, found.newer) | _adoption(newer, used),
    }
    if older:
        comparison["baseline"] = _show_side(older, found.older) | _adoption(older, used)
    if facts:
        comparison["target"] = _show_target(facts, found.newer)
    if introduced:
        comparison["errors_introduced"] = [row.shown for row in introduced.rows[:_MOST_SHOWN]]
        comparison["errors_introduced_total"] = introduced.total
    if risen is not None:
        comparison["errors_risen"] = risen[:_MOST_SHOWN]
    if older and None not in (stages := {newer.newest.stage, older.newest.stage}) and len(stages) > 1:
        comparison["warning"] = (
            "The two releases are of different stages, so their figures say little about each other."
        )
    if steps.left_out:
        comparison["left_out"] = steps.left_out
    words = [found.sentence, *_count_errors(introduced, risen)]
    return Shown(content=noticed({"comparison": comparison}), text=f"{' '.join(words)} In {search.where}.")


@dataclass(frozen=True, kw_only=True, slots=True)
class _Judgement:
    """What the figures say: in words, as evidence, and as the share of each side that crashed."""

    sentence: str
    evidence: Mapping[str, Any]
    newer: Tally | None
    older: Tally | None


def _judge(newer: Side, older: Side | None, project: ProjectFacts | None) -> _Judgement:
    """The verdict against the baseline; without one, or without figures of one, against the project's target."""
    users = bool(project and project.counts == "user")
    target = project.target if project else None
    now, before = _tally(newer, users=users), _tally(older, users=users) if older else None
    kind = "daily users" if users else "sessions"
    evidence: dict[str, Any] = {"counted": kind, "minimum": MINIMUM, "confidence": CONFIDENCE}
    if now is None:
        verdict, words = StabilityVerdict.NOT_ENOUGH_DATA, f"No {kind} are known of it, so its stability is not."
    elif before is not None:
        verdict = judge(now, before, target=target)
        found = difference(now, before)
        evidence |= {
            "compared_with": "baseline",
            "difference": _rounded(value=found.value, low=found.low, high=found.high, margin=margin(target)),
        }
        words = (
            f"{_percent(now.share)} of {now.whole} {kind} crashed, {_percent(before.share)} of {before.whole} before:"
            f" a difference of {_points(found.low)} to {_points(found.high)} percentage points."
        )
    elif target is not None:
        verdict = judge_by_target(now, target)
        low, high = interval(now)
        evidence |= {"compared_with": "target", "crashed": _rounded(value=now.share, low=low, high=high)}
        words = f"{_percent(now.share)} of {now.whole} {kind} crashed; the target allows {_percent(1 - target)}."
    else:
        verdict = StabilityVerdict.NOT_ENOUGH_DATA
        words = f"{_percent(now.share)} of {now.whole} {kind} crashed; there is nothing to compare that with."
    few = [each.whole for each in (now, before) if each is not None and each.whole < MINIMUM]
    least = f" A verdict needs {MINIMUM} {kind} on each side." if few else ""
    sentence = f"{_WORDS[verdict]}: {words}{least}"
    return _Judgement(sentence=sentence, evidence={"verdict": verdict.value, **evidence}, newer=now, older=before)


_WORDS: Final[Mapping[StabilityVerdict, str]] = {
    StabilityVerdict.WORSE: "Worse",
    StabilityVerdict.NO_WORSE: "No worse",
    StabilityVerdict.NOT_ENOUGH_DATA: "Not enough data",
}


def _tally(side: Side, *, users: bool) -> Tally | None:
    """The share that crashed; None where upstream does not say, or nobody used it."""
    crashed, whole = (
        (side.count("users_crashed"), side.count("users"))
        if users
        else (
            side.count("sessions_crashed"),
            side.count("sessions"),
        )
    )
    if not whole or crashed is None or not 0 <= crashed <= whole:
        return None
    return Tally(crashed=crashed, whole=whole)


def _show_side(side: Side, tally: Tally | None) -> dict[str, Any]:
    """One release with its stability; absent without sessions or users."""
    newest = side.newest
    named = {"app_version": newest.version, "release_stage": newest.stage}
    shown: dict[str, Any] = {
        "id": newest.id,
        "builds": len(side.builds) if len(side.builds) > 1 else None,
        "released_at": side.released_at,
        "stability": round(1 - tally.share, 5) if tally else None,
        "crashed": tally.crashed if tally else None,
        "of": tally.whole if tally else None,
        UNTRUSTED: {name: value for name, value in named.items() if value},
    }
    return {name: value for name, value in shown.items() if value not in (None, {})}


def _adoption(side: Side, used: StepResult[ReleaseFacts] | None) -> dict[str, float]:
    """The side's part of its stage's sessions in the last 24 hours, among the ten releases that have most of them."""
    ids, version = {each.id for each in side.builds}, side.newest.version
    rows = used.rows if used else ()
    total = sum(each.sessions_last_day or 0 for each in rows if each.stage == side.newest.stage)
    own = sum(each.sessions_last_day or 0 for each in rows if each.id in ids or (version and each.version == version))
    return {"adoption": round(own / total, 4)} if total else {}


def _show_target(project: ProjectFacts, tally: Tally | None) -> dict[str, Any]:
    met = None if project.target is None or tally is None else 1 - tally.share >= project.target
    shown = {
        "by": project.counts,
        "target": project.target,
        "critical": project.critical,
        "release_meets_target": met,
    }
    return {name: value for name, value in shown.items() if value is not None}


async def _find_introduced(steps: Steps, project: str, side: Side) -> StepResult[ErrorFacts] | None:
    """The errors that a version introduced, those with most events first."""
    version, part = side.newest.version, "errors_introduced"
    if (why := _unusable(version)) is not None:
        steps.left_out[part] = why
        return None
    return await steps.try_ask(
        part, LIST_ERRORS, project_id=project, introduced_in=version, sort="events", most=_MOST_READ
    )


def _unusable(version: str | None) -> str | None:
    """Why errors cannot be listed by a version; None where they can."""
    if not version:
        return "the release's version is not known"
    return "its version has a character that stands for any" if _WILDCARDS.intersection(version) else None


def _errors_of(project: str, side: Side) -> Step[ErrorFacts]:
    """The errors that a version had on its stage, those with most events there first."""
    wanted = {"seen_in": side.newest.version, "stage": side.newest.stage, "sort": "events", "most": _MOST_READ}
    return Step(part="errors_risen", capability=LIST_ERRORS, arguments={"project_id": project, **wanted})


async def _find_risen(
    steps: Steps, project: str, newer: Side, older: Side | None, introduced: StepResult[ErrorFacts] | None
) -> list[dict[str, Any]] | None:
    """Errors that were there before, and of which each session has at least twice as many events now."""
    if older is None:
        return None
    sessions, before = newer.count("sessions"), older.count("sessions")
    if not sessions or not before or older.newest.version == newer.newest.version:
        steps.left_out["errors_risen"] = "no sessions to compare their events with"
        return None
    if (why := _unusable(newer.newest.version) or _unusable(older.newest.version)) is not None:
        steps.left_out["errors_risen"] = why
        return None
    now, then = await steps.ask_all([_errors_of(project, newer), _errors_of(project, older)])
    if now is None or then is None:
        return None
    builds = {each.id for each in newer.builds}
    new = {each.id for each in introduced.rows} if introduced else set[str]()
    events_before = {each.id: each.events or 0 for each in then.rows}
    # Of an error that is not among those read, there were at most as many events as of the last of them.
    at_most = min(events_before.values(), default=0) if then.next_mark else 0
    risen: list[tuple[float, dict[str, Any]]] = []
    for error in now.rows:
        events, fewer = error.events or 0, events_before.get(error.id, at_most)
        if error.id in new or builds.intersection(error.introduced_in) or events < _LEAST_EVENTS:
            continue
        if rose(events, sessions, fewer, before):
            rates = [round(1000 * events / sessions, 3), round(1000 * fewer / before, 3)]
            risen.append((events - fewer * sessions / before, {**error.shown, "per_1000_sessions": rates}))
    return [shown for _, shown in sorted(risen, key=lambda each: -each[0])]


def _count_errors(
    introduced: StepResult[ErrorFacts] | None, risen: Sequence[Mapping[str, Any]] | None
) -> Iterator[str]:
    if introduced is not None:
        number = len(introduced.rows) if introduced.total is None else introduced.total
        yield f"{counted(number, 'errors')} introduced{'.' if risen is None else f', {len(risen)} risen.'}"


def _percent(share: float) -> str:
    return f"{100 * share:.3g} %"


def _points(share: float) -> str:
    return f"{100 * share:+.3g}"


def _rounded(**numbers: float) -> dict[str, float]:
    return {name: round(number, 5) for name, number in numbers.items()}


COMPARE_RELEASES = CompositeTool(
    name="compare_releases",
    title="Compare releases",
    description=(
        "Is a release safe to roll out further? worse, no_worse or not_enough_data against its baseline or, without"
        " one, the stability target; adoption; errors that it introduced or that rose."
    ),
    params=CompareReleases,
    first=LIST_RELEASES,
    others=(READ_RELEASE, READ_PROJECT, LIST_ERRORS),
    take_steps=take_steps,
    example={"project_id": "checkout-ios", "release": "4.18.0"},
    notes={"release": "version or id"},
    holds=("comparison", "object"),
    shows=(
        "verdict",
        "counted",
        "minimum",
        "confidence",
        "compared_with",
        "difference",
        "crashed",
        "release",
        "baseline",
        "target",
        "errors_introduced",
        "errors_introduced_total",
        "errors_risen",
        "warning",
        "left_out",
    ),
)
