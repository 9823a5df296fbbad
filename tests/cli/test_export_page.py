"""docs/exports.md and the help of ``crashgate export``: what stands there runs, on the sandbox."""

import re
import shlex
import shutil
import tomllib
from pathlib import Path

import pytest

from crashgate.cli.exports import export
from tests.cli.shell import Shell

_PAGE = "docs/exports.md"


@pytest.fixture
def page(home: Path, root: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The page; its configuration and the policies that this names stand where a command looks for them."""
    text = (root / _PAGE).read_text("utf-8")
    (home / "crashgate.toml").write_text(_blocks(text, "toml")[0], encoding="utf-8")
    monkeypatch.setenv("CRASHGATE_CONFIG", str(home / "crashgate.toml"))
    named = tomllib.loads(_blocks(text, "toml")[0])["policies"]
    for document in (root / named).glob("*.toml"):
        copy = home / named / document.name
        copy.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        shutil.copyfile(document, copy)
        copy.chmod(0o644)
    return text


def _blocks(text: str, kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def _exports(text: str) -> list[list[str]]:
    return [shlex.split(line.split("crashgate ", 1)[1]) for line in text.splitlines() if "crashgate export " in line]


@pytest.mark.usefixtures("page")
def test_the_policy_of_the_page_fits_its_connections(crashgate: Shell) -> None:
    told = crashgate("policy", "check")

    assert (told.code, told.err) == (0, "")


def test_the_commands_of_the_page_run(page: str, crashgate: Shell, home: Path) -> None:
    new, resuming = (words for block in _blocks(page, "sh") for words in _exports(block))

    told = crashgate(*new, "--sandbox", "--to", "out")
    assert (told.code, told.err) == (0, "")
    assert [path.suffix for path in (home / "out").rglob("sessions-*") if "manifest" not in path.name] == [".csv"]

    told = crashgate(*resuming, "--sandbox", "--to", "out")
    assert told.err == (
        "--resume names no interrupted export of this agent by this command. `crashgate exports list` names them."
        " Nothing was sent.\n"
    )


@pytest.mark.usefixtures("page")
def test_the_command_of_the_help_runs(crashgate: Shell) -> None:
    (words,) = _exports(export.help or "")
    told = crashgate(*words, "--sandbox", "--to", "out")

    assert (told.code, told.err) == (0, "")
