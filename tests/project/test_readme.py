import json
import re
import shlex
import tomllib
from pathlib import Path

from click.testing import CliRunner

from crashgate.cli.main import cli
from crashgate.config.settings import Settings
from crashgate.policy.document import load
from crashgate.policy.policy import Vocabulary
from tests.catalogue import CATALOGUE, RESOURCES, TOOLS

PAGES = (
    "README.md",
    "docs/index.md",
    "docs/operating.md",
    "docs/policy.md",
    "docs/policy-examples.md",
    "docs/hosting.md",
    "docs/exports.md",
    "docs/moving-over.md",
    "CONTRIBUTING.md",
)
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
VOCABULARY = Vocabulary(
    catalogue=CATALOGUE,
    connections={name: RESOURCES[name] for name in ("bugsnag", "bugspulse", "browserstack", "devrev")},
)


def blocks(root: Path, kind: str) -> list[str]:
    found = [text for page in PAGES for name, text in BLOCK.findall((root / page).read_text("utf-8")) if name == kind]
    assert found, f"no {kind} block is where this test looks"
    return found


def test_each_crashgate_command_of_the_pages_is_one(root: Path) -> None:
    lines = [line for block in blocks(root, "sh") for line in block.splitlines() if line.startswith("crashgate ")]
    assert lines

    for line in lines:
        ended = CliRunner().invoke(cli, [*shlex.split(line)[1:], "--help"])
        assert (line, ended.exit_code) == (line, 0)
        assert ended.output.startswith(f"Usage: cli {line.split()[1]}")


def test_each_make_target_of_the_pages_is_one(root: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (root / "Makefile").read_text("utf-8"), re.MULTILINE))
    named = {line.split()[1] for block in blocks(root, "sh") for line in block.splitlines() if line.startswith("make ")}

    assert named
    assert named <= targets


def test_each_document_of_the_pages_is_a_policy_or_a_configuration(root: Path) -> None:
    documents = blocks(root, "toml")

    templates = {
        path.removesuffix(".toml"): block
        for block in documents
        if (path := block.partition("\n")[0].removeprefix("# policies/")).startswith("templates/")
    }

    assert documents
    assert templates
    for block in documents:
        data = tomllib.loads(block)
        if "agent" in data:
            load(block, source=f"policies/{data['agent']}.toml", vocabulary=VOCABULARY, templates=templates)
        elif block not in templates.values():
            Settings(**data)


def test_each_json_block_of_the_pages_is_json(root: Path) -> None:
    documents = blocks(root, "json")

    assert documents
    for block in documents:
        json.loads(block)


def test_the_readme_names_every_tool_and_the_registry_name(root: Path) -> None:
    text = (root / "README.md").read_text("utf-8")

    assert [tool.name for tool in TOOLS if f"`{tool.name}`" not in text] == []
    assert f"mcp-name: {json.loads((root / 'server.json').read_text('utf-8'))['name']}" in text
