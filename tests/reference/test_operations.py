import json

from crashgate.catalogue.registry import OPERATIONS
from crashgate.reference import operations
from crashgate.reference.operations import scope_in_words
from crashgate.tools.registry import TOOLS


def by_id() -> dict[str, dict[str, str | None]]:
    """The data by operation."""
    return {str(each["id"]): each for each in operations.as_data()}


def test_every_operation_is_listed_once_in_the_order_of_the_catalogue() -> None:
    assert [each["id"] for each in operations.as_data()] == [operation.id for operation in OPERATIONS]


def test_each_operation_has_exactly_these_seven_words() -> None:
    words = {"id", "provider", "resource", "access", "method", "path", "tool"}
    assert [each for each in operations.as_data() if set(each) != words] == []
    assert json.loads(json.dumps(operations.as_data())) == operations.as_data()


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
    assert found["bugsnag.organizations.get"]["tool"] is None


def test_no_operation_has_two_tools() -> None:
    behind = [operation.id for tool in TOOLS for operation in tool.operations]
    assert len(behind) == len(set(behind)), "the reference names one tool for each operation"
    assert {each["tool"] for each in by_id().values() if each["tool"]} == {tool.name for tool in TOOLS}


def test_every_scope_has_words_that_name_its_parameters() -> None:
    for operation in OPERATIONS:
        words = scope_in_words(operation.scope)
        for field in operation.fields:
            named = field.name in {getattr(operation.scope, key, None) for key in ("project", "organization", "error")}
            assert (f"`{field.name}`" in words) is named, operation.id
