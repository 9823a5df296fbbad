"""Templates on the command line: what is shown says where it stands, and what is wrong has a path that leads there."""

from pathlib import Path

import pytest

from crashgate.cli.command import ExitCode
from tests.cli.shell import Shell

HEAD = 'about = "Reads crashes."\nowner = "team@example.com"\nextends = "templates/triage"\n'
TRIAGE = """\
[[grant]]
connection = "bugsnag"
access.error = "write"

[off]
operations = ["bugsnag.errors.discard"]

[limits]
calls_per_minute = 60

[approve]
ask_client = false
operations = ["bugsnag.errors.fix"]
"""


@pytest.fixture
def folder(home: Path) -> Path:
    found = home / "policies"
    (found / "templates").mkdir(parents=True)
    for agent, project in (("one", "checkout-ios"), ("two", "checkout-android")):
        text = f'agent = "{agent}"\n{HEAD}[places]\nprojects = ["{project}"]\n[limits]\ncalls_per_minute = 600\n'
        (found / f"{agent}.toml").write_text(text, encoding="utf-8")
    (found / "templates" / "triage.toml").write_text(TRIAGE, encoding="utf-8")
    return found


@pytest.mark.usefixtures("folder")
def test_show_says_where_each_line_comes_from(crashgate: Shell) -> None:
    rows = [line.split() for line in crashgate("policy", "show", "one").out.splitlines()]

    template = "policies/templates/triage.toml,"
    assert ["extends", "templates/triage"] in rows
    assert [
        "bugsnag", "error", "write", "projects", "checkout-ios", template, "grant", "1,", "line", "3"
    ] in rows  # fmt: skip
    assert ["off.operations", "bugsnag.errors.discard", template, "line", "6"] in rows
    assert ["limits.calls_per_minute", "60", template, "line", "9"] in rows
    assert ["approve.ask_client", "false", template, "line", "12"] in rows


@pytest.mark.usefixtures("folder")
def test_explain_names_the_line_of_the_template(crashgate: Shell) -> None:
    told = crashgate(
        "policy", "explain", "one", "delete_error", "project_id=checkout-ios", "error_id=5f1a0c3d9e8b7a6655443322"
    )

    assert "policies/templates/triage.toml, grant 1, gives error = write, and delete needs full" in told.out
    assert "Decided by policies/templates/triage.toml, line 3." in told.out


def test_check_names_the_file_of_the_template_from_where_one_is(crashgate: Shell, folder: Path) -> None:
    (folder / "templates" / "triage.toml").write_text(TRIAGE.replace("write", "wirte"), encoding="utf-8")
    told = crashgate("policy", "check")

    assert told.code == ExitCode.CONFIGURATION
    assert "policies/templates/triage.toml:3: unknown level `wirte`; did you mean `write`?" in told.out + told.err


@pytest.mark.parametrize(
    ("broken", "told"),
    [
        (
            '[[grant]]\nconnection = "bugsnag"\nprojects = ["*"]\naccess.error = "wirte"\n',
            ":4: unknown level `wirte`; did you mean `write`?",
        ),
        ('agent = "x"\n', ":1: `agent` belongs in the document of an agent, not in a template"),
        ("[limits]\ncalls_per_minute = 0\n", ":2: "),
        ('extends = "templates/spare"\n', ":1: `templates/spare` extends itself; remove this"),
        ('extends = "templates/nobody"\n', ":1: unknown template"),
        ("[[grant]\n", ":1: "),
    ],
)
def test_check_tells_what_is_wrong_with_a_template_that_nobody_extends(
    broken: str, told: str, crashgate: Shell, folder: Path
) -> None:
    (folder / "templates" / "spare.toml").write_text(broken, encoding="utf-8")
    found = crashgate("policy", "check")

    assert found.code == ExitCode.CONFIGURATION
    assert f"policies/templates/spare.toml{told}" in found.out
    assert found.out.endswith("1 problem. This file cannot be used.\n")
    assert crashgate("policy", "show").code == 0


def test_a_template_whose_documents_name_the_places_is_right(crashgate: Shell, folder: Path) -> None:
    (folder / "templates" / "spare.toml").write_text(TRIAGE, encoding="utf-8")

    assert crashgate("policy", "check").code == 0


def test_a_problem_of_a_template_is_told_once(crashgate: Shell, folder: Path) -> None:
    (folder / "templates" / "triage.toml").write_text(TRIAGE.replace("write", "wirte"), encoding="utf-8")
    (folder / "templates" / "more.toml").write_text('extends = "templates/triage"\n', encoding="utf-8")

    assert crashgate("policy", "check").out.count("unknown level `wirte`") == 1


def test_diff_tells_what_a_change_of_a_template_widens(crashgate: Shell, folder: Path) -> None:
    other = folder.parent / "proposed"
    (other / "templates").mkdir(parents=True)
    for path in folder.glob("*.toml"):
        (other / path.name).write_bytes(path.read_bytes())
    (other / "templates" / "triage.toml").write_text(TRIAGE.replace('"write"', '"full"'), encoding="utf-8")

    told = crashgate("policy", "diff", str(folder), str(other))
    one = crashgate("policy", "diff", str(folder), str(other / "one.toml"))

    assert told.code == one.code == 2
    assert "one" in told.out
    assert "two" in told.out
    assert crashgate("policy", "diff", str(folder), str(folder)).code == 0
