"""Errors: groups of events with one root cause. Rule: what it is never changes; what people did to it is its state."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from crashgate_sandbox.world.content.hostile import HOSTILE
from crashgate_sandbox.world.draw import draw, object_id
from crashgate_sandbox.world.platform import Kind, Place, Severity, Surface
from crashgate_sandbox.world.projects import Project

_MOST_EVENTS = 160
_KEPT_DAYS = 88.0
_HOSTILE_EVERY = 8
_ASSIGNED, _LINKED, _LINKED_IN_PROGRESS, _OVERRIDDEN = 0.1, 0.06, 0.6, 0.03
"""Shares of errors that people did something to."""
_REASONS = {Surface.BROWSER: "js-location"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Error:
    """One error, as it was drawn. ``events`` is how many events are stored of it."""

    id: str
    project: Project
    kind: Kind
    place: Place
    message: str
    first_seen: datetime
    last_seen: datetime
    events: int
    burst: int
    stages: tuple[str, ...]
    throttled: int
    """Occurrences that the vendor counted and did not store."""
    grouping_reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Issue:
    """A ticket in an issue tracker that is linked to an error."""

    id: str
    key: str
    number: int
    type: str
    url: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ErrorState:
    """What people did to an error, and what the vendor made of it."""

    status: str = "open"
    overridden_severity: Severity | None = None
    assigned_collaborator_id: str | None = None
    assigned_team_id: str | None = None
    reopen_rules: Mapping[str, object] | None = None
    issues: tuple[Issue, ...] = ()
    discarded: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Drawn:
    """An error, the state that it starts with and how many comments are on it then."""

    error: Error
    state: ErrorState
    comments: int


def project_errors(seed: int, project: Project, assignees: tuple[str, ...], now: datetime) -> Iterator[Drawn]:
    """All errors of a project: the headlines first, then what chance makes of its platform."""
    platform = project.plan.platform
    for number, headline in enumerate(platform.headlines):
        rng = draw(seed, "headline", project.plan.slug, number)
        error = _error(
            seed,
            project,
            f"headline {number}",
            rng=rng,
            kind=headline.kind,
            place=platform.places[headline.place],
            message=headline.kind.message.format(**_blanks(seed, rng)),
            first_seen=now - timedelta(days=headline.age_days),
            last_seen=now - timedelta(minutes=rng.randrange(2, 50)),
            events=headline.events,
            burst=headline.burst,
            stages=headline.stages,
        )
        yield _drawn(seed, error, rng=rng, status=headline.status, assignees=assignees, now=now)
    for number in range(project.plan.errors - len(platform.headlines)):
        yield _ordinary(seed, project, number, assignees, now)


def _ordinary(seed: int, project: Project, number: int, assignees: tuple[str, ...], now: datetime) -> Drawn:
    platform = project.plan.platform
    rng = draw(seed, "error", project.plan.slug, number)
    kind_number = number % len(platform.kinds)
    kind = platform.kinds[kind_number]
    place = platform.places[(number // len(platform.kinds) + kind_number) % len(platform.places)]
    hostile = number % _HOSTILE_EVERY == _HOSTILE_EVERY - 1
    age = rng.uniform(0.4, _KEPT_DAYS)
    status = rng.choices(
        ("open", "for_review", "fixed", "ignored", "snoozed", "in progress"), weights=(52, 12, 15, 8, 8, 5)
    )[0]
    events = min(rng.randrange(_MOST_EVENTS // 2, _MOST_EVENTS), 1 + int(rng.paretovariate(1.05) * 3))
    quiet = rng.uniform(0.3, 0.9) * age if status == "fixed" else min(rng.expovariate(0.6), age * 0.9)
    error = _error(
        seed,
        project,
        str(number),
        rng=rng,
        kind=kind,
        place=place,
        message=_hostile(number) if hostile else kind.message.format(**_blanks(seed, rng)),
        first_seen=now - timedelta(days=age),
        last_seen=now - timedelta(days=quiet),
        events=events,
        burst=0,
        stages=_stages(rng, project, events),
    )
    return _drawn(seed, error, rng=rng, status=status, assignees=assignees, now=now)


def _hostile(number: int) -> str:
    return HOSTILE[number // _HOSTILE_EVERY % len(HOSTILE)]


def _error(  # noqa: PLR0913 - a drawn value with named parts
    seed: int,
    project: Project,
    key: str,
    *,
    rng: Random,
    kind: Kind,
    place: Place,
    message: str,
    first_seen: datetime,
    last_seen: datetime,
    events: int,
    burst: int,
    stages: tuple[str, ...],
) -> Error:
    first = first_seen.replace(microsecond=0)
    return Error(
        id=object_id(seed, "error", project.plan.slug, key),
        project=project,
        kind=kind,
        place=place,
        message=message,
        first_seen=first,
        last_seen=first if events == 1 else max(first, last_seen.replace(microsecond=0)),
        events=events,
        burst=burst,
        stages=stages,
        throttled=int(events * rng.paretovariate(1.2)) if events > _MOST_EVENTS else 0,
        grouping_reason=_REASONS.get(project.plan.platform.surface, rng.choice(("frame-inner", "frame-code"))),
    )


def _stages(rng: Random, project: Project, events: int) -> tuple[str, ...]:
    stages = project.plan.stages
    if len(stages) == 1 or events < len(stages):
        return stages[:1]
    return rng.choices((stages[:1], stages[:2], stages[1:2], stages[-1:]), weights=(74, 15, 8, 3))[0]


def _drawn(  # noqa: PLR0913 - a drawn value with named parts
    seed: int, error: Error, *, rng: Random, status: str, assignees: tuple[str, ...], now: datetime
) -> Drawn:
    key = f"{error.project.plan.slug.split('-')[0][:3].upper()}-{rng.randrange(100, 4000)}"
    issue = Issue(
        id=object_id(seed, "issue", error.id),
        key=key,
        number=int(key.split("-")[1]),
        type="jira",
        url=f"https://tracker.example/browse/{key}",
    )
    assignee = rng.choice(assignees) if status == "in progress" or rng.random() < _ASSIGNED else None
    rules = _reopen_rules(rng, error, now) if status == "snoozed" else None
    linked = rng.random() < (_LINKED_IN_PROGRESS if status == "in progress" else _LINKED)
    comments = rng.choices((0, 1, 3), weights=(80, 14, 6))[0]
    state = ErrorState(
        status=status,
        assigned_collaborator_id=assignee,
        reopen_rules=rules,
        issues=(issue,) if linked else (),
        overridden_severity="info" if rng.random() < _OVERRIDDEN else None,
    )
    return Drawn(error=error, state=state, comments=comments)


def _reopen_rules(rng: Random, error: Error, now: datetime) -> Mapping[str, object]:
    days = rng.randrange(1, 14)
    return rng.choice(
        (
            {
                "reopen_if": "occurs_after",
                "seconds": days * 86_400,
                "reopen_after": (now + timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%S.000Z"),
            },
            {
                "reopen_if": "n_additional_occurrences",
                "additional_occurrences": 100,
                "occurrence_threshold": error.events + 100,
            },
            {"reopen_if": "n_occurrences_in_m_hours", "occurrences": 50, "hours": 24},
            {"reopen_if": "n_additional_users", "additional_users": 25},
        )
    )


def _blanks(seed: int, rng: Random) -> dict[str, object]:
    number = rng.randrange(3, 240)
    return {
        "n": number,
        "ms": rng.choice((2000, 5003, 10_000, 30_000)),
        "sku": rng.choice(("TJ-4410-M", "WH-0092", "BT-7731-42", "GL-1180-S", "SK-2004")),
        "ref": object_id(seed, "ref", number)[:8],
        "host": rng.choice(("api.acme.example", "10.4.0.12", "gateway.example", "cache-2.internal.example")),
        "address": f"0x{rng.randrange(0x1_0000_0000, 0x2_FFFF_FFFF):x}",
    }
