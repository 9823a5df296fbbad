"""``policy check`` and ``policy show``; what ``policy explain`` answers has tests of its own."""

import json
import shutil
from pathlib import Path

import pytest

from tests.cli.shell import Shell, Told


def test_good_policies_are_counted(crashgate: Shell, policies: Path) -> None:
    told = crashgate("policy", "check")
    assert (told.code, told.err) == (0, "")
    assert told.out.splitlines()[-1] == f"4 policies in {policies}: no problems found."


def test_a_folder_without_policies_is_said_to_refuse_everything(crashgate: Shell, home: Path) -> None:
    (home / "policies").mkdir()
    assert crashgate("policy", "check") == Told(
        code=0, out=f"{home / 'policies'} contains no policies, so every call would be refused.\n", err=""
    )


def test_the_folder_may_be_named_before_and_after_the_command(crashgate: Shell, home: Path, policies: Path) -> None:
    policies.rename(home / "other")
    before = crashgate("--policies", "other", "policy", "check")
    assert before == crashgate("policy", "check", "--policies", "other")
    assert before.code == 0


def test_the_later_of_two_folders_counts(crashgate: Shell, policies: Path) -> None:
    del policies
    assert crashgate("--policies", "nowhere", "policy", "check", "--policies", "policies").code == 0


@pytest.mark.usefixtures("policies")
def test_the_matrix_has_a_column_for_each_agent(crashgate: Shell) -> None:
    rows = [line.split() for line in crashgate("policy", "show").out.splitlines()]
    assert rows[0] == ["connection", "resource", "operator", "read-only-assistant", "release-manager", "triage-agent"]
    assert ["bugsnag", "error", "full", "read", "read", "write"] in rows
    assert ["bugsnag", "event", "full", "read", "off", "read"] in rows


@pytest.mark.usefixtures("policies")
def test_one_agent_is_shown_with_the_lines_of_its_grants(crashgate: Shell, policies: Path) -> None:
    text = (policies / "triage-agent.toml").read_text(encoding="utf-8").splitlines()
    line = next(number for number, each in enumerate(text, start=1) if each.startswith("access.error"))
    told = crashgate("policy", "show", "triage-agent")
    assert told.out.splitlines()[1].startswith("policies/triage-agent.toml, owner ")
    assert [
        "bugsnag", "error", "write", "projects", "checkout-ios,", "checkout-android", "grant", "1,", "line", f"{line}"
    ] in [each.split() for each in told.out.splitlines()]  # fmt: skip
    rows = json.loads(crashgate("policy", "show", "triage-agent", "--json").out)
    assert {row["agent"] for row in rows} == {"triage-agent"}
    assert [row for row in rows if row["resource"] == "error"] == [
        {
            "agent": "triage-agent",
            "connection": "bugsnag",
            "resource": "error",
            "level": "write",
            "off": ["bugsnag.errors.export"],
            "rules": [
                {
                    "grant": 1,
                    "source": "policies/triage-agent.toml",
                    "line": line,
                    "level": "write",
                    "organizations": None,
                    "projects": ["checkout-ios", "checkout-android"],
                }
            ],
            "narrowed_by": None,
        }
    ]


@pytest.mark.usefixtures("policies")
def test_an_agent_without_a_policy_is_told_who_has_one(crashgate: Shell) -> None:
    told = crashgate("policy", "show", "nobody")
    assert (told.code, told.out) == (3, "")
    assert "operator, read-only-assistant, release-manager, triage-agent" in told.err


def test_what_stands_beside_the_grants_is_shown_too(crashgate: Shell, home: Path) -> None:
    (home / "policies").mkdir()
    (home / "policies" / "one.toml").write_text(
        'agent = "one"\nabout = "x"\nowner = "y"\nmode = "observe"\n[off]\noperations = ["bugsnag.errors.delete"]\n'
        '[limits]\nwrites_per_hour = 20\n[redact]\nsets = ["people"]\n[approve]\noperations = ["bugsnag.errors.fix"]\n'
        "after_untrusted_minutes = 60\n",
        encoding="utf-8",
    )

    lines = crashgate("policy", "show", "one").out.splitlines()

    assert lines[-1] == "mode: observe; calls that would be refused are let through and recorded, except deletes"
    assert [line.split() for line in lines[-6:-1]] == [
        ["off.operations", "bugsnag.errors.delete", "line", "6"],
        ["limits.writes_per_hour", "20", "line", "8"],
        ["redact.sets", "people", "line", "10"],
        ["approve.operations", "bugsnag.errors.fix", "line", "12"],
        ["approve.after_untrusted_minutes", "60", "line", "13"],
    ]
    assert ["bugsnag", "error", "off", "bugsnag.errors.delete", "[off]"] in map(str.split, lines)


@pytest.mark.usefixtures("policies")
@pytest.mark.parametrize("command", [("show", "scuot"), ("explain", "scuot", "list_errors")])
def test_an_agent_without_a_policy_is_one_error_whoever_is_asked(command: tuple[str, ...], crashgate: Shell) -> None:
    told = crashgate("policy", *command)

    assert (told.code, told.out) == (3, "")
    assert told.err.startswith(
        "Error: There is no policy for agent scuot.\n"
        "There are policies for: operator, read-only-assistant, release-manager, triage-agent.\n"
    )


@pytest.fixture
def sessions(home: Path, root: Path) -> Path:
    """The example that names connections of the sandbox alone, in a folder of its own."""
    folder = home / "other" / "sessions"
    folder.mkdir(mode=0o755, parents=True)
    shutil.copyfile(root / "policies" / "sessions" / "session-analyst.toml", folder / "session-analyst.toml")
    (folder / "session-analyst.toml").chmod(0o644)
    return folder


@pytest.mark.parametrize(
    "words",
    [
        ("check",),
        ("show", "session-analyst"),
        ("explain", "session-analyst", "list_crashes"),
        ("lint",),
        ("diff", "other/sessions", "other/sessions/session-analyst.toml"),
        ("export", "--cedar"),
        ("test", "cases.toml"),
    ],
)
def test_policies_for_the_sandbox_are_asked_about_with_it(
    words: tuple[str, ...], crashgate: Shell, home: Path, sessions: Path
) -> None:
    (home / "cases.toml").write_text(
        '[[case]]\nagent = "session-analyst"\ntool = "list_crashes"\nexpect = "allow"\n', encoding="utf-8"
    )
    without = crashgate("policy", *words, "--policies", str(sessions))
    told = crashgate("policy", *words, "--policies", str(sessions), "--sandbox")

    assert (told.code, told.err) == (0, "")
    assert without.code == 3
    assert "unknown connection `bugspulse`" in without.out + without.err


@pytest.mark.parametrize("given", ["other/sessions", "{home}/other/sessions"])
@pytest.mark.usefixtures("sessions")
def test_a_problem_names_a_path_that_leads_to_the_file(given: str, crashgate: Shell, home: Path) -> None:
    folder = given.format(home=home)

    lines = crashgate("policy", "check", "--policies", folder).out.splitlines()

    assert {line.partition(":")[0] for line in lines[:-1]} == {f"{folder}/session-analyst.toml"}
    row = json.loads(crashgate("policy", "check", "--policies", folder, "--json").out)["problems"][0]
    assert row["source"] == f"{folder}/session-analyst.toml"
    lint = crashgate("policy", "lint", "--policies", folder, "--sandbox", "--json")
    assert {each["source"] for each in json.loads(lint.out)["warnings"]} <= {f"{folder}/session-analyst.toml"}
    told = crashgate("serve", "--agent", "session-analyst", "--policies", folder)
    assert told.err.startswith(f"Error: {folder}/session-analyst.toml:9: unknown connection")
    told = crashgate("policy", "diff", folder, f"{folder}/session-analyst.toml")
    assert told.err.startswith(f"Error: {folder}/session-analyst.toml:9: unknown connection")


@pytest.mark.parametrize(("folder", "cases"), [("policies", "examples"), ("policies/sessions", "sessions")])
def test_the_examples_decide_what_their_cases_say(folder: str, cases: str, crashgate: Shell, root: Path) -> None:
    told = crashgate(
        "policy",
        "test",
        str(root / "policies" / "tests" / f"{cases}.toml"),
        "--policies",
        str(root / folder),
        "--sandbox",
    )

    assert told.code == 0, told.out + told.err
