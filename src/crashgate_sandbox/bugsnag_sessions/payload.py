"""The body of a report. Rule: counted whole or not at all; every fault in it is named.

Required are the notifier and one of ``sessions`` and ``sessionCounts``; both may be there, and both are counted.
Source: docs/upstreams/bugsnag-sessions.md#reports.
"""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from crashgate_sandbox.bugsnag_sessions.answers import RefusedReportError
from crashgate_sandbox.bugsnag_sessions.started_at import read_time, utc_minute

_NOTIFIER = ("name", "version", "url")


@dataclass(frozen=True, kw_only=True, slots=True)
class Payload:
    """Sessions by UTC minute, and what the app said of itself; stage and version are empty where it said nothing."""

    minutes: Mapping[datetime, int]
    stage: str
    version: str


def read_payload(body: bytes) -> Payload:
    """The sessions in a body. Raises RefusedReportError."""
    try:
        loaded = json.loads(body)
    except ValueError:
        raise RefusedReportError(400, "The body is not JSON") from None
    if not isinstance(loaded, dict):
        raise RefusedReportError(400, "The body must be an object")
    given = cast("Mapping[str, object]", loaded)
    wrong = _wrong_notifier(given.get("notifier"))
    minutes: Counter[datetime] = Counter()
    if "sessions" not in given and "sessionCounts" not in given:
        wrong.append("One of sessions and sessionCounts is required")
    for place, one in _rows(given, "sessions", wrong):
        if not isinstance(one.get("id"), str) or not one["id"]:
            wrong.append(f"sessions[{place}].id must be a string")
        _count(minutes, one, 1, f"sessions[{place}]", wrong)
    for place, one in _rows(given, "sessionCounts", wrong):
        number = one.get("sessionsStarted")
        if isinstance(number, int) and not isinstance(number, bool) and number >= 1:
            _count(minutes, one, number, f"sessionCounts[{place}]", wrong)
        else:
            wrong.append(f"sessionCounts[{place}].sessionsStarted must be an integer of at least 1")
    if wrong:
        raise RefusedReportError(400, *wrong)
    return Payload(minutes=minutes, stage=_of_app(given, "releaseStage"), version=_of_app(given, "version"))


def _wrong_notifier(given: object) -> list[str]:
    if not isinstance(given, dict):
        return ["notifier is required"]
    notifier = cast("Mapping[str, object]", given)
    return [f"notifier.{name} must be a string" for name in _NOTIFIER if not isinstance(notifier.get(name), str)]


def _rows(given: Mapping[str, object], name: str, wrong: list[str]) -> list[tuple[int, Mapping[str, object]]]:
    rows = given.get(name, [])
    if not isinstance(rows, list):
        wrong.append(f"{name} must be an array")
        return []
    found: list[tuple[int, Mapping[str, object]]] = []
    for place, one in enumerate(cast("list[object]", rows)):
        if isinstance(one, dict):
            found.append((place, cast("Mapping[str, object]", one)))
        else:
            wrong.append(f"{name}[{place}] must be an object")
    return found


def _count(minutes: Counter[datetime], one: Mapping[str, object], number: int, where: str, wrong: list[str]) -> None:
    moment = read_time(one.get("startedAt"))
    if moment is None:
        wrong.append(f"{where}.startedAt must be an ISO 8601 time")
    else:
        minutes[utc_minute(moment)] += number


def _of_app(given: Mapping[str, object], name: str) -> str:
    app = given.get("app")
    value = cast("Mapping[str, object]", app).get(name) if isinstance(app, dict) else None
    return value if isinstance(value, str) else ""
