"""Stability, releases and event fields as an agent sees them. Rule: no share is told of nothing."""

from typing import Any

from crashgate.catalogue.bugsnag.event_fields import EventField
from crashgate.catalogue.bugsnag.release_groups import ReleaseGroup
from crashgate.catalogue.bugsnag.releases import Release
from crashgate.catalogue.bugsnag.stability_trend import StabilityTrend, TimelinePoint
from crashgate.tools.present import present
from crashgate.tools.tool import Detail, Holds, Row

_RELEASE_GROUP = (
    "id",
    "app_version",
    "release_stage_name",
    "first_released_at",
    "releases_count",
    "total_sessions_count",
    "unhandled_sessions_count",
    "top_release_group",
    "visible",
)

_RELEASE = (
    "id",
    "release_time",
    "app_version",
    "app_version_code",
    "app_bundle_version",
    "release_stage",
    "errors_introduced_count",
    "errors_seen_count",
    "total_sessions_count",
    "unhandled_sessions_count",
    "sessions_count_in_last_24h",
    "source_control",
)


def _trend(result: StabilityTrend, _: Detail) -> dict[str, Any]:
    """Days as ``[date, sessions, share of sessions without a crash]``; days without sessions are left out."""
    days = [_day(point) for point in result.timeline_points if point.total_sessions_count]
    return present(result, ("project_id", "release_stage_name")) | {
        "columns": ["day", "sessions", "session_stability"],
        "days": days,
    }


def _release(result: Release, _: Detail) -> dict[str, Any]:
    """A release with its session stability, where it had sessions."""
    shown = present(result, _RELEASE)
    share = session_stability(result.unhandled_sessions_count, result.total_sessions_count)
    return shown | ({"session_stability": share} if share is not None else {})


def _release_group(result: ReleaseGroup, _: Detail) -> dict[str, Any]:
    """A release group with its session stability, where it had sessions."""
    shown = present(result, _RELEASE_GROUP)
    share = session_stability(result.unhandled_sessions_count, result.total_sessions_count)
    return shown | ({"session_stability": share} if share is not None else {})


def _event_field(result: EventField, detail: Detail) -> dict[str, Any]:
    """A field's name for filters; the rest with full detail."""
    if detail is Detail.FULL:
        return present(result, ("custom", "display_id", "filter_options", "match_types", "values", "pivot_options"))
    return present(result, ("display_id",)) | ({"custom": True} if result.custom else {})


def _day(point: TimelinePoint) -> list[Any]:
    return [
        (point.bucket_start or "")[:10],
        point.total_sessions_count,
        session_stability(point.unhandled_sessions_count, point.total_sessions_count),
    ]


def session_stability(unhandled: int | None, total: int | None) -> float | None:
    """1 - unhandled / total, as the vendor defines session stability."""
    return None if not total or unhandled is None else round(1 - unhandled / total, 5)


trend = Row(_trend, Holds(fields=("project_id", "release_stage_name"), added=("columns", "days")))
release = Row(_release, Holds(fields=_RELEASE, added=("session_stability",)))
release_group = Row(_release_group, Holds(fields=_RELEASE_GROUP, added=("session_stability",)))
event_field = Row(_event_field, Holds(fields=("display_id", "custom")))
