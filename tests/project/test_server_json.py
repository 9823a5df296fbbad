import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import crashgate


@pytest.fixture
def server(root: Path) -> Mapping[str, Any]:
    entry: dict[str, Any] = json.loads((root / "server.json").read_text(encoding="utf-8"))
    return entry


def test_the_registry_entry_is_valid_against_the_registry_schema(server: Mapping[str, Any], contracts: Path) -> None:
    schema = json.loads((contracts / "mcp" / "server.schema.json").read_text(encoding="utf-8"))

    jsonschema.validate(server, schema, cls=jsonschema.Draft7Validator)
    assert server["$schema"] == schema["$id"]


def test_the_registry_entry_the_package_and_the_project_have_one_version(
    server: Mapping[str, Any], pyproject: Mapping[str, Any]
) -> None:
    versions = {server["version"], *(package["version"] for package in server["packages"])}

    assert versions == {crashgate.__version__} == {pyproject["project"]["version"]}


def test_the_registry_entry_keeps_the_token_out_of_the_arguments(server: Mapping[str, Any]) -> None:
    (package,) = server["packages"]
    secret = [variable["name"] for variable in package["environmentVariables"] if variable.get("isSecret")]

    assert secret == ["BUGSNAG_AUTH_TOKEN"]
    assert [argument.get("name", argument["value"]) for argument in package["packageArguments"]] == ["serve", "--agent"]


def test_the_changelog_speaks_of_this_version(root: Path, pyproject: Mapping[str, Any]) -> None:
    changelog = (root / "CHANGELOG.md").read_text(encoding="utf-8")

    assert f"\n## [{pyproject['project']['version']}]" in changelog
