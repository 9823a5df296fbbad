"""What must hold for every tool, whoever adds one (THREATS row 9)."""

import json
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from crashgate.errors import Code
from crashgate.model.access import Access
from crashgate.model.composite import CompositeTool
from crashgate.model.export import Export
from crashgate.model.operation import Operation
from crashgate.model.own import READ_EXPORT
from crashgate.model.provider import AnyTool
from crashgate.model.tool import Named, Tool
from crashgate.providers.bugsnag.errors import DELETE_ERROR, LIST_ERRORS
from crashgate.providers.bugsnag_sessions.sessions import REPORT_SESSIONS
from crashgate.tools.definitions import Definition, Use, define
from tests.catalogue import BY_NAME, CATALOGUE, OPERATIONS, TOOLS
from tests.house import OPERATOR, TRIAGE, open_house, policies_of_all, write_policies
from tests.system.sample import Here
from tests.system.samples import SAMPLES
from tests.tools.asks import ASKS, OWN_ASKS, SESSION_ASKS

NAMES = [tool.name for tool in TOOLS]
LONGEST_DESCRIPTION = 300
pytestmark = pytest.mark.threats(9)


def defined(tool: AnyTool, *connections: str) -> Definition:
    """The tool as an agent is shown it that may do all of it, at each of its providers where none are named."""
    uses = [Use(operation=each, furthest=each.access_with({f.name for f in each.fields})) for each in tool.operations]
    providers = tuple(dict.fromkeys(each.provider for each in tool.operations))
    return define(tool, uses, connections or providers, CATALOGUE)


def test_every_operation_has_exactly_one_tool_beside_the_composite_tools() -> None:
    plain = [operation.id for tool in TOOLS if isinstance(tool, Tool | Export) for operation in tool.operations]

    # But for one, which is no tool: a client reads an export as a resource.
    assert sorted([*plain, REPORT_SESSIONS.id, READ_EXPORT.id]) == sorted(each.id for each in OPERATIONS)


def test_a_composite_tool_declares_only_what_the_catalogue_has() -> None:
    composites = [tool for tool in TOOLS if isinstance(tool, CompositeTool)]

    assert [each.name for each in composites] == [
        "whats_new",
        "triage_error",
        "locate_error",
        "check_feature_flags",
        "compare_releases",
        "find_sessions",
        "report_sessions",
    ]
    assert all(operation in OPERATIONS for each in composites for operation in each.operations)


def test_every_tool_has_an_ask_in_the_tests() -> None:
    asked = [*ASKS, *(tool for asks in SESSION_ASKS.values() for tool in asks), *OWN_ASKS]

    assert set(asked) == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_each_tool_has_operations_of_one_resource_with_an_access(name: str) -> None:
    tool = BY_NAME[name]

    assert len(tool.operations) >= 1
    assert isinstance(tool, CompositeTool) or len({operation.resource for operation in tool.operations}) <= 1 + (
        name == "list_collaborators"
    )
    assert all(type(operation.access) is Access for operation in tool.operations)


@pytest.mark.parametrize("name", NAMES)
def test_the_annotations_say_what_the_operations_do(name: str) -> None:
    tool = BY_NAME[name]
    accesses = {operation.access_with({f.name for f in operation.fields}) for operation in tool.operations}
    replacing = {operation.method for operation in tool.operations if operation.access is not Access.READ} - {"POST"}
    hints = defined(tool).annotations

    assert hints.read_only is (accesses == {Access.READ} and not isinstance(tool, Export))
    assert hints.destructive is (Access.DELETE in accesses or bool(replacing))
    assert hints.open_world is any(operation.provider != "crashgate" for operation in tool.operations)


def test_what_only_adds_is_told_from_what_replaces() -> None:
    # As a person would sort them: a client asks its user before a destructive call.
    hints = {name: defined(BY_NAME[name], "only").annotations for name in NAMES}
    changing = {name for name, each in hints.items() if not each.read_only}

    assert {name for name in changing if not hints[name].destructive} == {
        "create_comment",
        "create_organization",
        "create_saved_search",
        "create_session",
        "report_sessions",
        *(each.name for each in TOOLS if isinstance(each, Export)),
    }
    assert {"update_comment", "update_error", "update_project", "delete_error"} <= changing


@pytest.mark.parametrize("name", [name for name in NAMES if name != "update_error"])
def test_no_tool_mixes_what_can_be_undone_with_what_cannot(name: str) -> None:
    # But for update_error, whose list of operations is cut to the agent's level: test_update_errors.py.
    assert len({operation.access for operation in BY_NAME[name].operations}) == 1


@pytest.mark.parametrize("name", NAMES)
def test_the_words_are_there_and_short(name: str) -> None:
    tool = BY_NAME[name]

    assert 20 <= len(tool.description) <= LONGEST_DESCRIPTION
    assert tool.description.endswith((".", "}."))
    assert 3 <= len(tool.title) <= 40
    assert tool.description.isprintable()


@pytest.mark.ablation("hidden parameters are not offered")
@pytest.mark.threats(15)
@pytest.mark.parametrize("name", NAMES)
def test_the_input_schema_names_what_the_tool_takes_and_nothing_else(name: str) -> None:
    # Guards: tool.hidden in derive.input_schema. That other names are refused: test_bad_input.py.
    schema = defined(BY_NAME[name]).input_schema

    Draft202012Validator.check_schema(schema)
    assert schema["type"] == "object"
    assert set(schema.get("required", ())) <= set(schema["properties"])
    tool = BY_NAME[name]
    assert isinstance(tool, CompositeTool) or tool.hidden.isdisjoint(schema["properties"])


@pytest.mark.parametrize("name", NAMES)
def test_with_one_connection_none_is_named(name: str) -> None:
    assert "connection" not in defined(BY_NAME[name], "only").input_schema["properties"]


@pytest.mark.parametrize("name", NAMES)
def test_with_several_connections_one_must_be_named(name: str) -> None:
    schema = defined(BY_NAME[name], "bugsnag", "bugsnag-eu").input_schema

    assert schema["properties"]["connection"]["enum"] == ["bugsnag", "bugsnag-eu"]
    assert "connection" in schema["required"]


@pytest.mark.parametrize("name", NAMES)
def test_what_the_words_of_a_tool_note_is_a_parameter_of_it(name: str) -> None:
    properties = defined(BY_NAME[name]).input_schema["properties"]

    assert set(BY_NAME[name].notes) <= set(properties)


@pytest.mark.parametrize("operation", SAMPLES)
def test_the_sample_arguments_fit_the_input_schema(operation: str) -> None:
    from tests.house import fresh_world  # noqa: PLC0415 - a world only for this test

    sample = SAMPLES[operation]
    arguments = dict(sample.arguments(Here(world=fresh_world())))

    Draft202012Validator(defined(BY_NAME[sample.tool]).input_schema).validate(arguments)  # pyright: ignore[reportUnknownMemberType] - jsonschema's own types are partial


async def test_an_error_fits_the_output_schema_of_every_tool(tmp_path: Path) -> None:
    # TypeScript clients compare an error's structured content with it too, and show their model nothing else when it
    # does not fit.
    async with open_house(tmp_path, policies=policies_of_all(tmp_path / "policies")) as house:
        answers = {name: await house.call(OPERATOR, name, {"no_such_argument": 1}) for name in NAMES}

    assert [name for name, answer in answers.items() if answer.error is None] == []
    assert [
        name
        for name, answer in answers.items()
        if not Draft202012Validator(defined(BY_NAME[name]).output_schema).is_valid(dict(answer.content))  # pyright: ignore[reportUnknownMemberType] - jsonschema's own types are partial
    ] == []


def _without(value: object, name: str) -> dict[str, Any]:
    """The named parts of a declaration, but one."""
    parts = {field.name: getattr(value, field.name) for field in fields(value) if field.init}  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType] - forbidden on purpose
    return {key: part for key, part in parts.items() if key != name}


@pytest.mark.parametrize("part", ["resource", "access", "scope", "id", "provider", "wording"])
def test_an_operation_without_a_part_that_decides_fails_at_import(part: str) -> None:
    # Guards: that these have no default anywhere.
    with pytest.raises(TypeError, match=part):
        Operation(**_without(LIST_ERRORS, part))


def test_an_operation_whose_access_contradicts_its_method_fails_at_import() -> None:
    # Guards: the checks in Operation.__post_init__.
    with pytest.raises(ValueError, match="a GET reads"):
        replace(LIST_ERRORS, access=Access.WRITE)
    with pytest.raises(ValueError, match="a DELETE deletes"):
        replace(DELETE_ERROR, access=Access.WRITE)
    with pytest.raises(ValueError, match="is not a read"):
        replace(DELETE_ERROR, method="PATCH", access=Access.READ)


@pytest.mark.parametrize("part", ["name", "choice", "view", "holds", "description"])
def test_a_tool_without_a_part_fails_at_import(part: str) -> None:
    with pytest.raises(TypeError, match=part):
        Tool(**_without(BY_NAME["list_errors"], part))


def test_a_tool_without_operations_fails_at_import() -> None:
    # Guards: Tool.__post_init__; without an operation it would have neither resource nor access.
    tool = BY_NAME["update_error"]
    assert isinstance(tool, Tool)
    with pytest.raises(ValueError, match="no operation"):
        replace(tool, choice=Named(argument="operation", choices={}))


def test_what_triage_needs_comes_first() -> None:
    # A model reads the list from its start; and a fixed order keeps a client's cache of it good.
    assert NAMES[:8] == [
        "my_access",
        "whats_new",
        "triage_error",
        "locate_error",
        "check_feature_flags",
        "compare_releases",
        "find_sessions",
        "list_errors",
    ]


DEVREV_ALONE = """
[[grant]]
connection = "devrev"
platforms = ["android"]
apps = ["*"]
access.session = "read"
"""
CHATS = """
[[grant]]
connection = "browserstack"
environments = ["staging"]
access.session = "write"
"""
ONE_PROJECT = """
[[grant]]
connection = "bugsnag"
projects = ["checkout-android"]
access.error = "read"
"""


async def test_the_example_of_a_tool_is_a_call_that_its_very_agent_can_make(tmp_path: Path) -> None:
    # Guards: _with_example. One that left out what is required, or gave what the policy fixes, would be refused.
    grants = {"both": DEVREV_ALONE + CHATS, "one": DEVREV_ALONE, "project": ONE_PROJECT}
    write_policies(tmp_path / "policies", grants)
    tried: dict[str, list[str]] = {}
    async with open_house(tmp_path, policies=policies_of_all(tmp_path / "policies")) as house:
        for agent in (*grants, OPERATOR, TRIAGE):
            for definition in house.toolbox.listed(agent):
                _, found, example = definition.description.partition(" Example: ")
                if not found or definition.name == "create_project":  # which the sandbox would make
                    continue
                given = json.loads(example.removesuffix("."))
                schema: Any = Draft202012Validator(dict(definition.input_schema))
                schema.validate(given)
                answer = await house.call(agent, definition.name, given)
                assert answer.error is not Code.INVALID_ARGUMENTS, (agent, definition.name, given, answer.text)
                tried.setdefault(agent, []).append(definition.name)

    assert [set(tried[agent]) for agent in grants] == [
        {"list_sessions", "create_session", "export_sessions"},
        {"list_sessions", "export_sessions"},
        {"list_errors", "export_errors"},
    ]
    assert "report_sessions" in tried[OPERATOR]
