import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

FLOORS = "Imports point down, and what stands on one floor does not know its neighbours"
PURE = "The pure floors know no HTTP, MCP, database, web or terminal library"
UPSTREAM = "One door: only the gateway, the adapters and what wires them use the upstream floor"
ADAPTERS = "One door: only wiring puts adapters into ports"
CLIENT = "One door: only the adapters hold an HTTP client"
SANDBOX = "The sandbox reads the catalogue and nothing of ours above it, so that two readings check each other"
SETTINGS = "Settings are read by the command line and the wiring only"
CYCLES = "There are no cycles at any depth"

MODULES = [
    "__main__",
    "aside",
    "clock",
    "errors",
    "formula",
    "gateway",
    "identity",
    "misconfigured",
    "ownership",
    "settings",
    "strict_json",
    "text",
    "wiring",
]
PACKAGES = [
    "adapters",
    "catalogue",
    "cli",
    "decisions",
    "exports",
    "policy",
    "reference",
    "sandbox",
    "server",
    "tools",
    "upstream",
]


@pytest.fixture
def house(tmp_path: Path, root: Path) -> Path:
    """The floors of the product with nothing on them, under the product's own contracts."""
    shutil.copy(root / "pyproject.toml", tmp_path)
    source = tmp_path / "src" / "crashgate"
    source.mkdir(parents=True)
    (source / "__init__.py").touch()
    for module in MODULES:
        (source / f"{module}.py").touch()
    for package in PACKAGES:
        (source / package).mkdir()
        for file in ("__init__", "one", "two"):
            (source / package / f"{file}.py").touch()
    return tmp_path


def _broken(house: Path) -> set[str]:
    """The names of the contracts that do not hold."""
    result = subprocess.run(
        [Path(sys.executable).parent / "lint-imports", "--no-cache"],
        cwd=house,
        env={**os.environ, "PYTHONPATH": str(house / "src"), "COLUMNS": "400", "NO_COLOR": "1"},
        capture_output=True,
        check=False,
        text=True,
    )
    assert "Contracts: " in result.stdout, result.stdout + result.stderr
    return {line.removesuffix(" BROKEN").strip() for line in result.stdout.splitlines() if line.endswith(" BROKEN")}


def test_an_empty_house_keeps_every_contract(house: Path) -> None:
    assert _broken(house) == set()


@pytest.mark.parametrize(
    ("importer", "imported", "contracts_broken"),
    [
        pytest.param("catalogue/one", "crashgate.policy.one", {FLOORS}, id="an import that points up"),
        pytest.param("policy/one", "crashgate.decisions.one", {FLOORS}, id="an import of a neighbour"),
        pytest.param("settings", "crashgate.server.one", set[str](), id="an import that points down"),
        pytest.param("tools/one", "crashgate.upstream.one", {UPSTREAM}, id="a tool that goes round the gateway"),
        pytest.param(
            "server/one", "crashgate.adapters.one", {FLOORS, ADAPTERS}, id="a server with a client of its own"
        ),
        pytest.param("cli/one", "crashgate.adapters.one", {ADAPTERS}, id="a command that goes round the wiring"),
        pytest.param("tools/one", "httpx2", {CLIENT}, id="a tool with an HTTP client"),
        pytest.param("adapters/one", "httpx2", set[str](), id="an adapter with an HTTP client"),
        pytest.param("policy/one", "sqlite3", {PURE}, id="a policy that reads a database"),
        pytest.param("sandbox/one", "crashgate.upstream.one", {SANDBOX, UPSTREAM}, id="a sandbox that uses the codec"),
        pytest.param("sandbox/one", "crashgate.catalogue.one", set[str](), id="a sandbox that reads the catalogue"),
        pytest.param("__main__", "crashgate.settings", {SETTINGS}, id="settings read elsewhere"),
    ],
)
def test_an_import_breaks_the_contracts_that_forbid_it(
    house: Path, importer: str, imported: str, contracts_broken: set[str]
) -> None:
    (house / "src" / "crashgate" / f"{importer}.py").write_text(f"import {imported}\n", encoding="utf-8")

    assert _broken(house) == contracts_broken


def test_a_cycle_inside_a_folder_is_found(house: Path) -> None:
    policy = house / "src" / "crashgate" / "policy"
    (policy / "one.py").write_text("import crashgate.policy.two\n", encoding="utf-8")
    (policy / "two.py").write_text("import crashgate.policy.one\n", encoding="utf-8")

    assert _broken(house) == {CYCLES}


def test_a_module_on_no_floor_is_found(house: Path) -> None:
    (house / "src" / "crashgate" / "somewhere.py").touch()

    assert _broken(house) == {FLOORS}
