import json
from pathlib import Path

from crashgate.model.composite import CompositeTool
from crashgate.reference import operations
from crashgate.reference.operations import sample_path, scope_in_words
from tests.catalogue import CATALOGUE, OPERATIONS, TOOLS


def by_id() -> dict[str, dict[str, str | None]]:
    """The data by operation."""
    return {str(each["id"]): each for each in operations.as_data(CATALOGUE)}


def test_every_operation_is_listed_once_in_the_order_of_the_catalogue() -> None:
    assert [each["id"] for each in operations.as_data(CATALOGUE)] == [operation.id for operation in OPERATIONS]


def test_each_operation_has_exactly_these_seven_words() -> None:
    words = {"id", "provider", "resource", "access", "method", "path", "tool"}
    assert [each for each in operations.as_data(CATALOGUE) if set(each) != words] == []
    assert json.loads(json.dumps(operations.as_data(CATALOGUE))) == operations.as_data(CATALOGUE)


def test_operations_are_told_as_they_are() -> None:
    found = by_id()
    assert found["bugsnag.errors.delete"] == {
        "id": "bugsnag.errors.delete",
        "provider": "bugsnag",
        "resource": "error",
        "access": "delete",
        "method": "DELETE",
        "path": "/projects/{project_id}/errors/{error_id}",
        "tool": "delete_error",
    }
    assert found["crashgate.access.get"] == {
        "id": "crashgate.access.get",
        "provider": "crashgate",
        "resource": "access",
        "access": "read",
        "method": None,
        "path": None,
        "tool": "my_access",
    }
    assert found["bugsnag-sessions.sessions.report"]["tool"] == "report_sessions"


def test_an_operation_with_a_tool_of_its_own_is_not_told_as_a_composed_one() -> None:
    composed = {tool.name for tool in TOOLS if isinstance(tool, CompositeTool)}
    assert composed == {
        "whats_new",
        "triage_error",
        "locate_error",
        "check_feature_flags",
        "compare_releases",
        "find_sessions",
        "report_sessions",
    }
    assert {each["tool"] for each in by_id().values()} & composed == {"report_sessions"}
    assert by_id()["bugsnag.errors.get"]["tool"] == "get_error"


def test_every_operation_has_a_tool() -> None:
    # Reading an export is a resource of the protocol, not a tool.
    assert [name for name, each in by_id().items() if each["tool"] is None] == ["crashgate.exports.read"]


def test_the_sample_of_each_operation_stands_where_the_page_says(root: Path) -> None:
    asked = [operation for operation in OPERATIONS if operation.method]
    assert [each.id for each in asked if not (root / sample_path(each)).is_file()] == []
    assert [
        each.id
        for each in asked
        if f"/blob/main/{sample_path(each)})" not in operations.operations_section(OPERATIONS, CATALOGUE)
    ] == []


def test_a_parameter_that_needs_more_than_its_operation_is_told_with_its_level() -> None:
    assert "| write | `write`, `full` for `auto_upgrade` |" in operations.operations_section(OPERATIONS, CATALOGUE)


def test_no_operation_has_two_tools_of_its_own() -> None:
    own = [tool for tool in TOOLS if not isinstance(tool, CompositeTool)]
    behind = [operation.id for tool in own for operation in tool.operations]
    assert len(behind) == len(set(behind)), "the reference names one tool for each operation"
    assert {tool.name for tool in own} <= {each["tool"] for each in by_id().values()}


_NAMING = ("project", "organization", "environment", "app", "platform", "object")


def test_every_scope_has_words_that_name_its_parameters() -> None:
    for operation in OPERATIONS:
        words = scope_in_words(operation.scope)
        for field in operation.fields:
            places = {getattr(operation.scope, key, None) for key in _NAMING}
            named = places | set(getattr(operation.scope, "kept", ()))
            assert (f"`{field.name}`" in words) is (field.name in named), operation.id
