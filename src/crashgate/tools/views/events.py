"""An event as an agent sees it. Rule: in-app frames first, last breadcrumbs, every omission said with its remedy."""

from collections.abc import Iterable, Mapping
from typing import Any, cast

from crashgate.catalogue.bugsnag.event import Breadcrumb, Event, Frame, Thrown
from crashgate.text import clean
from crashgate.tools.present import UNTRUSTED, everything, plain, present
from crashgate.tools.tool import Detail

_LISTED = ("id", "error_id", "received_at", "severity", "unhandled", "context")
_FRAMES_OF_APP = 8
_FRAMES_OF_OTHERS = 4
_BREADCRUMBS = 10
_BRIEF_EXCEPTIONS = 2
_BRIEF_FRAMES = 2
_BRIEF_BREADCRUMBS = 5
_LONGEST_MESSAGE = 500
_LONGEST_LINE = 200
_APP = ("version", "versionCode", "bundleVersion", "releaseStage", "type", "inForeground", "durationInForeground")
_DEVICE = (
    "osName", "osVersion", "manufacturer", "model", "browserName", "browserVersion", "freeMemory", "totalMemory",
    "jailbroken", "orientation", "locale", "runtimeVersions",
)  # fmt: skip
_REQUEST = ("httpMethod", "url")
_HOW = 'detail="full" shows all of it'
MOST_CHARACTERS = 60_000
_SENSITIVE_HEADERS = frozenset({"authorization", "cookie", "set-cookie", "proxy-authorization", "x-api-key"})


def row(event: Event, _: Detail) -> dict[str, Any]:
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


def summary(event: Event, _: Detail) -> dict[str, Any]:
    """What a person looks at first, and what was left out of it."""
    left_out: dict[str, Any] = {}
    shown = present(event, _LISTED)
    outside = shown.setdefault(UNTRUSTED, {})
    outside["exceptions"] = [_thrown(each, left_out) for each in event.exceptions]
    if event.breadcrumbs:
        outside["breadcrumbs_newest_first"] = [_breadcrumb(each) for each in event.breadcrumbs[:_BREADCRUMBS]]
        _count(left_out, "older_breadcrumbs", len(event.breadcrumbs) - _BREADCRUMBS)
    for name, wanted in (("app", _APP), ("device", _DEVICE), ("request", _REQUEST), ("user", ("id",))):
        if whole := _mapping(getattr(event, name)):
            outside[name] = _some(whole, wanted)
            _count(left_out, f"{name}_fields", len(plain(whole)) - len(outside[name]))
    _count(left_out, "feature_flags", _size(event.feature_flags))
    for name, key in (("metaData", "metadata_tabs"), ("threads", "threads"), ("customDiagnostics", "diagnostics")):
        _count(left_out, key, _size(getattr(event, name)))
    shown[UNTRUSTED] = {name: value for name, value in outside.items() if value not in ({}, [])}
    return shown | ({"left_out": left_out | {"how": _HOW}} if left_out else {})


def brief(event: Event) -> dict[str, Any]:
    """The summary with fewer frames and breadcrumbs, for an answer that holds more than the event."""
    shown = summary(event, Detail.SUMMARY)
    outside = shown[UNTRUSTED]
    for thrown in outside.get("exceptions", [])[1:]:
        thrown.pop("code", None)
    outside["exceptions"] = [
        {**thrown, "frames_of_libraries": thrown.get("frames_of_libraries", [])[:_BRIEF_FRAMES]}
        for thrown in outside.get("exceptions", [])[:_BRIEF_EXCEPTIONS]
    ]
    if "breadcrumbs_newest_first" in outside:
        outside["breadcrumbs_newest_first"] = outside["breadcrumbs_newest_first"][:_BRIEF_BREADCRUMBS]
    shown["left_out"] = {**shown.get("left_out", {}), "how": "get_latest_event shows more"}
    return shown


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


def _thrown(thrown: Thrown, left_out: dict[str, Any]) -> dict[str, Any]:
    own = [frame for frame in thrown.stacktrace if frame.in_project]
    others = [frame for frame in thrown.stacktrace if not frame.in_project]
    shown: dict[str, Any] = {
        "error_class": clean(thrown.error_class or "", limit=_LONGEST_LINE, lines=False),
        "message": clean(thrown.message or "", limit=_LONGEST_MESSAGE),
        "frames_in_app": [_frame(frame) for frame in own[:_FRAMES_OF_APP]],
        "frames_of_libraries": [_frame(frame) for frame in others[:_FRAMES_OF_OTHERS]],
    }
    code = own[0].code if own else None
    if code:
        shown["code"] = [f"{line}: {clean(text, limit=_LONGEST_LINE, lines=False)}" for line, text in code.items()]
    _count(left_out, "app_frames", len(own) - _FRAMES_OF_APP)
    _count(left_out, "library_frames", len(others) - _FRAMES_OF_OTHERS)
    return {name: value for name, value in shown.items() if value not in ([], "")}


def _frame(frame: Frame) -> str:
    line = "" if frame.line_number is None else f":{frame.line_number}"
    return clean(f"{frame.method or '?'} ({frame.file or '?'}{line})", limit=_LONGEST_LINE, lines=False)


def _breadcrumb(crumb: Breadcrumb) -> str:
    detail = f" {plain(crumb.metaData)}" if crumb.metaData else ""
    return clean(f"{crumb.timestamp} {crumb.type}: {crumb.name}{detail}", limit=_LONGEST_LINE, lines=False)


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
