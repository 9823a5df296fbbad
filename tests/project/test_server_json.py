import json
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

import crashgate
from crashgate.cli.session import PRESETS


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
    assert [argument.get("name", argument["value"]) for argument in package["packageArguments"]] == [
        "serve",
        "--preset",
    ]


def test_the_changelog_speaks_of_this_version(root: Path, pyproject: Mapping[str, Any]) -> None:
    changelog = (root / "CHANGELOG.md").read_text(encoding="utf-8")

    assert f"\n## [{pyproject['project']['version']}]" in changelog


def test_the_bundle_for_claude_desktop_is_of_this_version_and_serves_a_shipped_policy(root: Path) -> None:
    manifest = json.loads((root / "mcpb" / "manifest.json").read_text(encoding="utf-8"))
    project = tomllib.loads((root / "mcpb" / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    version = crashgate.__version__

    assert (manifest["version"], project["version"], project["dependencies"]) == (
        version,
        version,
        [f"crashgate=={version}"],
    )
    assert manifest["server"]["mcp_config"]["args"][-3:] == ["serve", "--preset", "${user_config.preset}"]
    assert manifest["user_config"]["preset"]["default"] in PRESETS
    assert [name for name, each in manifest["user_config"].items() if each.get("sensitive")] == ["token"]


def test_the_registry_entry_and_the_bundle_offer_the_shipped_policies(server: Mapping[str, Any]) -> None:
    (package,) = server["packages"]
    (preset,) = (each for each in package["packageArguments"] if each.get("name") == "--preset")

    assert tuple(preset["variables"]["preset"]["choices"]) == PRESETS


@pytest.mark.parametrize("name", ["tests.yml", "release.yml"])
def test_a_workflow_calls_targets_of_make_that_there_are_and_holds_no_secret(root: Path, name: str) -> None:
    text = (root / ".github" / "workflows" / name).read_text(encoding="utf-8")
    workflow = yaml.safe_load(text)
    targets = set(re.findall(r"^([a-z-]+):", (root / "Makefile").read_text("utf-8"), re.MULTILINE))
    steps = [step for job in workflow["jobs"].values() for step in job["steps"]]
    made = [word for step in steps for line in step.get("run", "").splitlines() if line.startswith("make ")
            for word in line.split()[1:] if "=" not in word]  # fmt: skip

    assert made
    assert set(made) <= targets
    assert workflow["permissions"] == {"contents": "read"}
    assert "secrets." not in text
