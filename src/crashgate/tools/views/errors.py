"""Errors as an agent sees them. Rule: thirty rows fit in 2,500 tokens."""

from typing import Any

from crashgate.catalogue.bugsnag.errors import Error
from crashgate.text import clean
from crashgate.tools.present import UNTRUSTED, present
from crashgate.tools.tool import Detail, Holds, Row

_ROW = ("id", "severity", "status", "events", "users", "last_seen", "error_class", "message", "context")
_LONGEST_CLASS = 50
_LONGEST_MESSAGE = 40
_LONGEST_CONTEXT = 32

_SUMMARY = (
    "id",
    "severity",
    "status",
    "events",
    "users",
    "first_seen",
    "last_seen",
    "error_class",
    "message",
    "context",
    "release_stages",
    "introduced_in_releases",
    "linked_issues",
    "assigned_collaborator_id",
    "assigned_team_id",
    "reopen_rules",
    "comment_count",
    "discarded",
)


_TRIAGE = tuple(name for name in _SUMMARY if name not in {"comment_count", "discarded", "introduced_in_releases"})
"""What a triage shows; the introducing release has a part of its own there."""


def _summary(error: Error, _: Detail) -> dict[str, Any]:
    """One error, texts whole."""
    return _with_throttled(error, _SUMMARY)


def triage(error: Error) -> dict[str, Any]:
    """One error in an answer that holds more than it."""
    return _with_throttled(error, _TRIAGE)


def _with_throttled(error: Error, names: tuple[str, ...]) -> dict[str, Any]:
    """The fields, and how often it really happened where upstream did not keep every event."""
    kept_all = error.unthrottled_occurrence_count in (None, error.events)
    return present(error, names if kept_all else (*names, "unthrottled_occurrence_count"))


def _row(error: Error, _: Detail) -> dict[str, Any]:
    """One line of a list: long texts cut, the day instead of the time."""
    shown = present(error, _ROW)
    if "last_seen" in shown:
        shown["last_seen"] = shown["last_seen"][:10]
    outside = shown.get(UNTRUSTED, {})
    for name, limit in (("error_class", _LONGEST_CLASS), ("message", _LONGEST_MESSAGE), ("context", _LONGEST_CONTEXT)):
        if name in outside:
            outside[name] = clean(outside[name], limit=limit, lines=False)
    return shown


row = Row(_row, Holds(fields=_ROW))
summary = Row(_summary, Holds(fields=(*_SUMMARY, "unthrottled_occurrence_count")))
