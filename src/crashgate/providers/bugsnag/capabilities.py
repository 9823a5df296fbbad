"""What BugSnag's operations give the composite tools: each capability's operation, its arguments and its row."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import date
from typing import Any, cast

from crashgate.model import capability as asked
from crashgate.model.capability import (
    Capabilities,
    ConcentrationFacts,
    CountFacts,
    DayFacts,
    ErrorFacts,
    EventFacts,
    EventFlagsFacts,
    FlagCountFacts,
    FlagFacts,
    Implementation,
    PlaceFacts,
    ProjectFacts,
    ReleaseFacts,
    StabilityFacts,
)
from crashgate.model.tool import Detail
from crashgate.providers.bugsnag import errors, event_facts, releases
from crashgate.providers.bugsnag import event as events
from crashgate.providers.bugsnag.errors import GET_ERROR, LIST_ERRORS, Error
from crashgate.providers.bugsnag.event import Event
from crashgate.providers.bugsnag.events import GET_LATEST_EVENT, LIST_ERROR_EVENTS, LIST_PROJECT_EVENTS
from crashgate.providers.bugsnag.organizations import LIST_ORGANIZATIONS, Organization
from crashgate.providers.bugsnag.pivots import (
    LIST_ERROR_PIVOTS,
    LIST_PROJECT_PIVOT_VALUES,
    LIST_PROJECT_PIVOTS,
    Pivot,
    PivotValue,
    concentration,
    counts,
)
from crashgate.providers.bugsnag.projects import GET_PROJECT, LIST_PROJECTS, Project
from crashgate.providers.bugsnag.releases import GET_RELEASE, LIST_RELEASES, Release
from crashgate.providers.bugsnag.trends import (
    GET_ERROR_TREND,
    GET_STABILITY_TREND,
    StabilityTrend,
    TimelinePoint,
    TrendBucket,
)
from crashgate.views.present import UNTRUSTED

PIVOTS = ("release.seen_in", "os.name", "os.version", "device.model")
FLAG_FIELD, _STAGE_FIELD = "feature_flag.seen_in", "app.release_stage"
_MOST_FLAGS = 50
_MOST_PLACES = 100
_VALUES = 3
_MOST_RELEASES = 10
_DAY = len("2026-11-20")
_NAMES = ("error_class", "message", "introduced_in")
_FILTERS = {"introduced_in": "release.introduced_in", "seen_in": "release.seen_in", "stage": "app.release_stage"}


def _read_place(row: Organization | Project) -> PlaceFacts:
    return PlaceFacts(id=row.id, slug=row.slug)


def _read_project(row: Project) -> ProjectFacts:
    return ProjectFacts(
        id=row.id,
        counts=row.stability_target_type,
        target=row.target_stability.value if row.target_stability else None,
        critical=row.critical_stability.value if row.critical_stability else None,
        errors_page=f"{row.html_url}/errors" if row.html_url else None,
    )


def _read_error(row: Error, shown: Mapping[str, Any]) -> ErrorFacts:
    return ErrorFacts(
        id=row.id,
        shown=shown,
        status=row.status,
        events=row.events,
        users=row.users,
        first_seen=row.first_seen,
        last_seen=row.last_seen,
        introduced_in=tuple(each.release_id for each in row.introduced_in_releases if each.release_id),
        missing_symbols=_texts(row.missing_dsyms),
        first_ever=row.first_seen_unfiltered,
    )


def _read_whole_error(row: Error) -> ErrorFacts:
    return _read_error(row, errors.triage(row))


def _read_listed_error(row: Error) -> ErrorFacts:
    shown = errors.row(row, Detail.SUMMARY)
    outside: Mapping[str, Any] = shown.get(UNTRUSTED, {})
    named = {name: outside[name] for name in _NAMES if name in outside}
    return replace(_read_error(row, shown), named=named, days=tuple(_read_days(row.trend)))


def _read_days(trend: Sequence[Any]) -> Iterator[tuple[str, int]]:
    """The pairs of a date and a number of events; what has another form is passed over."""
    for each in trend:
        match each:
            case [str(day), int(number), *_] if not isinstance(number, bool):
                with suppress(ValueError):
                    yield date.fromisoformat(day[:_DAY]).isoformat(), number
            case _:
                pass


def _read_event(row: Event) -> EventFacts:
    return EventFacts(shown=events.brief(row))


def _texts(value: Any) -> tuple[str, ...]:  # noqa: ANN401 - any JSON
    """The texts of a list of texts."""
    return tuple(each for each in cast("list[Any]", value) if isinstance(each, str)) if isinstance(value, list) else ()


def _read_flag_counts(row: Pivot) -> FlagCountFacts:
    """The flags of the pivot that counts them; of the other one, whose values shut each other out, all events."""
    values = [(str(name), events) for name, events in counts(row) if isinstance(events, int)]
    if row.event_field_display_id == FLAG_FIELD:
        return FlagCountFacts(flags=dict(values))
    if row.event_field_display_id != _STAGE_FIELD:
        return FlagCountFacts()
    return FlagCountFacts(events=sum(events for _, events in values) + (row.other or 0) + (row.no_value or 0))


def _read_flag(row: PivotValue) -> FlagFacts:
    return FlagFacts(name=row.event_field_value, first_seen=row.first_seen)


def _read_event_flags(row: Event) -> EventFlagsFacts:
    return EventFlagsFacts(flags=event_facts.flags(row))


def _read_count(row: TrendBucket) -> CountFacts:
    return CountFacts(since=row.from_, events=row.events_count)


def _read_concentration(row: Pivot) -> ConcentrationFacts:
    return ConcentrationFacts(shown=concentration(row, _VALUES))


def _read_release(row: Release) -> ReleaseFacts:
    return ReleaseFacts(
        id=row.id,
        shown=releases.release(row, Detail.SUMMARY),
        version=row.app_version,
        builds=tuple(filter(None, (row.app_version_code, row.app_bundle_version))),
        stage=row.release_stage.name if row.release_stage else None,
        released_at=row.release_time,
        sessions=row.total_sessions_count,
        sessions_crashed=row.unhandled_sessions_count,
        sessions_last_day=row.sessions_count_in_last_24h,
        users=row.accumulative_daily_users_seen,
        users_crashed=row.accumulative_daily_users_with_unhandled,
        errors_introduced=row.errors_introduced_count,
        errors_seen=row.errors_seen_count,
        **releases.source(row),
    )


def _read_stability(row: StabilityTrend) -> StabilityFacts:
    return StabilityFacts(stage=row.release_stage_name, days=tuple(map(_read_day, row.timeline_points)))


def _read_day(point: TimelinePoint) -> DayFacts:
    return DayFacts(
        day=(point.bucket_start or "")[:10],
        sessions=point.total_sessions_count,
        sessions_crashed=point.unhandled_sessions_count,
        users=point.users_seen,
        users_crashed=point.users_with_unhandled,
    )


def _list_places(given: Mapping[str, Any]) -> dict[str, Any]:
    return {**given, "per_page": _MOST_PLACES}


def _list_errors(given: Mapping[str, Any]) -> dict[str, Any]:
    own = dict(given)
    if own.pop("daily", False):
        own["histogram"] = "two_week"
    filters: dict[str, Any] = dict(own.pop("filters", None) or {})
    for name, field in _FILTERS.items():
        if (value := own.pop(name, None)) is not None:
            filters[field] = value
    return _renamed(own, {"most": "per_page"}) | ({"filters": filters} if filters else {})


def _trend(given: Mapping[str, Any]) -> dict[str, Any]:
    return _renamed(given, {"steps": "buckets_count"})


def _pivots(given: Mapping[str, Any]) -> dict[str, Any]:
    return {**given, "pivots": list(PIVOTS), "summary_size": _VALUES}


def _list_releases(given: Mapping[str, Any]) -> dict[str, Any]:
    sort = "percent_of_sessions" if given.get("sort") == "use" else "timestamp"
    return {**_renamed(given, {"stage": "release_stage", "until": "base"}), "sort": sort, "per_page": _MOST_RELEASES}


def _flag_counts(given: Mapping[str, Any]) -> dict[str, Any]:
    own = dict(given)
    since = own.pop("since", None)
    more = {"filters": {"event.since": since}} if since else {}
    return {**own, **more, "pivots": [FLAG_FIELD, _STAGE_FIELD], "summary_size": _MOST_FLAGS}


def _list_flags(given: Mapping[str, Any]) -> dict[str, Any]:
    return {**given, "event_field_display_id": FLAG_FIELD, "per_page": _MOST_FLAGS}


def _list_other_event_flags(given: Mapping[str, Any]) -> dict[str, Any]:
    own = _list_event_flags(given)
    error = own.pop("error_id")
    return {**own, "filters": {"error.id": {"type": "ne", "value": error}}}


def _list_event_flags(given: Mapping[str, Any]) -> dict[str, Any]:
    return {**_renamed(given, {"most": "per_page"}), "full_reports": True}


def _renamed(given: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    return {names.get(name, name): value for name, value in given.items()}


CAPABILITIES: Capabilities = {
    asked.LIST_ORGANIZATIONS: Implementation(operation=LIST_ORGANIZATIONS, read=_read_place, arguments=_list_places),
    asked.LIST_PROJECTS: Implementation(operation=LIST_PROJECTS, read=_read_place, arguments=_list_places),
    asked.READ_PROJECT: Implementation(operation=GET_PROJECT, read=_read_project),
    asked.READ_ERROR: Implementation(operation=GET_ERROR, read=_read_whole_error),
    asked.LATEST_EVENT: Implementation(operation=GET_LATEST_EVENT, read=_read_event),
    asked.LATEST_CODE: Implementation(operation=GET_LATEST_EVENT, read=event_facts.locate),
    asked.ERROR_FLAGS: Implementation(operation=LIST_ERROR_PIVOTS, read=_read_flag_counts, arguments=_flag_counts),
    asked.PROJECT_FLAGS: Implementation(operation=LIST_PROJECT_PIVOTS, read=_read_flag_counts, arguments=_flag_counts),
    asked.LIST_FLAGS: Implementation(operation=LIST_PROJECT_PIVOT_VALUES, read=_read_flag, arguments=_list_flags),
    asked.ERROR_EVENT_FLAGS: Implementation(
        operation=LIST_ERROR_EVENTS, read=_read_event_flags, arguments=_list_event_flags
    ),
    asked.OTHER_EVENT_FLAGS: Implementation(
        operation=LIST_PROJECT_EVENTS, read=_read_event_flags, arguments=_list_other_event_flags
    ),
    asked.ERROR_TREND: Implementation(operation=GET_ERROR_TREND, read=_read_count, arguments=_trend),
    asked.ERROR_CONCENTRATION: Implementation(operation=LIST_ERROR_PIVOTS, read=_read_concentration, arguments=_pivots),
    asked.LIST_ERRORS: Implementation(operation=LIST_ERRORS, read=_read_listed_error, arguments=_list_errors),
    asked.READ_RELEASE: Implementation(operation=GET_RELEASE, read=_read_release),
    asked.LIST_RELEASES: Implementation(operation=LIST_RELEASES, read=_read_release, arguments=_list_releases),
    asked.STABILITY_TREND: Implementation(operation=GET_STABILITY_TREND, read=_read_stability),
}
