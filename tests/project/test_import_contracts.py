import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

LAYERS = "Imports point down, and packages of one layer do not know each other"
PURE = "What decides, records and describes knows no HTTP, MCP, database, web or terminal library"
UPSTREAM = "A single exit: only the gateway and what wires it use the upstream layer"
STORAGE = "Only the wiring puts storage behind ports"
CLIENT = "Only the upstream layer holds an HTTP client"
SANDBOX = "The sandbox knows nothing of ours but the clock and the errors, so that two readings check each other"
CONFIG = "Settings are read by the command line and the wiring only"
VENDORS = "Nothing knows a vendor: providers are found by their entry points"
PROVIDERS = "A provider stands on the model and the shared views, and on nothing else of ours"
CYCLES = "There are no cycles at any depth"

MODULES = ["__main__", "clock", "errors", "identity", "offload", "ownership", "periodic", "sanitise", "strict_json"]
PACKAGES = [
    "audit",
    "cli",
    "clients",
    "config",
    "console",
    "exports",
    "gate",
    "mcp",
    "model",
    "policy",
    "providers",
    "reference",
    "storage",
    "tools",
    "upstream",
    "views",
]
OURS = ["browserstack", "bugsnag", "bugsnag_sessions", "bugspulse", "devrev"]
"""The folders of providers."""


@pytest.fixture
def project(tmp_path: Path, root: Path) -> Path:
    """The packages of the product with nothing in them, under the product's own contracts."""
    shutil.copy(root / "pyproject.toml", tmp_path)
    source = tmp_path / "src" / "crashgate"
    source.mkdir(parents=True)
    (source / "__init__.py").touch()
    for module in MODULES:
        (source / f"{module}.py").touch()
    for package in (*PACKAGES, "../crashgate_sandbox"):
        (source / package).mkdir()
        for file in ("__init__", "one", "two"):
            (source / package / f"{file}.py").touch()
    for provider in OURS:
        (source / "providers" / provider).mkdir()
        (source / "providers" / provider / "__init__.py").touch()
    return tmp_path


def _broken(project: Path) -> set[str]:
    """The names of the contracts that do not hold."""
    result = subprocess.run(
        [Path(sys.executable).parent / "lint-imports", "--no-cache"],
        cwd=project,
        env={**os.environ, "PYTHONPATH": str(project / "src"), "COLUMNS": "400", "NO_COLOR": "1"},
        capture_output=True,
        check=False,
        text=True,
    )
    assert "Contracts: " in result.stdout, result.stdout + result.stderr
    return {line.removesuffix(" BROKEN").strip() for line in result.stdout.splitlines() if line.endswith(" BROKEN")}


def test_a_project_of_empty_packages_keeps_every_contract(project: Path) -> None:
    assert _broken(project) == set()


@pytest.mark.parametrize(
    ("importer", "imported", "contracts_broken"),
    [
        pytest.param("model/one", "crashgate.policy.one", {LAYERS}, id="an import that points up"),
        pytest.param("policy/one", "crashgate.audit.one", {LAYERS}, id="an import of a neighbour"),
        pytest.param("config/one", "crashgate.mcp.one", set[str](), id="an import that points down"),
        pytest.param("tools/one", "crashgate.upstream.one", {UPSTREAM}, id="a tool that goes round the gateway"),
        pytest.param("mcp/one", "crashgate.storage.one", {LAYERS, STORAGE}, id="a server with a store of its own"),
        pytest.param("cli/one", "crashgate.storage.one", {STORAGE}, id="a command that goes round the wiring"),
        pytest.param("tools/one", "httpx2", {CLIENT}, id="a tool with an HTTP client"),
        pytest.param("tools/one", "aiohttp", {CLIENT}, id="a tool with another HTTP client"),
        pytest.param("upstream/http", "aiohttp", set[str](), id="the upstream layer's HTTP client"),
        pytest.param("policy/one", "sqlite3", {PURE}, id="a policy that reads a database"),
        pytest.param(
            "../crashgate_sandbox/one",
            "crashgate.upstream.one",
            {SANDBOX, UPSTREAM},
            id="a sandbox that uses the codec",
        ),
        pytest.param(
            "../crashgate_sandbox/one", "crashgate.model.one", {SANDBOX}, id="a sandbox that reads the operations"
        ),
        pytest.param("../crashgate_sandbox/one", "crashgate.clock", set[str](), id="a sandbox that tells the time"),
        pytest.param("__main__", "crashgate.config.one", {CONFIG}, id="settings read elsewhere"),
        pytest.param("gate/one", "crashgate.providers.bugsnag", {VENDORS}, id="a gate that knows a vendor"),
        pytest.param(
            "../crashgate_sandbox/one",
            "crashgate.providers.bugsnag",
            {SANDBOX, VENDORS},
            id="a sandbox that imports a provider",
        ),
        pytest.param("providers/one", "crashgate.gate.one", {LAYERS, PROVIDERS}, id="a provider that uses the gate"),
    ],
)
def test_an_import_breaks_the_contracts_that_forbid_it(
    project: Path, importer: str, imported: str, contracts_broken: set[str]
) -> None:
    (project / "src" / "crashgate" / f"{importer}.py").write_text(f"import {imported}\n", encoding="utf-8")

    assert _broken(project) == contracts_broken


def test_a_cycle_inside_a_folder_is_found(project: Path) -> None:
    policy = project / "src" / "crashgate" / "policy"
    (policy / "one.py").write_text("import crashgate.policy.two\n", encoding="utf-8")
    (policy / "two.py").write_text("import crashgate.policy.one\n", encoding="utf-8")

    assert _broken(project) == {CYCLES}


def test_a_module_in_no_layer_is_found(project: Path) -> None:
    (project / "src" / "crashgate" / "somewhere.py").touch()

    assert _broken(project) == {LAYERS}
