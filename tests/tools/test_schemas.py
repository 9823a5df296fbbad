"""The schemas of every tool are of the kind that every client reads, and every parameter and field is explained."""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import pytest
from jsonschema import Draft202012Validator

from crashgate.model.composite import CompositeTool
from crashgate.model.meanings import IN_WORDS, MEANINGS, OF_RESOURCE, meaning
from crashgate.model.scope import naming
from crashgate.model.tool import Detail, Named, Tool
from crashgate.tools.answers import COMMON
from crashgate.tools.definitions import Definition, Use, define
from tests.catalogue import BY_NAME, CATALOGUE, OPERATIONS
from tests.house import EXAMPLES, OPERATOR, House, open_house, policies_of_all, write_policies
from tests.system.bugsnag_samples import COMPOSED
from tests.system.sample import Here
from tests.system.samples import SAMPLES
from tests.tools.test_invariants import NAMES, defined

NULLABLE = {"assigned_collaborator_id", "assigned_team_id"}
"""Where null has a meaning: nobody."""

LONGEST = 200
"""Characters of a description; each is paid for in every conversation."""

Schema = Mapping[str, Any]


def _parts(schema: Schema) -> Iterator[Schema]:
    """A schema and all that are inside it."""
    yield schema
    inside = [*schema.get("properties", {}).values(), *schema.get("anyOf", ())]
    for each in (*inside, *([schema["items"]] if "items" in schema else [])):
        yield from _parts(each)


def _check(schema: Schema, *, input_: bool) -> None:
    """The rules of the kind that every client reads."""
    for part in _parts(schema):
        assert not {"const", "additionalProperties", "$ref", "oneOf", "allOf", "not", "patternProperties"} & part.keys()
        assert isinstance(part.get("type"), str) != ("anyOf" in part), part
        assert part.get("type") != "array" or "items" in part, part
        assert part.get("type") != "object" or "properties" in part or len(part.get("description", "")) > 1, part
        assert part.get("minimum") != 0, part
        assert "enum" not in part or (part["type"] == "string" and all(part["enum"])), part
    assert input_ or "required" not in schema


async def _of_every_policy(folder: Path) -> list[Definition]:
    """Every tool as each agent of the example policies is shown it, and as one that may do everything is."""
    found = [defined(BY_NAME[name], *names) for name in NAMES for names in ((), ("only",), ("one", "two"))]
    sessions = {path.stem: path.read_text(encoding="utf-8") for path in (EXAMPLES / "sessions").glob("*.toml")}
    folders = {
        "shipped": EXAMPLES,
        "all": policies_of_all(folder / "all"),
        "sessions": write_policies(folder / "sessions", {}),
    }
    for agent, text in sessions.items():
        path = folders["sessions"] / f"{agent}.toml"
        path.write_text(text, encoding="utf-8")
        path.chmod(0o600)
    for name, policies in folders.items():
        async with open_house(folder / f"house-{name}", policies=policies) as house:
            for agent in [path.stem for path in policies.glob("*.toml")]:
                listed = house.toolbox.listed(agent)
                assert listed, agent
                found += listed
    return found


async def test_every_schema_of_every_example_policy_is_of_the_kind_that_every_client_reads(tmp_path: Path) -> None:
    # google-genai, Cursor, adk-js and OpenAI's strict mode each refuse one of these.
    found = await _of_every_policy(tmp_path)

    assert len(found) > 3 * len(NAMES)
    for each in found:
        _check(each.input_schema, input_=True)
        _check(each.output_schema, input_=False)


async def test_every_parameter_of_every_example_policy_is_described(tmp_path: Path) -> None:
    for each in await _of_every_policy(tmp_path):
        for name, schema in cast("Mapping[str, Schema]", each.input_schema["properties"]).items():
            words = schema.get("description", "")
            assert 4 <= len(words) <= LONGEST + 40, (each.name, name, words)
            assert words.isprintable()
            assert words.strip(" .") == words, (each.name, name, words)


async def test_null_is_offered_where_it_means_something_and_nowhere_else(tmp_path: Path) -> None:
    # An agent that is offered null elsewhere sends it, and upstream answers 400.
    for each in await _of_every_policy(tmp_path):
        for name, schema in cast("Mapping[str, Schema]", each.input_schema["properties"]).items():
            nulls = [part for part in _parts(schema) if part.get("type") == "null"]
            assert len(nulls) == (name in NULLABLE), (each.name, name)

    assigned = defined(BY_NAME["update_error"]).input_schema["properties"]["assigned_team_id"]
    words = "for assign; null: nobody"
    assert assigned == {
        "anyOf": [{"type": "string", "description": words}, {"type": "null"}],
        "description": words,
    }


def _numbers() -> list[tuple[str, str]]:
    """The numbers for which a tool's operations refuse 0."""
    found: list[tuple[str, str]] = []
    for name in NAMES:
        for parameter, schema in defined(BY_NAME[name]).input_schema["properties"].items():
            found += [(name, parameter)] * (schema.get("type") == "integer")
    return found


@pytest.mark.parametrize(("tool", "name"), _numbers())
def test_a_number_that_must_not_be_0_has_a_minimum(tool: str, name: str) -> None:
    schema = defined(BY_NAME[tool]).input_schema["properties"][name]
    asked = BY_NAME[tool]
    own = [asked.params] if isinstance(asked, CompositeTool) else []
    known = [each for each in (*own, *(one.params for one in asked.operations)) if name in each.model_fields]
    least = {
        part["minimum"]
        for each in known
        for part in each.model_json_schema()["properties"][name].get("anyOf", ())
        if "minimum" in part
    }

    assert least
    assert schema.get("minimum", 0) == max(least)


def test_what_every_open_provider_demands_is_required_and_nothing_else() -> None:
    for name in NAMES:
        tool = BY_NAME[name]
        schema = defined(tool, "one", "two").input_schema
        for parameter in set(schema["properties"]) - {"connection", "operation"}:
            operations = tool.operations
            if isinstance(tool, Tool) and isinstance(tool.choice, Named):
                operations = tuple(tool.choice.choices.values())  # one object is asked for as a list of one
            fields = [each.params.model_fields.get(parameter) for each in operations]
            if not isinstance(tool, CompositeTool):
                across = CATALOGUE.across.get(name)
                places = naming(across.first_operations[0].scope) if across is not None else ()
                demanded = parameter not in places and all(
                    field is not None and field.is_required() for field in fields
                )
                assert (parameter in schema.get("required", ())) is demanded, (name, parameter)


def test_every_parameter_of_the_catalogue_has_a_meaning_and_no_meaning_is_left_over() -> None:
    named = {(each.resource, field.name) for each in OPERATIONS for field in each.fields}
    composites = {
        field
        for tool in (*BY_NAME.values(), *CATALOGUE.across.values())
        if isinstance(tool, CompositeTool)
        for field in tool.params.model_fields
    }

    assert [each for each in named if not meaning(*each)] == []
    assert set(MEANINGS) == {name for _, name in named} | composites
    assert set(OF_RESOURCE) <= named
    assert {name for _, name in named} >= IN_WORDS
    assert {name: words for name, words in MEANINGS.items() if len(words) > LONGEST} == {}


def test_a_parameter_without_a_meaning_is_refused() -> None:
    with pytest.raises(ValueError, match="no meaning"):
        meaning("error", "nobody_said_what")


Call = tuple[str, Mapping[str, Any]]


def _calls(house: House) -> list[Call]:
    """A call of every operation, and of every composed tool; the lists of what calls make come last."""
    given = [
        *COMPOSED.items(),
        *((sample.tool, (sample.arguments, sample.holds)) for sample in SAMPLES.values()),
    ]
    calls = [(name, dict(arguments(Here(world=house.world)))) for name, (arguments, _) in given]
    commented = {**dict(calls)["create_comment"]}
    del commented["message"]
    return sorted([*calls, ("list_comments", commented)], key=lambda call: call[0] in {"list_comments", "list_exports"})


async def test_each_answer_fits_the_output_schema_which_names_each_of_its_fields(tmp_path: Path) -> None:
    seen: dict[str, int] = dict.fromkeys(NAMES, 0)
    async with open_house(tmp_path, policies=policies_of_all(tmp_path / "policies")) as house:
        for name, given in _calls(house):
            tool, schema = BY_NAME[name], defined(BY_NAME[name]).output_schema
            Draft202012Validator.check_schema(schema)
            for detail in Detail if isinstance(tool, Tool) and tool.detailed else (None,):
                answer = await house.call(OPERATOR, name, {**given, **({"detail": detail.value} if detail else {})})
                assert answer.error is None, answer
                content = dict(answer.content)
                Draft202012Validator(schema).validate(content)  # pyright: ignore[reportUnknownMemberType] - jsonschema's own types are partial
                assert set(content) <= {*schema["properties"], *COMMON}, name
                if detail is not Detail.FULL:
                    seen[name] += _check_named(tool.holds[0], schema, content)

    assert {name for name, rows in seen.items() if not rows} == set()


def test_no_answer_is_said_to_hold_a_secret() -> None:
    named = {word for name in NAMES for word in re.findall(r"\w+", str(defined(BY_NAME[name]).output_schema))}

    assert {"api_key", "upload_api_key", "two_factor_enabled", "must_use_upload_api_key"} & named == {
        "must_use_upload_api_key"
    }


def test_what_only_some_providers_take_is_said_beside_the_names_that_are_open() -> None:
    # Guards: _whose after _offered; without its words an agent cannot know that DevRev demands a platform.
    tool = BY_NAME["list_sessions"]
    names = {"platform": ("ios", "android"), "app_id": ("com.acme.checkout", "com.acme.courier")}
    uses = [
        Use(operation=each, furthest=each.access, offered=names if each.provider == "devrev" else {})
        for each in tool.operations
    ]
    properties = define(tool, uses, ("bugspulse", "devrev"), CATALOGUE).input_schema["properties"]

    assert properties["platform"]["enum"] == ["ios", "android"]
    assert all(properties[name]["description"].endswith("; required for DevRev") for name in names)


def _check_named(key: str, schema: Schema, content: Mapping[str, Any]) -> int:
    """Every field of what stands under ``key`` is named; gives how many rows there were."""
    part = schema["properties"][key]
    whole = content[key]
    rows = cast("Sequence[Mapping[str, Any]]", whole if isinstance(whole, list) else [whole])
    ours, _, outside = part.get("items", part)["description"].partition("untrusted: ")
    named = (set(ours.strip("; ").split(", ")), set(outside.split(", ")))
    for row in rows:
        assert set(row) - {"untrusted"} <= named[0], (key, row, named)
        assert set(row.get("untrusted", {})) <= named[1], (key, row, named)
    return sum(1 for row in rows if row)
