"""Event fields: what a project's events can be filtered by. Rule: every field listed here really filters.

Source: docs/upstreams/bugsnag.md#event-fields and #filters; the texts are ours.
"""

from collections.abc import Mapping

from starlette.responses import Response

from crashgate_sandbox.bugsnag.answers import JsonObject, json_answer
from crashgate_sandbox.bugsnag.call import Call, Route
from crashgate_sandbox.world.projects import Plan

_STATUSES = (("open", "Open"), ("fixed", "Fixed"), ("snoozed", "Snoozed"), ("ignored", "Ignored"))
_SEVERITIES = (("error", "Error"), ("warning", "Warning"), ("info", "Info"))
_YES_NO = (("true", "Yes"), ("false", "No"))

_BUILT_IN: tuple[tuple[str, str, tuple[tuple[str, str], ...]], ...] = (
    ("error", "Error", ()),
    ("event", "Event", ()),
    ("search", "Search", ()),
    ("error.id", "Error id", ()),
    ("error.status", "Status", _STATUSES),
    ("error.assigned_to", "Assigned to", (("me", "Me"), ("anyone", "Anyone"))),
    ("error.has_issue", "Has an issue", _YES_NO),
    ("user.id", "User id", ()),
    ("user.email", "User e-mail", ()),
    ("user.name", "User name", ()),
    ("app.release_stage", "Release stage", ()),
    ("app.context", "Context", ()),
    ("app.type", "App type", ()),
    ("app.in_foreground", "In foreground", _YES_NO),
    ("version.introduced_in", "Version introduced in", ()),
    ("version.seen_in", "Version seen in", ()),
    ("version_code.introduced_in", "Version code introduced in", ()),
    ("version_code.seen_in", "Version code seen in", ()),
    ("release.introduced_in", "Release introduced in", ()),
    ("release.seen_in", "Release seen in", ()),
    ("feature_flag.seen_in", "Feature flag seen in", ()),
    ("feature_flag.exclusive_to", "Feature flag exclusive to", ()),
    ("event.class", "Error class", ()),
    ("event.message", "Error message", ()),
    ("event.file", "File", ()),
    ("event.method", "Method", ()),
    ("event.severity", "Severity", _SEVERITIES),
    ("event.since", "Since", ()),
    ("event.before", "Before", ()),
    ("event.unhandled", "Unhandled", _YES_NO),
    ("browser.name", "Browser", ()),
    ("browser.version", "Browser version", ()),
    ("os.name", "Operating system", ()),
    ("os.version", "Operating system version", ()),
    ("device.hostname", "Host name", ()),
    ("device.manufacturer", "Manufacturer", ()),
    ("device.model", "Model", ()),
    ("device.jailbroken", "Jailbroken", _YES_NO),
    ("request.url", "Request URL", ()),
    ("request.ip", "Request IP address", ()),
)
_TITLES = {name: title for name, title, _ in _BUILT_IN}
_WITHOUT_OPTIONS = frozenset({"error", "event"})
"""Some built-in fields lack ``filter_options`` live, though the vendor's document requires it (L)."""
_NOT_TIMES = frozenset({"event.since", "event.before"})
_NOT_PIVOTS = frozenset(
    {
        "search", "error.id", "error.status", "error.assigned_to", "error.has_issue", "version.introduced_in",
        "version_code.introduced_in", "release.introduced_in", "feature_flag.exclusive_to", "event.message",
        "event.file", "event.method", "event.since", "event.before",
    }
)  # fmt: skip
"""Fields that say nothing that differs from event to event, or too much of it."""
VALUELESS = frozenset({"event"})
"""Pivots that are listed and have no values (L)."""
BESIDE: Mapping[str, tuple[str, ...]] = {
    "error": ("event.class", "event.message"),
    "user.id": ("user.name", "user.email"),
}
"""Fields that are told with each value of a pivot. That there are some is documented (O), which ones is a guess."""


def list_event_fields(call: Call) -> Response:
    """``GET /projects/{project_id}/event_fields``: one page with all of them."""
    plan = call.project().plan
    stages = tuple((stage, stage.capitalize()) for stage in plan.stages)
    rows = [_field(name, title, stages if name == "app.release_stage" else values) for name, title, values in _BUILT_IN]
    for name in plan.custom_fields:
        custom = _field(name, _custom_title(name), ())
        custom.update(custom=True, path=f"metaData.{name}", reindex_in_progress=False, reindex_percentage=100)
        rows.append(custom)
    return json_answer(rows)


def pivot_titles(plan: Plan) -> dict[str, str]:
    """Display id and name of each pivot of a project."""
    return {
        **{name: title for name, title, _ in _BUILT_IN if name not in _NOT_PIVOTS},
        **{name: _custom_title(name) for name in plan.custom_fields},
    }


def _custom_title(name: str) -> str:
    return name.replace(".", " ").capitalize()


def _field(name: str, title: str, values: tuple[tuple[str, str], ...]) -> JsonObject:
    body: JsonObject = {
        "display_id": name,
        "custom": False,
        "filter_options": {
            "name": title,
            "description": f"Events by {title.lower()}",
            "aliases": [name.rpartition(".")[2]],
            "hint_text": "Use * and ? as wildcards" if ".seen_in" in name else "",
            "hint_url": "https://docs.example/filters",
        },
        "values": [{"id": key, "name": label} for key, label in values],
        "match_types": ["eq"] if name in _NOT_TIMES else ["eq", "ne"],
        "pivot_options": {
            "name": title,
            "fields": [{"id": beside, "name": _TITLES[beside]} for beside in BESIDE.get(name, ())],
            "summary": name not in _NOT_PIVOTS | VALUELESS,
            "values": name not in _NOT_PIVOTS | VALUELESS,
            "cardinality": name not in _NOT_PIVOTS,
            "average": False,
        },
    }
    if name in _WITHOUT_OPTIONS:
        del body["filter_options"]
    return body


ROUTES = (Route(method="GET", path="/projects/{project_id}/event_fields", handler=list_event_fields),)
