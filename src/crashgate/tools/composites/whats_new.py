"""What changed since a time: errors, releases and stability, of one project or of all that the policy opens.

Of each project one list of errors is read, those seen last, with their events of each of the last two weeks. No
upstream tells when an error was reopened, so no answer does; one that is back after days without an event is told.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Annotated, Any, Final

from crashgate.errors import InvalidArgumentsError, NotAvailableError
from crashgate.model.capability import (
    LIST_ERRORS,
    LIST_ORGANIZATIONS,
    LIST_PROJECTS,
    LIST_RELEASES,
    STABILITY_TREND,
    Capability,
    DayFacts,
    ErrorFacts,
    F,
    ReleaseFacts,
    StabilityFacts,
)
from crashgate.model.composite import CompositeTool, Step, StepResult, Steps
from crashgate.model.params import In, Params, Ref, UtcTime
from crashgate.model.tool import Shown
from crashgate.tools.composites.error_changes import ErrorChange, ErrorChanges, Window, find_changes, read_time
from crashgate.tools.composites.proportions import StabilityVerdict, Tally, judge
from crashgate.views.present import UNTRUSTED, size
from crashgate.views.rows import counted, noticed

_USUAL: Final = timedelta(hours=24)
_MOST_READ: Final = 100
"""Errors of a project."""
_MOST_ROWS: Final = 6
"""Of one kind of change in one project."""
_BYTES: Final = 4_000
"""Of an answer."""
_MOST_NAMED: Final = 20
_MOST_RELEASES: Final = 2
_KINDS: Final = ("new", "risen", "came_back", "gone_quiet")


class WhatsNew(Params):
    """Since when, and where; without a project, in all that the policy opens."""

    project_id: Annotated[Ref | None, In.NOWHERE] = None
    since: Annotated[UtcTime | None, In.NOWHERE] = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Report:
    """What is known of one project, whose name is ``where``; None for what was not read."""

    where: str
    errors: ErrorChanges | None = None
    releases: tuple[ReleaseFacts, ...] | None = None
    stability: Mapping[str, Any] | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Pending:
    """The projects of which each part is still to be read; ``errors`` come first, and the rest follows from them."""

    errors: tuple[str, ...] = ()
    releases: tuple[str, ...] = ()
    stability: tuple[str, ...] = ()

    @property
    def parts(self) -> Mapping[str, tuple[str, ...]]:
        """The parts beside the errors that are to be read of some project."""
        parts = {"releases": self.releases, "stability": self.stability}
        return {part: names for part, names in parts.items() if names}


async def take_steps(steps: Steps, params: WhatsNew) -> Shown:
    """The changes of as many projects as the allowance suffices for, and a mark for the others."""
    window, pending, complete = await _begin(steps, params)
    errors, rest = await _read_errors(steps, pending.errors, only=params.project_id is not None)
    releases, late_releases = await _read(steps, "releases", LIST_RELEASES, [*pending.releases, *errors])
    stability, late_stability = await _read(steps, "stability", STABILITY_TREND, [*pending.stability, *errors])
    reports: list[Report] = []
    for name in dict.fromkeys((*errors, *releases, *stability)):
        report = Report(where=next(each[name].where for each in (errors, releases, stability) if name in each) or name)
        if name in errors:
            changes = find_changes(errors[name].rows, window, more=errors[name].next_mark is not None)
            report = replace(report, errors=changes)
        if name in releases:
            new = (each for each in releases[name].rows if _is_after(each.released_at, window.since))
            report = replace(report, releases=tuple(new))
        if name in stability:
            report = replace(report, stability=_compare_days(stability[name], window))
        reports.append(report)
    left = Pending(errors=tuple(rest), releases=tuple(late_releases), stability=tuple(late_stability))
    beside = _beside(steps, window, left, complete=complete)
    goes_on = left != Pending()
    mark = json.dumps([beside["since"], beside["until"], left.errors, left.releases, left.stability])
    return Shown(
        content=_fit(reports, beside),
        text=_sentence(reports, window, left),
        next_mark=mark if goes_on else None,
    )


async def _begin(steps: Steps, params: WhatsNew) -> tuple[Window, Pending, bool]:
    """The time that is asked about, the projects, and whether those are all; or what an earlier call left."""
    if steps.mark is not None:
        since, until, errors, releases, stability = json.loads(steps.mark)
        left = Pending(errors=tuple(errors), releases=tuple(releases), stability=tuple(stability))
        return Window(since=datetime.fromisoformat(since), until=datetime.fromisoformat(until)), left, True
    now = steps.clock.now().replace(microsecond=0)
    since = (read_time(params.since) if params.since else None) or now - _USUAL
    if since >= now:
        raise InvalidArgumentsError(
            "since must be a time before now.", because="the argument since is not valid", remedy="Nothing was sent."
        )
    window = Window(since=since, until=now)
    if params.project_id is not None:
        return window, Pending(errors=(params.project_id,)), True
    try:
        projects = await steps.open_projects(LIST_ERRORS)
    except NotAvailableError:
        raise InvalidArgumentsError(
            "project_id is required.",
            because="the argument project_id is missing",
            why="Your policy does not let you list all projects.",
            remedy="Call again with one.",
        ) from None
    return window, Pending(errors=projects.names), projects.complete


async def _read_errors(
    steps: Steps, names: Sequence[str], *, only: bool
) -> tuple[dict[str, StepResult[ErrorFacts]], list[str]]:
    """The errors of each project that can be read, and the projects for which no request is left.

    A project may have to be looked up first, so two requests are kept for each as long as there are two.
    """
    if only and names:
        # Its refusal is that of the tool.
        own = await steps.ask(LIST_ERRORS, project_id=names[0], sort="last_seen", daily=True, most=_MOST_READ)
        return {names[0]: own}, []
    wanted: Mapping[str, object] = {"sort": "last_seen", "daily": True, "most": _MOST_READ}
    found: dict[str, StepResult[ErrorFacts]] = {}
    rest = list(names)
    while rest and steps.allowance.left:
        many = max(1, steps.allowance.left // 2)
        batch, rest = rest[:many], rest[many:]
        asked = [(f"{each}: errors", {"project_id": each, **wanted}) for each in batch]
        results = await steps.ask_all([Step(part=part, capability=LIST_ERRORS, arguments=own) for part, own in asked])
        found |= {name: each for name, each in zip(batch, results, strict=True) if each is not None}
        late = [name for name, (part, _) in zip(batch, asked, strict=True) if part in steps.not_reached]
        rest = late + rest
    return found, rest


async def _read(
    steps: Steps, part: str, capability: Capability[F], names: Sequence[str]
) -> tuple[Mapping[str, StepResult[F]], list[str]]:
    """What the capability gives of each project, and the projects for which no request is left."""
    if not steps.can(capability):
        return {}, []
    now = names[: steps.allowance.left]
    asked = [Step(part=f"{each}: {part}", capability=capability, arguments={"project_id": each}) for each in now]
    results = await steps.ask_all(asked)
    late = [name for name, step in zip(now, asked, strict=True) if step.part in steps.not_reached]
    found = {name: each for name, each in zip(now, results, strict=True) if each is not None}
    return found, [*late, *names[len(now) :]]


def _is_after(text: str | None, moment: datetime) -> bool:
    found = read_time(text)
    return found is not None and found > moment


def _compare_days(trends: StepResult[StabilityFacts], window: Window) -> Mapping[str, Any] | None:
    """The share of sessions without a crash since the first day, and in the days before it."""
    if not trends.rows:
        return None
    first = window.first_day.date().isoformat()
    days = trends.rows[0].days
    now, before = (
        _tally([each for each in days if each.day >= first]),
        _tally([each for each in days if each.day < first]),
    )
    if now is None:
        return None
    verdict = judge(now, before, target=None) if before else StabilityVerdict.NOT_ENOUGH_DATA
    shown: dict[str, Any] = {"verdict": verdict.value, "now": round(1 - now.share, 5), "sessions": now.whole}
    return shown | ({"before": round(1 - before.share, 5)} if before else {})


def _tally(days: Sequence[DayFacts]) -> Tally | None:
    crashed, whole = sum(each.sessions_crashed or 0 for each in days), sum(each.sessions or 0 for each in days)
    return Tally(crashed=crashed, whole=whole) if whole and 0 <= crashed <= whole else None


def _beside(steps: Steps, window: Window, left: Pending, *, complete: bool) -> dict[str, Any]:
    """What is said of the whole answer.

    ``until`` is the ``since`` of the next question; events a day, sessions and users are counted from ``days_from``.
    """
    beside: dict[str, Any] = {
        "since": _write(window.since),
        "until": _write(window.until),
        "days_from": window.first_day.date().isoformat(),
    }
    if left.errors:
        beside["projects_not_reached"] = list(left.errors[:_MOST_NAMED])
    if left.parts:
        beside["parts_not_reached"] = {part: list(names[:_MOST_NAMED]) for part, names in left.parts.items()}
    left_out = {part: why for part, why in steps.left_out.items() if part not in steps.not_reached}
    if left_out:
        beside["left_out"] = dict(list(left_out.items())[:_MOST_NAMED])
    if not complete:
        beside["projects_complete"] = False
    return beside


def _fit(reports: Sequence[Report], beside: Mapping[str, Any]) -> dict[str, Any]:
    """The answer with as many of the errors as there is room for, the worst of each kind first; counts tell of all."""
    shown = [_show(each) for each in reports]
    whole: dict[str, Any] = {"whats_new": {**beside, "projects": shown}}
    room = _BYTES - size(whole)
    waiting = [
        (rank + place, project, kind, change)
        for project, report in enumerate(reports)
        for place, kind in enumerate(_KINDS)
        for rank, change in enumerate(_changes(report, kind)[:_MOST_ROWS])
    ]
    for _, project, kind, change in sorted(waiting, key=lambda each: each[0]):
        row = _show_change(change)
        room -= size(row) + len(',"errors":[]')
        if room < 0:
            break
        shown[project][kind].setdefault("errors", []).append(row)
    return noticed(whole)


def _changes(report: Report, kind: str) -> tuple[ErrorChange, ...]:
    found: tuple[ErrorChange, ...] | None = getattr(report.errors, kind, None)
    return found or ()


def _show(report: Report) -> dict[str, Any]:
    """A project without its errors, of which there are only counts."""
    shown: dict[str, Any] = {"project": report.where}
    for kind in _KINDS:
        if changes := _changes(report, kind):
            shown[kind] = {"count": len(changes)}
    if report.errors and not report.errors.complete:
        shown.setdefault("new", {"count": 0})["and_perhaps_more"] = True
    if report.errors and report.errors.risen is None:
        shown["not_known"] = "what rose or went quiet: events of each day are there for the last two weeks only"
    if report.releases:
        newest = [_show_release(each) for each in report.releases[:_MOST_RELEASES]]
        shown["releases"] = {"count": len(report.releases), "newest": newest}
    if report.stability:
        shown["stability"] = report.stability
    return shown


def _show_change(change: ErrorChange) -> dict[str, Any]:
    error = change.error
    shown: dict[str, Any] = {"id": error.id}
    if change.before is None:
        shown |= {"events": error.events, "users": error.users}
    else:
        shown["events_a_day"] = {"now": round(change.now or 0, 1), "before": round(change.before, 1)}
    if error.status not in {None, "open"}:
        shown["status"] = error.status
    return shown | ({UNTRUSTED: error.named} if error.named else {})


def _show_release(release: ReleaseFacts) -> dict[str, Any]:
    named = {"app_version": release.version, "release_stage": release.stage}
    return {
        "id": release.id,
        "released_at": release.released_at,
        UNTRUSTED: {name: value for name, value in named.items() if value},
    }


def _sentence(reports: Sequence[Report], window: Window, left: Pending) -> str:
    where = reports[0].where if len(reports) == 1 and not left.errors else counted(len(reports), "projects")
    counts = {kind: sum(len(_changes(each, kind)) for each in reports) for kind in _KINDS}
    parts = [counted(counts["new"], "new errors")] if any(each.errors for each in reports) else []
    parts += _count_others(counts, reports)
    worse = [each.where for each in reports if (each.stability or {}).get("verdict") == StabilityVerdict.WORSE.value]
    words = [f"{', '.join(parts) or 'Nothing else new'} since {_write(window.since)} in {where}."]
    if worse:
        words.append(f"Stability is worse in {', '.join(worse)}.")
    late = [f"{part} of {len(names)}" for part, names in left.parts.items()]
    if left.errors:
        late.insert(0, counted(len(left.errors), "projects"))
    if late:
        words.append(f"Not reached: {', '.join(late)}; next_cursor goes on.")
    return " ".join(words)


def _count_others(counts: Mapping[str, int], reports: Sequence[Report]) -> Iterator[str]:
    for kind, words in (("risen", "risen"), ("came_back", "back after days"), ("gone_quiet", "gone quiet")):
        if counts[kind]:
            yield f"{counts[kind]} {words}"
    releases = sum(len(each.releases or ()) for each in reports)
    if releases:
        yield counted(releases, "new releases")


def _write(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


WHATS_NEW = CompositeTool(
    name="whats_new",
    title="What is new",
    description=(
        "What changed, in one project or all open to you: errors new, risen, back after days or gone quiet; releases;"
        " stability."
    ),
    params=WhatsNew,
    first=LIST_ERRORS,
    others=(LIST_PROJECTS, LIST_ORGANIZATIONS, LIST_RELEASES, STABILITY_TREND),
    take_steps=take_steps,
    notes={"since": "time, or until of an earlier answer; default 24h"},
    holds=("whats_new", "object"),
    shows=(
        "since",
        "until",
        "days_from",
        "projects",
        "projects_not_reached",
        "parts_not_reached",
        "projects_complete",
        "left_out",
    ),
    pages=True,
)
