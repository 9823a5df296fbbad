"""``policy test``, ``diff``, ``lint``, ``export``, ``schema`` and ``init``: what people run before a policy changes."""

import json
import tomllib
from pathlib import Path

import pytest

from tests.cli.shell import Shell, Told
from tests.policy import cedar_engine

CASES = """\
[[case]]
agent = "triage-agent"
tool = "resolve_error"
args = { project_id = "checkout-ios" }
expect = "allow"

[[case]]
agent = "triage-agent"
operation = "bugsnag.errors.delete"
args = { project_id = "checkout-ios" }
expect = "allow"
reason = "granted"
"""


@pytest.mark.usefixtures("policies")
def test_the_examples_decide_as_their_cases_say(crashgate: Shell, root: Path) -> None:
    told = crashgate("policy", "test", str(root / "policies" / "tests" / "examples.toml"))

    assert told == Told(code=0, out="13 cases: all as expected.\n", err="")


@pytest.mark.usefixtures("policies")
def test_a_case_that_is_decided_otherwise_is_told_with_its_line(crashgate: Shell, home: Path) -> None:
    (home / "cases.toml").write_text(CASES, encoding="utf-8")

    told = crashgate("policy", "test", "cases.toml")

    assert (told.code, told.err) == (1, "")
    assert told.out.startswith(
        "cases.toml:7: triage-agent bugsnag.errors.delete project_id=checkout-ios: expected allow (granted), got deny"
        " (level_too_low). triage-agent may not delete error in project checkout-ios"
    )
    assert told.out.endswith("2 cases: 1 not as expected.\n")
    rows = json.loads(crashgate("policy", "test", "cases.toml", "--json").out)
    found = [(row["line"], row["outcome"], row["as_expected"]) for row in rows]
    assert found == [(1, "allow", True), (7, "deny", False)]


@pytest.mark.usefixtures("policies")
@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("case = 1\n", "cases.toml:1: a file of cases holds [[case]] and nothing else"),
        ("[[case", "cases.toml cannot be read"),
        (CASES.replace("expect", "expct", 1), "cases.toml:1: unknown key `expct`; did you mean `expect`?"),
        (CASES.replace('"allow"', '"alow"', 1), "cases.toml:1: unknown expectation `alow`; did you mean `allow`?"),
        (CASES.replace("granted", "grantd"), "cases.toml:7: unknown reason `grantd`; did you mean `granted`?"),
        (CASES.replace("tool", "operation", 1).replace("resolve_error", "x"), "cases.toml:1: There is no tool"),
        (CASES.replace("project_id", "project", 1), "cases.toml:1: resolve_error takes no argument project."),
        (
            CASES.replace("[[case]]\n", "[[case]]\nafter_untrusted = 1\n", 1),
            "`after_untrusted` is neither true nor false",
        ),
        (CASES.replace('tool = "resolve_error"\n', ""), "a case names an agent, and either a tool or an operation"),
    ],
)
def test_a_case_that_is_not_clear_is_an_error(text: str, told: str, crashgate: Shell, home: Path) -> None:
    (home / "cases.toml").write_text(text, encoding="utf-8")

    answer = crashgate("policy", "test", "cases.toml")

    assert (answer.code, answer.out) == (3, "")
    assert told in answer.err


def test_a_case_may_expect_an_approval(crashgate: Shell, home: Path) -> None:
    (home / "policies").mkdir()
    (home / "policies" / "one.toml").write_text(
        'agent = "one"\nabout = "x"\nowner = "y"\n[[grant]]\nconnection = "bugsnag"\nprojects = ["*"]\n'
        'access.error = "full"\n[approve]\noperations = ["bugsnag.errors.delete"]\n'
        '[off]\nparameters = ["bugsnag.errors.list.filters"]\n',
        encoding="utf-8",
    )
    (home / "cases.toml").write_text(
        '[[case]]\nagent = "one"\ntool = "delete_error"\nargs = { project_id = "x" }\nexpect = "approve"\n'
        '[[case]]\nagent = "one"\ntool = "list_errors"\nargs = { project_id = "x", sort = "users" }\nexpect = "allow"\n'
        '[[case]]\nagent = "one"\noperation = "bugsnag.errors.list"\nexpect = "deny"\nreason = "switched_off"\n'
        'args = { project_id = "x", filters = { "event.since" = [{ type = "eq", value = "7d" }] } }\n',
        encoding="utf-8",
    )

    assert crashgate("policy", "test", "cases.toml") == Told(code=0, out="3 cases: all as expected.\n", err="")


def test_a_case_may_come_after_reading_what_outsiders_can_write(crashgate: Shell, home: Path) -> None:
    (home / "policies").mkdir()
    (home / "policies" / "one.toml").write_text(
        'agent = "one"\nabout = "x"\nowner = "y"\n[[grant]]\nconnection = "bugsnag"\nprojects = ["*"]\n'
        'access.error = "write"\n[approve]\nafter_untrusted_minutes = 60\n',
        encoding="utf-8",
    )
    case = '[[case]]\nagent = "one"\ntool = "{}"\nargs = {{ project_id = "x" }}\nafter_untrusted = {}\nexpect = "{}"\n'
    cases = [
        ("resolve_error", "true", "approve"),
        ("resolve_error", "false", "allow"),
        ("list_errors", "true", "allow"),
        ("delete_error", "true", "deny"),
    ]
    (home / "cases.toml").write_text("".join(case.format(*each) for each in cases), encoding="utf-8")

    assert crashgate("policy", "test", "cases.toml") == Told(code=0, out="4 cases: all as expected.\n", err="")


def test_what_widens_is_told_first_and_has_its_own_exit_code(crashgate: Shell, policies: Path, home: Path) -> None:
    new = home / "new.toml"
    (home / "proposed").mkdir()
    new = home / "proposed" / "triage-agent.toml"
    old = (policies / "triage-agent.toml").read_text(encoding="utf-8")
    new.write_text(
        old.replace('access.error = "write"', 'access.error = "full"').replace('access.event = "read"\n', ""),
        encoding="utf-8",
    )

    told = crashgate("policy", "diff", "policies/triage-agent.toml", "proposed/triage-agent.toml")

    assert (told.code, told.err) == (2, "")
    lines = told.out.splitlines()
    assert lines == [
        "+ triage-agent: error: write -> full (4 operations) in project checkout-ios (bugsnag)",
        "+ triage-agent: error: write -> full (4 operations) in project checkout-android (bugsnag)",
        "- triage-agent: event: read -> off (4 operations) in project checkout-ios (bugsnag)",
        "- triage-agent: event: read -> off (4 operations) in project checkout-android (bugsnag)",
        "8 things wider, 8 narrower.",
    ]
    named = crashgate("policy", "diff", "policies/triage-agent.toml", "proposed/triage-agent.toml", "--verbose")
    assert (named.code, named.out.splitlines()[::2]) == (2, lines)
    assert named.out.splitlines()[1].startswith("    bugsnag.errors.delete, ")


def test_what_is_no_level_is_told_by_its_name(crashgate: Shell, policies: Path, home: Path) -> None:
    (home / "proposed").mkdir()
    new = home / "proposed" / "triage-agent.toml"
    old = (policies / "triage-agent.toml").read_text(encoding="utf-8")
    more = '\n[approve]\noperations = ["bugsnag.errors.open"]\n[limits]\ncalls_per_day = 5\n'
    new.write_text(old.replace("operations = [", 'operations = ["bugsnag.errors.fix", ', 1) + more, encoding="utf-8")

    told = crashgate("policy", "diff", "policies/triage-agent.toml", "proposed/triage-agent.toml")

    assert told.out.splitlines() == [
        "- triage-agent: error: allow -> deny (bugsnag.errors.fix) in project checkout-ios (bugsnag)",
        "- triage-agent: error: allow -> deny (bugsnag.errors.fix) in project checkout-android (bugsnag)",
        "- triage-agent: error: allow -> approve (bugsnag.errors.open) in project checkout-ios (bugsnag)",
        "- triage-agent: error: allow -> approve (bugsnag.errors.open) in project checkout-android (bugsnag)",
        "- triage-agent: limits.calls_per_day: no limit -> 5 in proposed/triage-agent.toml",
        "0 things wider, 5 narrower.",
    ]


@pytest.mark.usefixtures("policies")
@pytest.mark.parametrize("words", [("nowhere",), (), ("policies", "--nonsense"), ("policies", "more")])
def test_a_wrong_call_of_it_is_never_taken_for_something_wider(words: tuple[str, ...], crashgate: Shell) -> None:
    told = crashgate("policy", "diff", "policies", *words)

    assert (told.code, told.out) == (3, "")
    assert crashgate("policy", "diff", "policies", *words, "--json").code == 3


def test_the_same_policies_widen_nothing(crashgate: Shell, policies: Path) -> None:
    assert crashgate("policy", "diff", str(policies), "policies") == Told(
        code=0, out="Both sets mean the same.\n", err=""
    )


def test_what_only_narrows_is_told_and_goes_through(crashgate: Shell, policies: Path, home: Path) -> None:
    (home / "none").mkdir()
    told = crashgate("policy", "diff", str(policies), "none", "--json")

    assert told.code == 0
    assert {row["widens"] for row in json.loads(told.out)["changes"]} == {False}
    assert json.loads(told.out)["widens"] is False


@pytest.mark.usefixtures("policies")
def test_a_document_that_cannot_be_used_is_compared_with_nothing(crashgate: Shell, home: Path) -> None:
    (home / "bad.toml").write_text('agent = "bad"\n', encoding="utf-8")

    told = crashgate("policy", "diff", "policies", "bad.toml")

    assert (told.code, told.out) == (3, "")
    assert "bad.toml:1: missing key `about`" in told.err


@pytest.mark.usefixtures("policies")
def test_warnings_fail_only_when_they_are_asked_to(crashgate: Shell) -> None:
    lax, strict = crashgate("policy", "lint"), crashgate("policy", "lint", "--strict")

    assert (lax.code, strict.code) == (0, 1)
    assert lax.out == strict.out
    assert "policies/operator.toml:1: there are no limits" in lax.out
    assert len(json.loads(crashgate("policy", "lint", "--json").out)["warnings"]) == len(lax.out.splitlines()) - 1


@pytest.mark.usefixtures("policies")
def test_what_is_exported_is_what_cedar_reads(crashgate: Shell) -> None:
    everything, one = crashgate("policy", "export", "--cedar"), crashgate("policy", "export", "--cedar", "triage-agent")
    schema = crashgate("policy", "export", "--cedar", "--schema")

    assert (everything.code, one.code, schema.code) == (0, 0, 0)
    assert cedar_engine.faults(everything.out, schema.out) == []
    assert one.out in everything.out


def test_the_schema_is_json(crashgate: Shell) -> None:
    assert json.loads(crashgate("policy", "schema").out)["title"] == "crashgate policy"


def test_a_first_policy_is_written_once_and_never_over_another(crashgate: Shell, home: Path) -> None:
    (home / "policies").mkdir(mode=0o755)
    words = ("policy", "init", "new-agent", "--owner", "team@example.com", "--project", "checkout-*")

    printed = crashgate(*words)
    written, again = crashgate(*words, "--write"), crashgate(*words, "--write")

    assert (printed.code, written.code, again.code) == (0, 0, 3)
    assert (home / "policies" / "new-agent.toml").read_text(encoding="utf-8") == printed.out
    assert tomllib.loads(printed.out)["grant"][0]["projects"] == ["checkout-*"]
    assert crashgate("policy", "check").code == 0
    assert "There is a document of that name already." in again.err


def test_a_first_policy_for_a_name_that_is_none_is_not_made(crashgate: Shell, home: Path) -> None:
    (home / "policies").mkdir(mode=0o755)
    told = crashgate("policy", "init", "../x", "--owner", "y", "--write")

    assert (told.code, told.out) == (3, "")
    assert list((home / "policies").iterdir()) == []
