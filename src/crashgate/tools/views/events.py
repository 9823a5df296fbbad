"""An event as an agent sees it. Rule: in-app frames first, last breadcrumbs, every omission said with its remedy."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from crashgate.catalogue.bugsnag.event import Breadcrumb, Event, Frame, Thrown
from crashgate.text import clean
from crashgate.tools.present import UNTRUSTED, everything, plain, present
from crashgate.tools.tool import Detail, Holds, Row
from crashgate.tools.views.bounds import MOST_CHARACTERS

_LISTED = ("id", "error_id", "received_at", "severity", "unhandled", "context")
_LONGEST_MESSAGE = 500
_LONGEST_LINE = 200
_APP = ("version", "versionCode", "bundleVersion", "releaseStage", "type", "inForeground", "durationInForeground")
_DEVICE = (
    "osName", "osVersion", "manufacturer", "model", "browserName", "browserVersion", "freeMemory", "totalMemory",
    "jailbroken", "orientation", "locale", "runtimeVersions",
)  # fmt: skip
_REQUEST = ("httpMethod", "url")
_SENSITIVE_HEADERS = frozenset({"authorization", "cookie", "set-cookie", "proxy-authorization", "x-api-key"})


@dataclass(frozen=True, kw_only=True, slots=True)
class _Most:
    """How many of each are shown, and ``how`` to see the others. ``code`` is of so many exceptions."""

    how: str
    exceptions: int = 1_000
    code: int = 1_000
    frames_of_app: int = 8
    frames_of_libraries: int = 4
    breadcrumbs: int = 10


_SUMMARY = _Most(how='detail="full" shows all of it')
_BRIEF = _Most(how="get_latest_event shows more", exceptions=2, code=1, frames_of_libraries=2, breadcrumbs=5)


def _row(event: Event, _: Detail) -> dict[str, Any]:
    """One line of a list; the first exception stands for the chain."""
    shown = present(event, _LISTED)
    outside = shown.setdefault(UNTRUSTED, {})
    if event.exceptions:
        first = event.exceptions[0]
        outside["error_class"] = clean(first.error_class or "", limit=_LONGEST_LINE, lines=False)
        outside["message"] = clean(first.message or "", limit=_LONGEST_LINE, lines=False)
    if app := _mapping(event.app):
        outside["app"] = _some(app, _APP)
    return shown


def _summary(event: Event, _: Detail) -> dict[str, Any]:
    """What a person looks at first, and what was left out of it."""
    return _cut(event, _SUMMARY)


def brief(event: Event) -> dict[str, Any]:
    """The summary with fewer frames and breadcrumbs, for an answer that holds more than the event."""
    return _cut(event, _BRIEF)


def _cut(event: Event, most: _Most) -> dict[str, Any]:
    left_out: dict[str, Any] = {}
    shown = present(event, _LISTED) | _incomplete(event)
    outside = shown.setdefault(UNTRUSTED, {})
    outside["exceptions"] = [
        _thrown(each, most, left_out, code=number < most.code)
        for number, each in enumerate(event.exceptions[: most.exceptions])
    ]
    for each in event.exceptions[most.exceptions :]:
        _count(left_out, "exceptions", 1)
        own = sum(1 for frame in each.stacktrace if frame.in_project)
        _count(left_out, "app_frames", own)
        _count(left_out, "library_frames", len(each.stacktrace) - own)
    if event.breadcrumbs:
        outside["breadcrumbs_newest_first"] = [_breadcrumb(each) for each in event.breadcrumbs[: most.breadcrumbs]]
        _count(left_out, "older_breadcrumbs", len(event.breadcrumbs) - most.breadcrumbs)
    for name, wanted in (("app", _APP), ("device", _DEVICE), ("request", _REQUEST), ("user", ("id",))):
        if whole := _mapping(getattr(event, name)):
            outside[name] = _some(whole, wanted)
            _count(left_out, f"{name}_fields", len(plain(whole)) - len(outside[name]))
    _count(left_out, "feature_flags", _size(event.feature_flags))
    for name, key in (("metaData", "metadata_tabs"), ("threads", "threads"), ("customDiagnostics", "diagnostics")):
        _count(left_out, key, _size(getattr(event, name)))
    shown[UNTRUSTED] = {name: value for name, value in outside.items() if value not in ({}, [])}
    return shown | ({"left_out": left_out | {"how": most.how}} if left_out else {})


def full(event: Event) -> dict[str, Any]:
    """All declared fields, without headers that carry credentials; bounded, in the open."""
    shown = everything(event)
    outside = shown.get(UNTRUSTED, {})
    request = _mapping(outside.get("request"))
    if headers := _mapping(request.get("headers")):
        kept = {name: value for name, value in headers.items() if name.lower() not in _SENSITIVE_HEADERS}
        outside["request"] = {**request, "headers": kept}
    return shown | _fit(outside)


def _fit(outside: dict[str, Any]) -> dict[str, Any]:
    """Drop the largest parts until the rest fits; what was dropped is named."""
    dropped: list[str] = []
    sizes = {name: len(str(value)) for name, value in outside.items()}
    while sum(sizes.values()) > MOST_CHARACTERS:
        largest = max(sizes, key=lambda name: sizes[name])
        del outside[largest], sizes[largest]
        dropped.append(largest)
    return {"left_out": {"too_large": dropped, "how": "open the error in the dashboard"}} if dropped else {}


def _incomplete(event: Event) -> dict[str, Any]:
    """What upstream says that it has not got itself: symbols for the frames, or the whole report."""
    return {
        **({"missing_dsym": True} if event.missing_dsym else {}),
        **({"is_full_report": False} if event.is_full_report is False else {}),
    }


def _thrown(thrown: Thrown, most: _Most, left_out: dict[str, Any], *, code: bool) -> dict[str, Any]:
    own = [frame for frame in thrown.stacktrace if frame.in_project]
    others = [frame for frame in thrown.stacktrace if not frame.in_project]
    shown: dict[str, Any] = {
        "error_class": clean(thrown.error_class or "", limit=_LONGEST_LINE, lines=False),
        "message": clean(thrown.message or "", limit=_LONGEST_MESSAGE),
        "frames_in_app": [_frame(frame) for frame in own[: most.frames_of_app]],
        "frames_of_libraries": [_frame(frame) for frame in others[: most.frames_of_libraries]],
    }
    lines = own[0].code if own and code else None
    if lines:
        shown["code"] = [f"{line}: {clean(text, limit=_LONGEST_LINE, lines=False)}" for line, text in lines.items()]
    _count(left_out, "app_frames", len(own) - most.frames_of_app)
    _count(left_out, "library_frames", len(others) - most.frames_of_libraries)
    return {name: value for name, value in shown.items() if value not in ([], "")}


def _frame(frame: Frame) -> str:
    line = "" if frame.line_number is None else f":{frame.line_number}"
    return clean(f"{frame.method or '?'} ({frame.file or '?'}{line})", limit=_LONGEST_LINE, lines=False)


def _breadcrumb(crumb: Breadcrumb) -> str:
    more = plain(crumb.metaData)
    detail = f" {json.dumps(more, ensure_ascii=False, separators=(',', ':'))}" if more else ""
    what = f"{crumb.timestamp or '?'} {crumb.type or '?'}: {crumb.name or '?'}"
    return clean(f"{what}{detail}", limit=_LONGEST_LINE, lines=False)


def _mapping(value: Any) -> Mapping[str, Any]:  # noqa: ANN401 - any JSON
    """The value as an object; an empty one where it is something else."""
    return cast("Mapping[str, Any]", value) if isinstance(value, Mapping) else {}


def _some(whole: Mapping[str, Any], wanted: Iterable[str]) -> dict[str, Any]:
    return cast("dict[str, Any]", plain({name: whole[name] for name in wanted if name in whole}))


def _size(value: Any) -> int:  # noqa: ANN401 - any JSON
    """How many parts there are; none where upstream sent something else than a list or an object."""
    return len(cast("list[Any]", value)) if isinstance(value, list | dict) else 0


def _count(left_out: dict[str, Any], name: str, number: int) -> None:
    if number > 0:
        left_out[name] = left_out.get(name, 0) + number


row = Row(_row, Holds(fields=(*_LISTED, "error_class", "message", "app")))
summary = Row(
    _summary,
    Holds(
        fields=(*_LISTED, "missing_dsym", "is_full_report", "exceptions", "app", "device", "request", "user"),
        added=("untrusted.breadcrumbs_newest_first", "left_out"),
    ),
)
