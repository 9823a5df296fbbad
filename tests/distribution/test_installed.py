"""The built package in an empty environment, with the newest versions that it allows and with the lowest.

It needs a package index, and some minutes: `make test-dist` runs it.
"""

import json
import os
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from mcp import Client
from mcp.client.stdio import StdioServerParameters, stdio_client

from crashgate.clients.formats import CLIENTS
from crashgate_sandbox.bugsnag.auth import SANDBOX_TOKEN

pytestmark = pytest.mark.distribution

UV = str(Path(sys.executable).parent / "uv")
MEBIBYTE = 1024 * 1024
LARGEST_BASE = 100 * MEBIBYTE


Done = subprocess.CompletedProcess[str]


def call(*words: str, environment: Mapping[str, str] | None = None, stdin: str = "") -> Done:
    return subprocess.run(words, input=stdin, capture_output=True, check=False, text=True, env=environment, timeout=300)


def must(*words: str) -> None:
    done = call(*words)
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="session")
def built(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel and the source distribution."""
    folder = tmp_path_factory.mktemp("dist")
    must(UV, "build", "--quiet", "--out-dir", str(folder), str(root))
    return folder


@pytest.fixture(scope="session")
def wheel(built: Path) -> Path:
    (found,) = built.glob("*.whl")
    return found


@dataclass(frozen=True, kw_only=True)
class Installed:
    """An environment with the package, and a home of its own."""

    folder: Path
    environment: Mapping[str, str]

    @property
    def command(self) -> str:
        return str(self.folder / "bin" / "crashgate")

    @property
    def packages(self) -> Path:
        (found,) = self.folder.glob("lib/python*/site-packages")
        return found

    def __call__(self, *words: str, stdin: str = "") -> Done:
        return call(self.command, *words, environment=self.environment, stdin=stdin)


@pytest.fixture(scope="session", params=["highest", "lowest-direct"])
def installed(request: pytest.FixtureRequest, wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    folder = tmp_path_factory.mktemp(request.param)
    must(UV, "venv", "--quiet", "--python", sys.executable, str(folder / "venv"))
    python = str(folder / "venv" / "bin" / "python")
    must(
        UV,
        "pip",
        "install",
        "--quiet",
        "--compile-bytecode",
        "--resolution",
        request.param,
        "--python",
        python,
        str(wheel),
    )
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("CRASHGATE_", "BUGSNAG_", "XDG_"))
    }
    path = f"{folder / 'venv' / 'bin'}{os.pathsep}{os.environ['PATH']}"
    home = folder / "home"
    home.mkdir()
    return Installed(
        folder=folder / "venv", environment={**kept, "HOME": str(home), "PATH": path, "NO_PROXY": "*", "no_proxy": "*"}
    )


@pytest.fixture
def fresh(installed: Installed, tmp_path: Path) -> Installed:
    """The same with an empty home."""
    return Installed(folder=installed.folder, environment={**installed.environment, "HOME": str(tmp_path)})


@pytest.fixture
def upstream(fresh: Installed) -> Iterator[str]:
    """The address of a sandbox, run by the installed package."""
    words = (fresh.command, "sandbox", "--port", "0", "--json")
    with subprocess.Popen(words, stdout=subprocess.PIPE, env=fresh.environment, text=True) as process:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline())["url"]
        process.kill()


def size(folder: Path) -> int:
    """Bytes of all files."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def test_the_base_is_small_and_has_no_extra(installed: Installed) -> None:
    assert size(installed.packages) <= LARGEST_BASE
    there = {path.name for path in installed.packages.iterdir()}
    assert not there & {"pyarrow", "fsspec", "s3fs", "botocore"}


def test_the_demo_runs_and_the_commands_that_it_prints_run_too(fresh: Installed) -> None:
    told = fresh("demo")

    assert told.returncode == 0, told.stdout + told.stderr
    _, _, end = told.stdout.partition("Where to go next")
    commands = [line.strip() for line in end.splitlines() if line.startswith("  ")]
    assert [command.split()[0] for command in commands] == ["crashgate"] * len(commands) != []
    for command in commands:
        words = command.split()[1:]
        done = fresh(*words, *(["--help"] if words == ["init"] else []))
        expected = 1 if "delete_error" in words else 0
        assert (command, done.returncode) == (command, expected), done.stderr


async def test_init_doctor_and_a_client_work_one_after_the_other(fresh: Installed, upstream: str) -> None:
    made = fresh("init", "--base-url", upstream, stdin=f"{SANDBOX_TOKEN}\n")
    assert made.returncode == 0, made.stderr
    checked = fresh("doctor")
    assert checked.returncode == 0, checked.stdout

    printed = json.loads(fresh("install", "cursor", "--print", "snippet").stdout)
    entry = printed["mcpServers"]["crashgate"]
    parameters = StdioServerParameters(command=entry["command"], args=entry["args"], env=dict(fresh.environment))
    async with Client(stdio_client(parameters)) as client:
        tools = {tool.name for tool in (await client.list_tools()).tools}
        answer = await client.call_tool("list_errors", {"project_id": "checkout-ios"})

    assert "delete_error" not in tools
    assert answer.structured_content is not None
    assert answer.structured_content["errors"]
    assert "assistant listed errors" in fresh("log", "show").stdout


@pytest.mark.parametrize("client", list(CLIENTS))
def test_the_entry_of_each_client_can_be_printed(fresh: Installed, client: str) -> None:
    told = fresh("install", client, "--preset", "read-only", "--sandbox", "--print", "snippet")

    assert told.returncode == 0, told.stderr
    data = tomllib.loads(told.stdout) if client == "codex" else json.loads(told.stdout)
    assert data[CLIENTS[client].servers]["crashgate"]["command"] == fresh.command


def test_csv_works_in_the_base_and_parquet_names_its_extra(fresh: Installed) -> None:
    words = ("export", "sessions", "--agent", "session-analyst", "--connection", "bugspulse", "--sandbox", "--format")

    assert fresh(*words, "csv").returncode == 0
    refused = fresh(*words, "parquet")
    assert refused.returncode == 3
    assert "pip install 'crashgate[parquet]'" in refused.stderr


def test_from_uvx_the_entry_is_uvx(wheel: Path, fresh: Installed) -> None:
    told = call(
        *(UV, "tool", "run", "--from", str(wheel), "crashgate"),
        *("install", "cursor", "--preset", "read-only", "--print", "snippet"),
        environment=fresh.environment,
    )

    entry = json.loads(told.stdout)["mcpServers"]["crashgate"]
    assert (entry["command"], entry["args"]) == ("uvx", ["crashgate", "serve", "--preset", "read-only"])


def test_the_source_distribution_makes_the_same_wheel(built: Path, wheel: Path, tmp_path: Path) -> None:
    (source,) = built.glob("*.tar.gz")
    with tarfile.open(source) as archive:
        archive.extractall(tmp_path, filter="data")
    (unpacked,) = tmp_path.iterdir()
    must(UV, "build", "--quiet", "--wheel", "--out-dir", str(tmp_path / "again"), str(unpacked))
    (again,) = (tmp_path / "again").glob("*.whl")

    assert zipfile.ZipFile(again).namelist() == zipfile.ZipFile(wheel).namelist()
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {"crashgate/example_policies/presets/triage.toml", "crashgate/py.typed"} <= names
    shutil.rmtree(unpacked)
