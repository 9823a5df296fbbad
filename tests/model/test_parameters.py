"""What is true of every parameter there is."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from crashgate.model.access import Access
from crashgate.model.operation import AnyOperation, Shape
from crashgate.model.params import In
from tests.catalogue import BY_ID, OPERATIONS

CHOSEN_BY_AN_APP = {("browserstack.sessions.get", "session_id"), ("bugspulse.network_logs.list", "session_id")}
"""Ids that may be any text. In a path the encoding alone keeps them in their segment (test_path); others stay here."""


COSTLY = {
    "bugsnag.organizations.update": {"auto_upgrade"},
    "bugsnag.projects.create": {"ignore_old_browsers"},
    "bugsnag.projects.update": {
        "collaborator_ids",
        "discarded_app_versions",
        "discarded_errors",
        "ignore_old_browsers",
        "ignored_browser_versions",
        "url_whitelist",
    },
}
"""Parameters that cost money, take people's access away or lose data: they need the level of a delete."""


LEADING_OUT = ("", ".", "..", ".a", "a.", "a..b", "a/b", "a%2eb", "a b", "a?b", "a#b", "a;b", "a\\b", "é")
"""What leads out of a segment or into another one."""


each = pytest.mark.parametrize("operation", OPERATIONS, ids=list(BY_ID))


def parts(schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """A JSON Schema and all schemas inside it, references followed."""
    if "$ref" in schema:
        yield from parts(definitions[schema["$ref"].rpartition("/")[2]], definitions)
        return
    yield schema
    inside = [
        *schema.get("anyOf", ()),
        *schema.get("properties", {}).values(),
        *schema.get("patternProperties", {}).values(),
        *(schema[name] for name in ("items", "additionalProperties") if isinstance(schema.get(name), dict)),
    ]
    for one in inside:
        yield from parts(one, definitions)


def inner(operation: AnyOperation, name: str) -> list[Mapping[str, Any]]:
    document = operation.params.model_json_schema()
    return list(parts(document["properties"][name], document.get("$defs", {})))


def refuses(schema: Mapping[str, Any], text: str) -> bool:
    """Whether the type keeps the text out, by its pattern or by its list of values."""
    if "pattern" in schema:
        return re.search(schema["pattern"], text) is None
    return text not in (schema["enum"] if "enum" in schema else [schema["const"]])


@pytest.mark.threats(9)
def test_the_parameters_that_need_more_than_their_operation_are_what_people_have_agreed_on() -> None:
    found = {
        operation.id: {field.name for field in operation.fields if field.access is Access.DELETE}
        for operation in OPERATIONS
        if any(field.access is not None for field in operation.fields)
    }

    assert found == COSTLY


@each
def test_each_placeholder_of_the_path_is_a_required_parameter_that_travels_there(operation: AnyOperation) -> None:
    placeholders = re.findall(r"\{(\w+)\}", operation.path or "")
    travelling = [field.name for field in operation.fields if field.travels is In.PATH]

    assert sorted(placeholders) == sorted(travelling)
    assert [name for name in travelling if not operation.params.model_fields[name].is_required()] == []


@pytest.mark.threats(13)
@each
def test_each_parameter_of_the_path_or_for_the_gate_alone_is_one_plain_word(operation: AnyOperation) -> None:
    for field in operation.fields:
        if field.named_by is not None:  # the gate puts an id in its place (test_names)
            continue
        if field.travels in {In.PATH, In.NOWHERE} and (operation.id, field.name) not in CHOSEN_BY_AN_APP:
            for schema in inner(operation, field.name):
                if schema.get("type") == "string":
                    leading_out = [text for text in LEADING_OUT if not refuses(schema, text)]

                    assert leading_out == []
                else:
                    assert field.travels is In.NOWHERE


@pytest.mark.threats(24)
@each
def test_each_text_has_a_pattern_a_closed_list_or_a_length(operation: AnyOperation) -> None:
    for field in operation.fields:
        for schema in inner(operation, field.name):
            if schema.get("type") == "string":
                assert {"pattern", "enum", "const", "maxLength", "format"} & schema.keys(), field.name
            if schema.get("type") == "array":
                assert "maxItems" in schema, field.name
            if schema.get("type") == "object" and "properties" not in schema:
                assert {"maxLength", "maxProperties"} & schema.keys(), field.name
                assert "maxLength" in schema["propertyNames"], field.name


@pytest.mark.threats(26, 29)
@each
def test_what_the_log_may_show_has_a_pattern_or_a_closed_list_or_is_a_number_or_a_truth(
    operation: AnyOperation,
) -> None:
    for field in operation.fields:
        if field.logged:
            for schema in inner(operation, field.name):
                if "anyOf" not in schema and schema.get("type") != "array":  # its items stand here too
                    plain = schema.get("type") in {"integer", "boolean", "null"}
                    assert plain or {"pattern", "enum", "const"} & schema.keys(), field.name


@pytest.mark.threats(15)
@each
def test_no_operation_takes_a_parameter_that_it_does_not_declare(operation: AnyOperation) -> None:
    document = operation.params.model_json_schema()

    assert document["additionalProperties"] is False
    assert operation.params.model_config.get("frozen") is True


def test_the_most_rows_a_page_are_the_upstreams_own_limits() -> None:
    events = ("bugsnag.events.list_on_error", "bugsnag.events.list_on_project", "bugsnag.events.export")
    limits = {"bugsnag.releases.list": 10, **dict.fromkeys(events, 30)}
    usual = {"bugsnag": 100, "browserstack": 100, "devrev": 100, "bugspulse": 1000}

    assert {one.id: one.per_page for one in OPERATIONS if "per_page" in one.params.model_fields} == {
        one.id: limits.get(one.id, usual.get(one.provider)) for one in OPERATIONS if one.per_page is not None
    }


@each
def test_what_comes_in_pages_is_a_list_that_takes_no_fewer_than_one_row_and_no_more_than_its_limit(
    operation: AnyOperation,
) -> None:
    if operation.per_page is not None:
        limits = [one for one in inner(operation, "per_page") if one.get("type") == "integer"]
        assert operation.shape is Shape.MANY
        assert [(one["minimum"], one["maximum"]) for one in limits] == [(1, operation.per_page)]


@each
def test_the_log_may_show_every_number_every_truth_and_every_choice_of_a_closed_list(operation: AnyOperation) -> None:
    plain = {
        field.name
        for field in operation.fields
        if all(
            one.get("type") in {"integer", "number", "boolean", "null"} or {"enum", "const"} & one.keys()
            for one in inner(operation, field.name)
            if "anyOf" not in one
        )
    }

    assert {field.name for field in operation.fields if field.name in plain and not field.logged} == set()


def test_a_parameter_that_may_be_left_out_is_logged_as_its_type_is() -> None:
    # Guards: operation._marks_within; the marks of a type within "... | None" stand in the annotation only.
    logged = {(operation.id, field.name) for operation in OPERATIONS for field in operation.fields if field.logged}

    assert logged >= {
        ("bugsnag.errors.list", "base"),
        ("devrev.session_data.get", "recording_id"),
        ("devrev.session_data.get", "tab_id"),
    }
