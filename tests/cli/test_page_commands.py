"""Every command that a page or a message prints runs on a fresh machine, after ``crashgate init``."""

import json
import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from crashgate_sandbox.bugsnag.auth import SANDBOX_TOKEN
from crashgate_sandbox.parts import installed_parts
from tests.cli.shell import COMMAND, line, started
from tests.conftest import ROOT

PAGES = (
    "README.md",
    "SECURITY.md",
    "docs/index.md",
    "docs/operating.md",
    "docs/policy.md",
    "docs/policy-examples.md",
    "docs/hosting.md",
    "docs/exports.md",
    "docs/moving-over.md",
    "docs/providers.md",
    *sorted(f"docs/connect/{page.name}" for page in (ROOT / "docs" / "connect").glob("*.md")),
)
BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
RUNNING = ("serve", "sandbox", "demo", "log follow")
"""What goes on until it is stopped, or has a test of its own."""

CODES = {
    "policy explain": {0, 1},  # the answer is yes or no
    "approvals show": {1},  # ID names nothing
    "approvals approve": {1},
    "approvals reject": {1},
    "token revoke": {1},
    "log prune": {0, 3, 4},  # nothing is that old yet
    "export sessions": {0, 1, 2},  # an export that was never begun cannot be resumed
    "policy replay": {0, 1, 6},
}
"""The exit codes of commands that do not simply succeed."""


def _printed() -> list[str]:
    blocks = [text for page in PAGES for text in BLOCK.findall((ROOT / page).read_text("utf-8"))]
    lines = [each for text in blocks for each in text.splitlines() if each.startswith("crashgate ")]
    commands = [each.partition("  #")[0].strip() for each in lines]
    return [each for each in dict.fromkeys(commands) if not each.removeprefix("crashgate ").startswith(RUNNING)]


@pytest.fixture(scope="module")
def upstream() -> Iterator[str]:
    with started(("sandbox", "--port", "0", "--json", "--no-budgets")) as process:
        yield json.loads(line(process))["url"]


@dataclass(frozen=True, kw_only=True)
class Machine:
    """A user's configuration folder, and the environment of its commands."""

    folder: Path
    environment: Mapping[str, str]

    def __call__(self, *words: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [COMMAND, *words],
            cwd=self.folder,
            env=self.environment,
            input=stdin,
            capture_output=True,
            check=False,
            text=True,
            timeout=60,
        )


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory, upstream: str) -> Machine:
    """A new user's: init was run, the example policies were copied, and other accounts were added."""
    top = tmp_path_factory.mktemp("machine")
    own = ("CRASHGATE_", "BUGSNAG_", "XDG_")
    parts = [each for each in installed_parts() if each.provider not in {"bugsnag", "bugsnag-sessions"}]
    machine = Machine(
        folder=top / "config" / "crashgate",
        environment={
            **{name: value for name, value in os.environ.items() if not name.startswith(own)},
            **{f"{each.provider.upper()}_FOR_TESTS": each.credential for each in parts},
            "HOME": str(top),
            "XDG_CONFIG_HOME": str(top / "config"),
            "XDG_STATE_HOME": str(top / "state"),
            "NO_PROXY": "*",
        },
    )
    machine.folder.mkdir(parents=True)
    made = machine("init", "--base-url", upstream, stdin=SANDBOX_TOKEN)
    assert made.returncode == 0, made.stderr
    more = "".join(
        f'\n[connections.{each.provider}]\nprovider = "{each.provider}"\nbase_url = "{upstream}{each.prefix}"\n'
        f'token_env = "{each.provider.upper()}_FOR_TESTS"\n'
        for each in parts
    )
    config = machine.folder / "crashgate.toml"
    config.write_text(f'exports = "exports"\n{config.read_text("utf-8")}{more}', "utf-8")
    policies = machine.folder / "policies"
    for example in [*(ROOT / "policies").glob("*.toml"), *(ROOT / "policies" / "sessions").glob("*.toml")]:
        shutil.copyfile(example, policies / example.name)
        (policies / example.name).chmod(0o644)
    shutil.copytree(ROOT / "policies" / "templates", policies / "templates", dirs_exist_ok=True)
    shutil.copytree(policies, machine.folder / "proposed")
    shutil.copytree(ROOT / "policies" / "tests", policies / "tests")
    return machine


@pytest.mark.parametrize("command", _printed())
def test_a_command_of_a_page_runs(machine: Machine, command: str) -> None:
    words = shlex.split(command)[1:]
    done = machine(*words)

    assert done.returncode in CODES.get(" ".join(words[:2]), {0}), done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert "Usage:" not in done.stderr


def test_the_pages_print_commands_that_this_test_finds() -> None:
    assert {"crashgate policy check", "crashgate log verify"} <= set(_printed())
