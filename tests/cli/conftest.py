"""A command line that knows nothing of this machine's user: own home, own folder, no settings in the environment."""

import asyncio
import os
import shutil
from pathlib import Path

import pytest

from crashgate.config.settings import user_folder
from tests.cli.calls import Call, make
from tests.cli.shell import Shell


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's configuration folder, in which every command of a test runs, too; nothing else is in force.

    That the folder alone, where it is not the user's own, puts nothing in force is shown in test_workspace.py.
    """
    for name in [name for name in os.environ if name.startswith(("CRASHGATE_", "BUGSNAG_", "XDG_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    here = user_folder()
    here.mkdir(parents=True)
    monkeypatch.chdir(here)
    return here


@pytest.fixture
def policies(home: Path, root: Path) -> Path:
    """The example policies, in the folder where they are looked for."""
    return _examples(root, home / "policies")


def _examples(root: Path, folder: Path) -> Path:
    """Copies that only their owner may write to."""
    folder.mkdir(mode=0o755)
    for document in sorted((root / "policies").glob("*.toml")):
        shutil.copyfile(document, folder / document.name)
        (folder / document.name).chmod(0o644)
    shutil.copytree(root / "policies" / "templates", folder / "templates")
    return folder


@pytest.fixture
def state(home: Path) -> Path:
    """The state folder, which is empty."""
    return home / "state"


@pytest.fixture
def crashgate(state: Path) -> Shell:
    """The command line, in this process, with that state folder."""
    return Shell(state)


CALLS: tuple[Call, ...] = (
    ("triage-agent", "list_errors", {"project_id": "checkout-ios", "per_page": 1}),
    ("triage-agent", "delete_error", {"project_id": "checkout-ios", "error_id": "0" * 24}),
    ("triage-agent", "list_errors", {"project_id": "payments-api"}),
    ("read-only-assistant", "my_access", {}),
)
"""What ``recorded`` holds: six records of the first agent, three of them of look-ups, and one more call."""


@pytest.fixture(scope="session")
def recording(tmp_path_factory: pytest.TempPathFactory, root: Path) -> Path:
    """A state folder with a log of those calls, made once."""
    folder = tmp_path_factory.mktemp("recording")
    asyncio.run(make(CALLS, policies=_examples(root, folder / "policies"), state=folder / "state"))
    return folder / "state"


@pytest.fixture
def recorded(recording: Path, state: Path) -> Path:
    """The state folder of the command line, with a log of ``CALLS`` in it."""
    shutil.copytree(recording, state)
    return state
