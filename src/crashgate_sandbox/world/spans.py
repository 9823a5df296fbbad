"""Spans: what an app measured of single screens and requests. Rule: drawn when somebody asks for the first time.

A trace is one screen with what it waited for. Since the newest release of an app some of them take longer
(``content/screens.py``); everything else is as it was.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from crashgate_sandbox.world.content.screens import SCREENS, Screen, Timed
from crashgate_sandbox.world.customers import Customer, customer
from crashgate_sandbox.world.draw import draw, object_id
from crashgate_sandbox.world.platform import Device
from crashgate_sandbox.world.projects import Project
from crashgate_sandbox.world.releases import Release, live

KEPT_DAYS = 20
SAMPLED = 40
"""One of so many traces is kept; the others are only estimated."""

_DAY = 86_400_000
_CUSTOMERS = 4000
_STAGING, _LINGER, _FAILED, _LAYOUT = 0.04, 0.25, 0.02, 0.45
_FAILURES = (404, 429, 500, 503)
_CONNECTIONS = ("wifi", "wifi", "cell")


@dataclass(frozen=True, kw_only=True, slots=True)
class Trace:
    """Where and when one screen was seen."""

    id: str
    at: datetime
    release: Release
    device: Device
    os_version: str
    connection: str
    customer: Customer


@dataclass(frozen=True, kw_only=True, slots=True)
class Span:
    """One thing that took time, in milliseconds. ``parent`` is the id of the span around it; ``code`` of a request.

    ``timed`` is None for a part that has no group of its own; ``name`` is then what it is called.
    """

    id: str
    trace: Trace
    timed: Timed | None
    name: str
    at: datetime
    duration: float
    parent: str | None = None
    code: int | None = None


def project_spans(seed: int, project: Project, releases: tuple[Release, ...], now: datetime) -> tuple[Span, ...]:
    """All spans of a project, oldest first; some apps measure none. ``releases`` are the project's, newest first."""
    measured = SCREENS.get(project.plan.slug)
    if measured is None or not releases:
        return ()
    rng = draw(seed, "spans", project.plan.slug)
    weights = [screen.weight for screen in measured.screens]
    newest = next(each.version for each in releases if each.stage == project.plan.stages[0])
    found: list[Span] = []
    for trace in _traces(seed, project, measured.traces_a_day, releases, now):
        screen = rng.choices(measured.screens, weights)[0]
        found += _screen_spans(rng, trace, screen, measured.slower if trace.release.version == newest else {})
    return tuple(found)


def _traces(seed: int, project: Project, a_day: int, releases: tuple[Release, ...], now: datetime) -> Iterator[Trace]:
    """Oldest first."""
    plan, rng = project.plan, draw(seed, "traces", project.plan.slug)
    prefix = object_id(seed, "trace ids", plan.slug)[:20]
    by_stage = {stage: tuple(each for each in reversed(releases) if each.stage == stage) for stage in plan.stages}
    moments = sorted((rng.random() * KEPT_DAYS for _ in range(KEPT_DAYS * a_day)), reverse=True)
    for place, ago in enumerate(moments):
        at = now - timedelta(milliseconds=int(ago * _DAY))
        stage = plan.stages[rng.random() < _STAGING]
        latest = live(by_stage[stage], at)
        device = rng.choice(plan.platform.devices)
        yield Trace(
            id=f"{prefix}{place:012x}",
            at=at,
            release=by_stage[stage][max(0, latest - 1) if rng.random() < _LINGER else latest],
            device=device,
            os_version=rng.choice(device.os_versions),
            connection=rng.choice(_CONNECTIONS),
            customer=customer(seed, plan.organization, rng.randrange(_CUSTOMERS)),
        )


def _screen_spans(rng: Random, trace: Trace, screen: Screen, slower: Mapping[str, float]) -> Iterator[Span]:
    """The span of the screen, one for each of its requests, and for a view its first phase."""
    mark = trace.id[-12:]
    top = Span(
        id=f"{mark}0000",
        trace=trace,
        timed=screen.timed,
        name=screen.timed.name,
        at=trace.at,
        duration=_took(rng, screen.timed, slower),
    )
    yield top
    for nth, request in enumerate(screen.requests, start=1):
        yield Span(
            id=f"{mark}{nth:04x}",
            trace=trace,
            timed=request,
            name=request.name,
            at=trace.at + timedelta(milliseconds=5 * nth),
            duration=_took(rng, request, slower),
            parent=top.id,
            code=rng.choice(_FAILURES) if rng.random() < _FAILED else 200,
        )
    if screen.timed.category == "view_load":
        yield Span(
            id=f"{mark}ffff",
            trace=trace,
            timed=None,
            name="ViewLoadPhase/viewDidLoad",
            at=trace.at + timedelta(milliseconds=2),
            duration=round(top.duration * _LAYOUT * rng.random(), 1),
            parent=top.id,
        )


def _took(rng: Random, timed: Timed, slower: Mapping[str, float]) -> float:
    return round(timed.median * slower.get(timed.id, 1.0) * rng.lognormvariate(0, timed.spread), 1)
