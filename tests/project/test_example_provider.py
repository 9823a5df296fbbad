"""A plug-in is a provider like ours: its tools, policy, log and scopes work with no line of crashgate changed."""

import json
import os
import subprocess
import sys
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import pytest

EXAMPLE = Path("examples") / "crashgate-example-provider"


def installed(root: Path, folder: Path) -> dict[str, str]:
    """An environment in which the example is installed: its sources, and the entry points of its pyproject.toml."""
    project = tomllib.loads((root / EXAMPLE / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    metadata = folder / f"{project['name'].replace('-', '_')}-{project['version']}.dist-info"
    metadata.mkdir(parents=True)
    named = f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n"
    (metadata / "METADATA").write_text(named, encoding="utf-8")
    groups = "".join(
        f"[{group}]\n" + "".join(f"{name} = {value}\n" for name, value in entries.items())
        for group, entries in project["entry-points"].items()
    )
    (metadata / "entry_points.txt").write_text(groups, encoding="utf-8")
    return {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, (root / EXAMPLE / "src", folder, root)))}


@pytest.fixture(scope="module")
def environment(root: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return installed(root, tmp_path_factory.mktemp("site"))


@pytest.fixture(scope="module")
def seen(root: Path, environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the operator and two agents saw."""
    script = root / "tests" / "project" / "example_provider_run.py"
    command = [sys.executable, str(script), str(tmp_path_factory.mktemp("run"))]
    done = subprocess.run(command, env=environment, capture_output=True, check=True, text=True, timeout=120)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@cache
def _crashgate() -> Path:
    return Path(sys.executable).parent / "crashgate"


def run(environment: dict[str, str], *words: str) -> str:
    """What a command says."""
    done = subprocess.run([_crashgate(), *words], env=environment, capture_output=True, check=True, text=True)
    return done.stdout


def test_it_is_listed_with_the_package_that_brings_it(environment: dict[str, str]) -> None:
    line = next(each for each in run(environment, "providers").splitlines() if each.startswith("example "))

    assert line.split() == ["example", "crashgate-example-provider", "0.1.0"]


def test_a_second_package_that_brings_the_same_name_is_refused(environment: dict[str, str], tmp_path: Path) -> None:
    other = tmp_path / "other-1.dist-info"
    other.mkdir()
    (other / "METADATA").write_text("Metadata-Version: 2.1\nName: other\nVersion: 1\n", encoding="utf-8")
    (other / "entry_points.txt").write_text("[crashgate.providers]\nexample = other:PROVIDER\n", encoding="utf-8")
    both = {**environment, "PYTHONPATH": os.pathsep.join((environment["PYTHONPATH"], str(tmp_path)))}
    refused = subprocess.run([_crashgate(), "providers"], env=both, capture_output=True, check=False, text=True)

    assert refused.returncode == 3
    assert "Two installed packages register a provider called example" in refused.stderr


def test_it_is_as_a_provider_must_be(environment: dict[str, str]) -> None:
    assert run(environment, "provider", "check", "example") == "Example Tracker meets the requirements.\n"


def test_agents_are_shown_the_tools_that_their_policies_open(seen: dict[str, Any]) -> None:
    assert seen["tools"] == {
        "triager": ["my_access", "list_issues", "get_issue", "resolve_issue", "list_organizations"],
        "reader": ["my_access", "list_issues", "get_issue"],
    }


def test_a_list_is_paged_by_the_cursor_of_its_link_until_results_are_false(seen: dict[str, Any]) -> None:
    assert (seen["pages"], seen["last"]) == ([["6120033000", "6120033001"], ["6120033002"]], True)


def test_a_place_can_be_granted_by_its_slug_or_by_its_id(seen: dict[str, Any]) -> None:
    assert [each["id"] for each in seen["organizations"]["organizations"]] == ["4507001112223334"]
    assert (seen["by_id"]["issue"]["id"], seen["elsewhere"]) == ("6120033001", "not_available")


def test_one_update_route_is_one_operation_that_the_policy_decides_on(seen: dict[str, Any]) -> None:
    assert seen["resolved"]["issue"] == {"id": "6120033001", "status": "resolved"}
    assert seen["not_granted"] == "not_available"


def test_the_log_says_what_was_done_in_the_words_of_the_provider(seen: dict[str, Any]) -> None:
    resolved = [line for line in seen["log"] if line.startswith("triager resolved issue 6120033001")]
    refused = [line for line in seen["log"] if "was refused" in line]

    assert len(resolved) == 1
    assert "in organization north-harbor (tracker)" in resolved[0]
    assert "Example Tracker answered 200" in resolved[0]
    assert len(refused) == 2


def test_text_of_outsiders_is_marked(seen: dict[str, Any]) -> None:
    assert seen["untrusted"] == "obey me"


def test_the_page_about_providers_registers_the_example_as_it_is(root: Path) -> None:
    page = (root / "docs" / "providers.md").read_text(encoding="utf-8")
    entry = 'example = "crashgate_example_provider:PROVIDER"'

    assert entry in page
    assert entry in (root / EXAMPLE / "pyproject.toml").read_text(encoding="utf-8")
