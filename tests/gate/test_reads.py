"""Whatever a policy redacts, no parameter that reads it is accepted: derived from the catalogue (THREATS row 38)."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

import pytest

from crashgate.errors import InvalidArgumentsError
from crashgate.model.field_table import find_path
from crashgate.model.operation import AnyOperation, Field
from crashgate.model.reads import ReadsByName
from crashgate.model.tool import Tool
from tests.catalogue import BY_NAME, OPERATIONS, RESULT_FIELDS
from tests.gate.asks import good_ask
from tests.gate.gate import AGENT, Gate, policy
from tests.house import everything, open_house, write_policies
from tests.tools.canary import operation_of
from tests.tools.played import open_played

OPEN = frozenset({"filters", "pivots", "event_field_display_id", "sort_by"})
"""Parameters whose names anybody may define, so no list can say which are taken."""

REFUSED = "uses a field that the policy removes from answers"
CUSTOM = "metaData.account.plan"
DECLARING = [(each, field) for each in OPERATIONS for field in each.fields if field.reads is not None]


def _filter(name: str) -> Mapping[str, Any]:
    return {name: {"event.since": "7d", "event.before": "7d", "error.status": "open"}.get(name, "true")}


VALUES: Mapping[str, Any] = {
    "admin": True,
    "q": "acme",
    "query": "boom",
    "status": "open",
    "release": "4.18.0",
    "histogram": "two_week",
    "around": "2026-11-20T10:00:00Z",
    "minutes": 5,
    "session_id": "session-1",
    "failed_only": True,
    "direction": "asc",
    "base": "2026-11-20T10:00:00Z",
    "full_reports": True,
    "summary_size": 3,
    "buckets_count": 3,
    "resolution": "2h",
    "release_stage": "production",
    "offset": 10,
    "release_stage_name": "production",
    "top_only": True,
    "visible_only": True,
    "shared": True,
    "since": "2026-11-20",
    "until": "2026-11-21",
    "environment": ["production"],
    "is_crash": True,
    "is_anr": True,
    "has_exception_occurred": True,
    "rage_tap": True,
    "is_anonymous": True,
    "include_replay_data": True,
    **{
        name: ["text"]
        for name in (
            "app_version", "os_version", "manufacturer", "device_model", "network_type", "rev_user", "rev_org"
        )
    },
}  # fmt: skip
"""A value of every parameter that takes no names. One that is missing here is an error, not a parameter less."""


BESIDE: Mapping[str, Mapping[str, Any]] = {"minutes": {"around": VALUES["around"]}}
"""What a parameter takes beside it."""


def _given(field: Field, name: str) -> Any:  # noqa: ANN401 - any value that a caller may give
    match field.name:
        case "filters":
            return _filter(name)
        case "span_filters":
            return {name: {"span.since": "7d", "span.before": "1d"}.get(name, "phone")}
        case "pivots" | "sort_by":
            return [name]
        case _:
            return name


def _asked() -> Iterator[tuple[AnyOperation, str, Any, tuple[str, ...]]]:
    """Each parameter with each value that reads something, and what it reads."""
    for operation, field in DECLARING:
        if isinstance(field.reads, ReadsByName):
            custom = () if field.name.startswith("sort") else (CUSTOM,)
            for name in (*field.reads.named, *custom):
                yield operation, field.name, _given(field, name), field.reads.of(name)
        elif field.reads is not None and field.reads.fields:
            times = field.name in {"since", "until"} and operation.resource == "span"
            value = "2026-11-20T10:00:00Z" if times else VALUES[field.name]
            yield operation, field.name, value, field.reads.fields


def _each() -> Iterator[tuple[AnyOperation, str, Any, str]]:
    """The same once for each field that a policy can take out: not for an id, without which nothing can be read."""
    for operation, name, value, fields in _asked():
        for resource, _, path in (each.partition(".") for each in fields):
            hidden = "context" if path == "*" else path.removesuffix(".*")
            along = find_path(RESULT_FIELDS[resource], tuple(hidden.split(".")))
            if along is not None and not along[-1].fixed:
                yield operation, name, value, hidden


@cache
def _gate(provider: str, hidden: str) -> Gate:
    grants = f"{everything(provider)}[redact]\nfields = {json.dumps([hidden])}\n"
    return open_played(policy(grants, connections=(provider,)), connections=(provider,))


TOOLS = [each for each in BY_NAME.values() if isinstance(each, Tool)]
CASES = tuple(_each())
DECLARED = tuple(dict.fromkeys((operation.id, name) for operation, name, _, _ in CASES))


@pytest.mark.threats(38)
@pytest.mark.parametrize(("operation", "name"), DECLARED)
async def test_no_parameter_that_reads_a_redacted_field_is_accepted(operation: str, name: str) -> None:
    # Guards: hidden_fault in plan, and Redaction.hides.
    for about, parameter, value, hidden in CASES:
        if (about.id, parameter) != (operation, name):
            continue
        ask, gate = good_ask(about), _gate(about.provider, hidden)
        gate.upstream.received.clear()
        with pytest.raises(InvalidArgumentsError, match=REFUSED):
            await gate.gateway.run(replace(ask, arguments={**ask.arguments, **BESIDE.get(name, {}), name: value}))

        sent = [operation_of(each.method, urlsplit(each.url).path) for each in gate.upstream.received]
        assert about not in sent, f"{value} is asked although {hidden} is redacted"


@pytest.mark.ablation("a filter reads errors as well as events", "a name redacted at any depth hides what reads it")
@pytest.mark.threats(38)
@pytest.mark.parametrize(
    ("tool", "name", "value", "fields"),
    [
        ("list_errors", "filters", {"event.message": "boom"}, ["message"]),
        ("list_errors", "filters", {"event.class": "Boom"}, ["error_class"]),
        ("list_errors", "filters", {"error.status": "open"}, ["status"]),
        ("list_errors", "filters", {"error.assigned_to": "me"}, ["assigned_collaborator_id"]),
        ("list_errors", "filters", {"error.has_issue": "true"}, ["linked_issues"]),
        ("list_errors", "filters", {"error.has_issue": "true"}, ["linked_issues.key"]),
        ("list_errors", "filters", {"release.introduced_in": "1"}, ["introduced_in_releases"]),
        ("list_errors", "filters", {"app.release_stage": "beta"}, ["release_stages"]),
        ("list_errors", "filters", {"user.email": "a@b.example"}, ["user.**.email"]),
        ("list_errors", "filters", {CUSTOM: "gold"}, ["metaData.**.iban"]),
        ("list_errors", "filters", {"search": "boom"}, ["linked_issues.url"]),
        ("list_errors", "query", "boom", ["linked_issues.url"]),
        ("list_errors", "status", "fixed", ["status"]),
        ("list_errors", "release", "4.18.0", ["introduced_in_releases.build_label"]),
        ("list_errors", "sort", "users", ["users"]),
        ("list_pivot_values", "event_field_display_id", "user.id", ["users"]),
        ("create_saved_search", "filters", {"error.status": "open"}, ["status"]),
    ],
)
async def test_a_field_that_goes_on_one_resource_is_read_on_no_other(
    tmp_path: Path, tool: str, name: str, value: object, fields: list[str]
) -> None:
    redact = f"{everything('bugsnag')}[redact]\nfields = {json.dumps(fields)}\n"
    more = {"name": "A search", "project_default": False} if tool == "create_saved_search" else {}
    async with open_house(tmp_path, policies=write_policies(tmp_path / "policies", {"looker": redact})) as house:
        answer = await house.call("looker", tool, {"project_id": "checkout-ios", **more, name: value})

    assert answer.text.startswith(f"{name} {REFUSED}"), answer.text


def _properties(gate: Gate, tool: str) -> Mapping[str, Any]:
    shown = {each.name: each.input_schema["properties"] for each in gate.toolbox.listed(AGENT)}
    return cast("Mapping[str, Any]", shown.get(tool, {}))


@pytest.mark.ablation("the list of tools leaves out what reads a redacted field")
@pytest.mark.threats(18, 38)
@pytest.mark.parametrize(
    "tool", [each for each in BY_NAME.values() if isinstance(each, Tool)], ids=lambda each: each.name
)
def test_what_reads_a_redacted_field_whatever_its_value_is_not_offered(tool: Tool) -> None:
    # Guards: hidden_parameters and hidden_words in opening.
    for operation, name, value, hidden in CASES:
        alone = [each for each in tool.operations if each.provider == operation.provider] == [operation]
        if not alone:
            continue
        shown = _properties(_gate(operation.provider, hidden), tool.name).get(name, {})
        free = name in OPEN
        assert free or not shown or value not in shown.get("enum", (value,)), f"{name} although {hidden} is redacted"


@pytest.mark.ablation("a tool that needs a redacted field is not listed")
def test_a_tool_that_cannot_be_called_without_a_redacted_field_is_not_offered() -> None:
    # Guards: the required parameters in opening.
    shown = {each.name for each in _gate("bugsnag", "release_stage_name").toolbox.listed(AGENT)}

    assert "list_release_groups" not in shown
    assert "get_release_group" in shown
