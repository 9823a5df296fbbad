"""An event: one crash, as the app reported it. Rule: all of it but ids, times and counts was written by outsiders.

Exceptions and frames come in two spellings (``error_class`` and ``errorClass``, ``line_number`` and ``lineNumber``);
both are read (docs/upstreams/bugsnag.md#shapes).

An event as an agent sees it. Rule: in-app frames first, last breadcrumbs, every omission said with its remedy.

Where upstream marks none of an event's frames as the app's own, those with ``in_project`` null are not known to be a
library's either: they stand under ``frames``, in their order.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Annotated, Any, cast

from crashgate.model.field_table import PERSONAL, ROW, About, AppData, DocumentedKeys, RedactionSet, shown_fields
from crashgate.model.moments import At
from crashgate.model.result import (
    Convert,
    From,
    Id,
    Link,
    Many,
    PlaceId,
    PlaceLink,
    Result,
    Untrusted,
    UntrustedData,
    UntrustedMark,
    Word,
)
from crashgate.model.tool import Detail, Holds, Row
from crashgate.sanitise import clean
from crashgate.views.present import UNTRUSTED, everything, plain, present

_NETWORK, _HEADERS = RedactionSet.NETWORK, RedactionSet.REQUEST_HEADERS

# What the vendor documents (Data Access API, schema ``EventApiView``), in its own spelling.
_APP_KEYS = DocumentedKeys(
    dict.fromkeys((
        "binaryArch", "buildUUID", "bundleVersion", "codeBundleId", "dsymUUIDs", "duration", "durationInForeground",
        "id", "inForeground", "isLaunching", "releaseStage", "runningOnRosetta", "type", "version", "versionCode",
    ))
)  # fmt: skip
_DEVICE_KEYS = DocumentedKeys(
    dict.fromkeys((
        "batteryLevel", "browserName", "browserVersion", "charging", "cpuAbi", "freeDisk", "freeMemory", "hostname",
        "id", "jailbroken", "locale", "macCatalystIosVersion", "manufacturer", "model", "modelNumber", "orientation",
        "osName", "osVersion", "runtimeVersions", "time", "timezone", "totalMemory",
    ))
)  # fmt: skip
_REQUEST_KEYS = DocumentedKeys({
    "clientIp": _NETWORK, "headers": _HEADERS, "httpMethod": None, "params": _NETWORK, "referer": _NETWORK,
    "url": _NETWORK,
})  # fmt: skip
_USER_KEYS = DocumentedKeys(dict.fromkeys(("email", "id", "name")))


_SENSITIVE_HEADERS = frozenset({"authorization", "cookie", "set-cookie", "proxy-authorization", "x-api-key"})


def _without_credentials(request: Any) -> Any:  # noqa: ANN401 - any JSON may stand in an upstream answer
    """The request without headers that carry credentials."""
    headers = as_object(as_object(request).get("headers"))
    if not headers:
        return request
    kept = {name: value for name, value in headers.items() if name.lower() not in _SENSITIVE_HEADERS}
    return {**request, "headers": kept}


class Frame(Result):
    """One stack frame; ``code`` maps line numbers to source lines."""

    file: Untrusted | None = None
    method: Untrusted | None = None
    line_number: Annotated[int | str | None, From("line_number", "lineNumber")] = None
    column_number: Annotated[int | str | None, From("column_number", "columnNumber")] = None
    in_project: Annotated[bool | None, From("in_project", "inProject")] = None
    code: dict[str, str] | None = None
    code_file: Annotated[Untrusted | None, From("code_file", "codeFile")] = None
    inlined: bool | None = None
    macho_uuid: Untrusted | None = None
    source_control_link: Untrusted | None = None
    source_control_name: Untrusted | None = None
    address_offset: Annotated[int | str | None, From("address_offset", "addressOffset")] = None
    relative_address: Annotated[int | str | None, From("relative_address", "relativeAddress")] = None
    frame_address: Annotated[int | str | None, From("frame_address", "frameAddress")] = None


class Thrown(Result):
    """One exception of a chain; the outermost comes first."""

    error_class: Annotated[Untrusted | None, From("error_class", "errorClass")] = None
    message: Untrusted | None = None
    type: Untrusted | None = None
    stacktrace: Many[Frame] = ()
    registers: UntrustedData = None


class Breadcrumb(Result):
    """What the app did before; upstream gives the newest first."""

    name: Untrusted | None = None
    type: Untrusted | None = None
    timestamp: Untrusted | None = None
    metaData: AppData = None  # noqa: N815 - the vendor's spelling


class Event(Result):
    """An event in summary or in full; ``is_full_report`` tells which."""

    id: Annotated[Id, ROW, About("The provider's id.")]
    error_id: Annotated[PlaceId, ROW, About("The provider's id of the error.")] = None
    received_at: Annotated[At, From("received_at", "receivedAt"), ROW, About("When the provider received it.")] = None
    severity: Annotated[Word, ROW, About("info, warning or error.")] = None
    unhandled: Annotated[bool | None, ROW, About("Whether it ended the app.")] = None
    is_full_report: Annotated[bool | None, About("Whether it has all fields; a short one lacks most.")] = None
    context: Annotated[Untrusted | None, ROW, About("Where in the app it happened.")] = None
    exceptions: Annotated[
        Many[Thrown], UntrustedMark(), About("The exceptions with their stacks, the outermost first.")
    ] = ()
    breadcrumbs: Annotated[Many[Breadcrumb], UntrustedMark(), About("What the app did before, newest first.")] = ()
    app: Annotated[UntrustedData, _APP_KEYS, About("What is known of the app.")] = None
    device: Annotated[UntrustedData, _DEVICE_KEYS, About("What is known of the device.")] = None
    user: Annotated[UntrustedData, _USER_KEYS, PERSONAL, About("What is known of the user.")] = None
    request: Annotated[
        UntrustedData,
        Convert(_without_credentials),
        _REQUEST_KEYS,
        About("The request that failed, without headers that carry credentials."),
    ] = None
    metaData: Annotated[AppData, About("Whatever else the app sent with it.")] = None  # noqa: N815 - the vendor's spelling
    threads: UntrustedData = None
    feature_flags: Annotated[UntrustedData, About("The feature flags and their variants.")] = None
    session: Annotated[UntrustedData, About("The app's session that it happened in.")] = None
    correlation: UntrustedData = None
    customDiagnostics: AppData = None  # noqa: N815 - the vendor's spelling
    derived: UntrustedData = None
    error_class: Annotated[Untrusted | None, About("The class of the error.")] = None
    message: Annotated[Untrusted | None, About("The crash's message.")] = None
    missing_dsym: Annotated[bool | None, About("Whether symbols are missing for its stack.")] = None
    url: Link = None
    project_url: PlaceLink = None

    @property
    def home(self) -> str | None:
        """The last segment of ``project_url``; the ``url`` field has pointed at two different routes."""
        return self.project_url.rstrip("/").rpartition("/")[2] if self.project_url else None


_LONGEST_MESSAGE = 500
_LONGEST_LINE = 200
_LONGEST_IN_ROW = 100
_MOST_CODE = 20
"""Lines; upstream gives seven."""

_APP = ("version", "versionCode", "bundleVersion", "releaseStage", "type", "inForeground", "durationInForeground")
_DEVICE = (
    "osName", "osVersion", "manufacturer", "model", "browserName", "browserVersion", "freeMemory", "totalMemory",
    "jailbroken", "orientation", "locale", "runtimeVersions",
)  # fmt: skip
_REQUEST = ("httpMethod", "url")


@dataclass(frozen=True, kw_only=True, slots=True)
class _Most:
    """How many of each are shown, and ``how`` to see the others. ``code`` is of so many exceptions."""

    how: str
    exceptions: int = 1_000
    code: int = 1_000
    frames: int = 12
    frames_of_app: int = 8
    frames_of_libraries: int = 4
    breadcrumbs: int = 10


_SUMMARY = _Most(how='detail="full" shows all of it')
_BRIEF = _Most(how="get_event shows more", exceptions=2, code=1, frames=8, frames_of_libraries=2, breadcrumbs=5)


def _row(event: Event, _: Detail) -> dict[str, Any]:
    """One line of a list over several errors; the first exception stands for the chain."""
    shown = present(event, shown_fields(Event, ROW))
    outside = shown.setdefault(UNTRUSTED, {})
    if event.exceptions:
        first = event.exceptions[0]
        outside["error_class"] = clean(first.error_class or "", limit=_LONGEST_LINE, lines=False)
        outside["message"] = clean(first.message or "", limit=_LONGEST_IN_ROW, lines=False)
    return _with_circumstances(shown, event)


def _row_of_error(event: Event, _: Detail) -> dict[str, Any]:
    """One line of a list of one error's events, without what they share."""
    return _with_circumstances(present(event, ("id", "received_at")), event)


def _with_circumstances(shown: dict[str, Any], event: Event) -> dict[str, Any]:
    """The row with what its app, device and user are, in a few words each."""
    app, device, user = as_object(event.app), as_object(event.device), as_object(event.user)
    told = {
        "version": _words(app.get("version") or app.get("versionCode") or app.get("bundleVersion")),
        "stage": _words(app.get("releaseStage")),
        "os": _words(device.get("osName"), device.get("osVersion")),
        "device": _words(device.get("manufacturer"), device.get("model") or device.get("hostname"))
        or _words(device.get("browserName"), device.get("browserVersion")),
        "user": _words(user.get("id") or user.get("email") or user.get("name")),
    }
    outside = shown.get(UNTRUSTED, {}) | {name: text for name, text in told.items() if text}
    return shown | ({UNTRUSTED: outside} if outside else {})


def _words(*parts: object) -> str:
    """The texts and numbers among the parts, on one line."""
    text = " ".join(str(each) for each in parts if isinstance(each, str | int | float) and each)
    return clean(text, limit=_LONGEST_IN_ROW, lines=False)


def _summary(event: Event, _: Detail) -> dict[str, Any]:
    """What a person looks at first, and what was left out of it."""
    return _cut(event, _SUMMARY)


def brief(event: Event) -> dict[str, Any]:
    """The summary with fewer frames and breadcrumbs, for an answer that holds more than the event."""
    return _cut(event, _BRIEF)


def _cut(event: Event, most: _Most) -> dict[str, Any]:
    left_out: dict[str, Any] = {}
    shown = present(event, shown_fields(Event, ROW)) | _incomplete(event)
    outside = shown.setdefault(UNTRUSTED, {})
    marked = any(frame.in_project for each in event.exceptions for frame in each.stacktrace)
    outside["exceptions"] = [
        _thrown(each, most, left_out, marked=marked, code=number < most.code)
        for number, each in enumerate(event.exceptions[: most.exceptions])
    ]
    for each in event.exceptions[most.exceptions :]:
        _count(left_out, "exceptions", 1)
        for name, _, frames, _ in _groups(each, most, marked=marked):
            _count(left_out, name, len(frames))
    if event.breadcrumbs:
        outside["breadcrumbs_newest_first"] = [_breadcrumb(each) for each in event.breadcrumbs[: most.breadcrumbs]]
        _count(left_out, "older_breadcrumbs", len(event.breadcrumbs) - most.breadcrumbs)
    for name, wanted in (("app", _APP), ("device", _DEVICE), ("request", _REQUEST), ("user", ("id",))):
        if whole := as_object(getattr(event, name)):
            outside[name] = _some(whole, wanted)
            _count(left_out, f"{name}_fields", len(plain(whole)) - len(outside[name]))
    _count(left_out, "feature_flags", _size(event.feature_flags))
    for name, key in (("metaData", "metadata_tabs"), ("threads", "threads"), ("customDiagnostics", "diagnostics")):
        _count(left_out, key, _size(getattr(event, name)))
    shown[UNTRUSTED] = {name: value for name, value in outside.items() if value not in ({}, [])}
    return shown | ({"left_out": left_out | {"how": most.how}} if left_out else {})


def full(event: Event) -> dict[str, Any]:
    """All declared fields."""
    return everything(event)


def _incomplete(event: Event) -> dict[str, Any]:
    """What upstream says that it has not got itself: symbols for the frames, or the whole report."""
    return {
        **({"missing_dsym": True} if event.missing_dsym else {}),
        **({"is_full_report": False} if event.is_full_report is False else {}),
    }


def _thrown(thrown: Thrown, most: _Most, left_out: dict[str, Any], *, marked: bool, code: bool) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "error_class": clean(thrown.error_class or "", limit=_LONGEST_LINE, lines=False),
        "message": clean(thrown.message or "", limit=_LONGEST_MESSAGE),
    }
    for counted, name, frames, limit in _groups(thrown, most, marked=marked):
        shown[name] = [_frame(frame) for frame in frames[:limit]]
        _count(left_out, counted, len(frames) - limit)
    if code and (lines := source_lines(thrown)):
        first = islice(lines.items(), _MOST_CODE)
        shown["code"] = [f"{line}: {clean(text, limit=_LONGEST_LINE, lines=False)}" for line, text in first]
        _count(left_out, "code_lines", len(lines) - _MOST_CODE)
    return {name: value for name, value in shown.items() if value not in ([], "")}


def _groups(thrown: Thrown, most: _Most, *, marked: bool) -> list[tuple[str, str, list[Frame], int]]:
    """The frames by whose they are: how those left out are counted, the key, the frames, and how many are shown.

    ``marked`` says that upstream marked the app's own frames, so that what it did not mark is a library's.
    """
    trace = thrown.stacktrace
    unknown = [each for each in trace if each.in_project is None and not marked]
    others = [each for each in trace if each.in_project is False or (each.in_project is None and marked)]
    return [
        ("app_frames", "frames_in_app", [each for each in trace if each.in_project], most.frames_of_app),
        ("frames", "frames", unknown, most.frames),
        ("library_frames", "frames_of_libraries", others, most.frames_of_libraries),
    ]


def source_lines(thrown: Thrown) -> Mapping[str, str] | None:
    """The source of the app's first frame; of the first that has any, where upstream does not say whose they are."""
    own = next((frame for frame in thrown.stacktrace if frame.in_project), None)
    if own is not None:
        return own.code
    return next((frame.code for frame in thrown.stacktrace if frame.in_project is None and frame.code), None)


def _frame(frame: Frame) -> str:
    line = "" if frame.line_number is None else f":{frame.line_number}"
    return clean(f"{frame.method or '?'} ({frame.file or '?'}{line})", limit=_LONGEST_LINE, lines=False)


def _breadcrumb(crumb: Breadcrumb) -> str:
    more = plain(crumb.metaData)
    detail = f" {json.dumps(more, ensure_ascii=False, separators=(',', ':'))}" if more else ""
    what = f"{crumb.timestamp or '?'} {crumb.type or '?'}: {crumb.name or '?'}"
    return clean(f"{what}{detail}", limit=_LONGEST_LINE, lines=False)


def as_object(value: Any) -> Mapping[str, Any]:  # noqa: ANN401 - any JSON
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


_CIRCUMSTANCES = tuple(f"{UNTRUSTED}.{name}" for name in ("version", "stage", "os", "device", "user"))
_ROW_HOLDS = Holds(
    visibility=ROW,
    fields=("error_class", "message"),
    added=_CIRCUMSTANCES,
    reads=("exceptions", "app", "device", "user"),
)
row = Row(_row, _ROW_HOLDS)
row_of_error = Row(_row_of_error, _ROW_HOLDS)
summary = Row(
    _summary,
    Holds(
        visibility=ROW,
        fields=("missing_dsym", "is_full_report", "exceptions", "app", "device", "request", "user"),
        added=("untrusted.breadcrumbs_newest_first", "left_out"),
    ),
)
