"""What composite tools ask of a provider, and the facts that its rows are read as: no vendor's field has a name here.

A provider says for each capability that it has which operation gives it (``Provider.capabilities``). Times are ISO 8601
in UTC. ``shown`` is what an agent may be shown of the row, made by the provider's own views.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from crashgate.model.operation import AnyOperation

F = TypeVar("F")


@dataclass(frozen=True, slots=True)
class Capability(Generic[F]):
    """Something that a composite tool can ask for: ``row`` is what each row of the answer is read as."""

    name: str
    row: type[F]


@dataclass(frozen=True, kw_only=True, slots=True)
class Implementation:
    """How a provider does what a capability asks for.

    ``arguments`` makes the operation's arguments of the capability's, None meaning "not given"; a place is named by the
    same parameter in both. ``read`` makes the capability's row of one row of the operation's.
    """

    operation: AnyOperation
    read: Callable[[Any], Any]
    arguments: Callable[[Mapping[str, Any]], Mapping[str, Any]] = dict


Capabilities = Mapping[Capability[Any], Implementation]


@dataclass(frozen=True, kw_only=True, slots=True)
class PlaceFacts:
    """A place that can be named: ``slug`` where it has a second name."""

    id: str
    slug: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ProjectFacts:
    """A project and what it aims for.

    ``counts`` is what its stability is a share of: ``user`` or ``session``. ``target`` and ``critical`` are shares from
    0 to 1. An error's page is at ``errors_page``, a slash and the error's id.
    """

    id: str
    counts: str | None = None
    target: float | None = None
    critical: float | None = None
    errors_page: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ErrorFacts:
    """An error; ``introduced_in`` are the ids of the releases in which it was first seen.

    ``named`` is what outsiders wrote by which people know it, cut short. ``days`` are UTC days (``2026-11-20``), oldest
    first, each with its events; only where they are asked for.
    """

    id: str
    shown: Mapping[str, Any]
    status: str | None = None
    events: int | None = None
    users: int | None = None
    first_seen: str | None = None
    last_seen: str | None = None
    introduced_in: tuple[str, ...] = ()
    missing_symbols: tuple[str, ...] = ()
    """What has to be uploaded for its frames to be readable, such as UUIDs of dSYMs."""
    named: Mapping[str, Any] = field(default_factory=dict[str, Any])
    days: tuple[tuple[str, int], ...] = ()
    first_ever: str | None = None
    """When the first of all its events came, whatever the filters are."""


@dataclass(frozen=True, kw_only=True, slots=True)
class EventFacts:
    """One event."""

    shown: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class FrameFacts:
    """A frame: ``path`` is as in a repository as far as upstream knows; no ``line`` where symbols are missing."""

    path: str | None
    line: str | None
    method: str | None
    link: str | None = None
    served: bool = False
    """Whether the path is that of a file that a browser was served, and not of its source."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CodeFacts:
    """Where one event broke in the app's code.

    ``frames`` are the app's own, the place that failed first; where ``marked`` is False, nobody knows whose they are.
    ``source`` are the lines around the first one. ``version``, ``stage`` and ``builds``, numbers of the build, lead to
    the release.
    """

    id: str
    frames: tuple[FrameFacts, ...]
    marked: bool
    error_class: str | None = None
    message: str | None = None
    source: tuple[str, ...] = ()
    version: str | None = None
    builds: tuple[str, ...] = ()
    stage: str | None = None
    at: str | None = None
    misses_symbols: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class FlagCountFacts:
    """How many events had each feature flag, and how many events there were; a row may have either, or neither."""

    events: int | None = None
    flags: Mapping[str, int] | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class FlagFacts:
    """A feature flag, and when the first of the project's stored events had it."""

    name: str | None
    first_seen: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class EventFlagsFacts:
    """The feature flags of one event, each with its variant where it has one."""

    flags: tuple[tuple[str, str | None], ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class CountFacts:
    """How many events there were from a time on, until the next row's."""

    since: str | None
    events: int | None


@dataclass(frozen=True, kw_only=True, slots=True)
class ConcentrationFacts:
    """Where events concentrate: a field that outsiders fill, with its most frequent values."""

    shown: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class ReleaseFacts:
    """A release, with its sessions and users, and those of them that had a crash."""

    id: str
    shown: Mapping[str, Any]
    version: str | None = None
    builds: tuple[str, ...] = ()
    """Numbers of the build, such as a version code."""
    stage: str | None = None
    released_at: str | None = None
    sessions: int | None = None
    sessions_crashed: int | None = None
    sessions_last_day: int | None = None
    users: int | None = None
    users_crashed: int | None = None
    errors_introduced: int | None = None
    errors_seen: int | None = None
    revision: str | None = None
    """Of the source; ``commit_url`` shows it, and ``compare_url`` what changed since the release before."""
    commit_url: str | None = None
    compare_url: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class DayFacts:
    """One UTC day of a project's sessions and users, and those of them that had a crash."""

    day: str
    sessions: int | None = None
    sessions_crashed: int | None = None
    users: int | None = None
    users_crashed: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class StabilityFacts:
    """The days of one release stage, oldest first."""

    stage: str | None
    days: tuple[DayFacts, ...] = field(default=())


@dataclass(frozen=True, kw_only=True, slots=True)
class SessionFacts:
    """A session of an app's user. What the policy hides is None."""

    id: str
    shown: Mapping[str, Any]
    user: str | None = None
    version: str | None = None
    os_version: str | None = None
    started_at: str | None = None
    ended_at: str | None = None
    crashed: bool = False


LIST_ORGANIZATIONS = Capability("list_organizations", PlaceFacts)
"""Takes nothing."""
LIST_PROJECTS = Capability("list_projects", PlaceFacts)
"""Takes ``organization_id`` where the operation does."""
READ_PROJECT = Capability("read_project", ProjectFacts)
"""Takes ``project_id``."""
READ_ERROR = Capability("read_error", ErrorFacts)
"""Takes ``project_id`` and ``error_id``."""
LATEST_EVENT = Capability("latest_event", EventFacts)
"""Takes ``project_id`` and ``error_id``."""
LATEST_CODE = Capability("latest_code", CodeFacts)
"""Takes ``project_id`` and ``error_id``: where the error's latest event broke."""
ERROR_FLAGS = Capability("error_flags", FlagCountFacts)
"""Takes ``project_id`` and ``error_id``."""
PROJECT_FLAGS = Capability("project_flags", FlagCountFacts)
"""Takes ``project_id``, and ``since``, a time."""
LIST_FLAGS = Capability("list_flags", FlagFacts)
"""Takes ``project_id``."""
ERROR_EVENT_FLAGS = Capability("error_event_flags", EventFlagsFacts)
"""Takes ``project_id``, ``error_id`` and ``most``, events; newest first."""
OTHER_EVENT_FLAGS = Capability("other_event_flags", EventFlagsFacts)
"""The same of all other errors' events."""
ERROR_TREND = Capability("error_trend", CountFacts)
"""Takes ``project_id``, ``error_id`` and ``steps``, the number of rows."""
ERROR_CONCENTRATION = Capability("error_concentration", ConcentrationFacts)
"""Takes ``project_id`` and ``error_id``; three values of each field."""
LIST_ERRORS = Capability("list_errors", ErrorFacts)
"""Takes ``project_id``; ``introduced_in`` and ``seen_in``, versions, and ``stage``, by whose events it counts;
``sort``, ``events`` or ``last_seen``; ``daily``, whether with ``days``; ``most``, rows; and what a caller gives for the
operation's own parameters. Errors of any status."""
READ_RELEASE = Capability("read_release", ReleaseFacts)
"""Takes ``project_id`` and ``release_id``."""
LIST_RELEASES = Capability("list_releases", ReleaseFacts)
"""Takes ``project_id``; ``stage``; ``until``, a time; and ``sort``: ``use``, or newest first. Ten rows a page."""
STABILITY_TREND = Capability("stability_trend", StabilityFacts)
"""Takes ``project_id``."""
FIND_SESSIONS = Capability("find_sessions", SessionFacts)
"""Takes ``since`` and ``until``, times between which a session began; newest first, as many a page as there may be."""

CAPABILITIES: Mapping[str, Capability[Any]] = {
    each.name: each
    for each in (
        LIST_ORGANIZATIONS,
        LIST_PROJECTS,
        READ_PROJECT,
        READ_ERROR,
        LATEST_EVENT,
        LATEST_CODE,
        ERROR_FLAGS,
        PROJECT_FLAGS,
        LIST_FLAGS,
        ERROR_EVENT_FLAGS,
        OTHER_EVENT_FLAGS,
        ERROR_TREND,
        ERROR_CONCENTRATION,
        LIST_ERRORS,
        READ_RELEASE,
        LIST_RELEASES,
        STABILITY_TREND,
        FIND_SESSIONS,
    )
}
"""By name, all that crashgate's own composite tools ask for."""
