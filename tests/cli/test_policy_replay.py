"""``policy replay``: recorded calls, asked again."""

import asyncio
import hashlib
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from crashgate.audit.record import DecisionRecord, Effect, Purpose
from crashgate.identity import Via
from tests.catalogue import BY_ID
from tests.cli.shell import Shell, Told
from tests.logs import open_log


def record(number: int, operation: str, *, effect: Effect = Effect.ALLOW, **more: Any) -> DecisionRecord:  # noqa: ANN401 - any fields
    asked = BY_ID[operation]
    first = DecisionRecord(
        call=f"{number:032x}",
        at=f"2026-11-20T17:00:{number:02}.000Z",
        agent="triage-agent",
        subject="launch",
        via=Via.STDIO,
        effect=effect,
        reason="granted" if effect is Effect.ALLOW else "level_too_low",
        operation=operation,
        resource=asked.resource,
        access=asked.access,
        connection="bugsnag",
        project="5f1a2b3c4d5e6f7a8b9c0d1e",
        project_slug="checkout-ios",
        sentence="x",
    )
    return replace(first, **more)


RECORDS = (
    record(1, "bugsnag.errors.fix"),
    record(2, "bugsnag.errors.list"),
    record(3, "bugsnag.errors.delete", effect=Effect.DENY),
    record(4, "bugsnag.errors.fix"),
    record(5, "bugsnag.errors.list", purpose=Purpose.LOOKUP, parent="0" * 32),
    record(6, "bugsnag.errors.get", effect=Effect.DENY, reason="no_such_object"),
    record(7, "bugsnag.projects.list", project=None, project_slug=None),
    record(8, "bugsnag.organizations.list", agent="policy-init", project=None, project_slug=None),
    record(9, "bugsnag.organizations.list", agent="connections-check", project=None, project_slug=None),
)


@pytest.fixture
def logged(state: Path) -> Path:
    """The state folder, with a log of ``RECORDS``."""
    write(state, RECORDS)
    return state


def write(state: Path, records: Sequence[DecisionRecord]) -> None:
    """A log of these in the state folder."""

    async def append() -> None:
        log = open_log(state / "log")
        for each in records:
            await log.append(each)
        await log.aclose()

    asyncio.run(append())


@pytest.mark.usefixtures("policies", "logged")
def test_the_policies_that_decided_decide_the_same(crashgate: Shell) -> None:
    assert crashgate("policy", "replay") == Told(
        code=0, out="5 calls asked again: 0 would be decided differently.\n", err=""
    )


@pytest.mark.usefixtures("logged")
def test_what_a_new_policy_would_decide_otherwise_is_told_once_with_how_often(crashgate: Shell, policies: Path) -> None:
    document = policies / "triage-agent.toml"
    narrowed = document.read_text(encoding="utf-8").replace('access.error = "write"', 'access.error = "read"')
    document.write_text(narrowed, encoding="utf-8")

    told = crashgate("policy", "replay")

    assert told.code == 1
    first, last = told.out.splitlines()
    assert first.startswith(
        "triage-agent bugsnag.errors.fix in checkout-ios: allow then, deny now (2 times): triage-agent may not write"
    )
    assert last == "5 calls asked again: 2 would be decided differently."
    found = json.loads(crashgate("policy", "replay", "--json").out)
    assert [(each["operation"], each["then"], each["now"], each["times"]) for each in found["changed"]] == [
        ("bugsnag.errors.fix", "allow", "deny", 2)
    ]


def _at(minute: int, number: int, operation: str, **more: Any) -> DecisionRecord:  # noqa: ANN401 - any fields
    return record(number, operation, at=f"2026-11-20T17:{minute:02}:00.000Z", **more)


@pytest.mark.threats(5)
def test_a_new_person_between_reading_and_changing_is_told_where_one_would_have_been_asked(
    crashgate: Shell, policies: Path, state: Path
) -> None:
    document = policies / "triage-agent.toml"
    old = document.read_text(encoding="utf-8")
    write(
        state,
        [
            _at(0, 1, "bugsnag.errors.fix_many"),
            _at(1, 2, "bugsnag.errors.list", purpose=Purpose.LOOKUP, parent="0" * 32),
            _at(2, 3, "bugsnag.errors.fix_many"),
            _at(3, 4, "bugsnag.errors.list"),
            _at(12, 5, "bugsnag.errors.fix_many"),
            _at(12, 6, "bugsnag.errors.open_many", approval="a" * 18),
            _at(13, 7, "bugsnag.errors.fix_many"),
            _at(14, 8, "bugsnag.errors.list", agent="operator"),
            _at(15, 9, "bugsnag.errors.fix_many"),
        ],
    )
    document.write_text(f"{old}[approve]\nafter_untrusted_minutes = 10\n", encoding="utf-8")

    found = json.loads(crashgate("policy", "replay", "--json").out)

    assert found["asked"] == 8
    assert [(each["operation"], each["then"], each["now"], each["times"]) for each in found["changed"]] == [
        ("bugsnag.errors.fix_many", "allow", "approve", 1)
    ]
    assert found["changed"][0]["sentence"].endswith(
        " A person has to approve it for 10 minutes after text that outsiders can write was asked for."
    )


def test_the_log_of_another_folder_may_be_named(crashgate: Shell, policies: Path, logged: Path, home: Path) -> None:
    del policies
    moved = logged.rename(home / "elsewhere")

    assert crashgate("policy", "replay", str(moved)).out.startswith("5 calls asked again")
    assert crashgate("policy", "replay", str(moved / "log")).out.startswith("5 calls asked again")


@pytest.mark.usefixtures("policies")
def test_without_a_log_there_is_nothing_to_ask(crashgate: Shell) -> None:
    assert crashgate("policy", "replay").code == 4


@pytest.mark.usefixtures("logged")
def test_an_agent_whose_policy_is_gone_may_do_nothing(crashgate: Shell, policies: Path) -> None:
    (policies / "triage-agent.toml").unlink()

    found = json.loads(crashgate("policy", "replay", "--json").out)

    assert {(each["operation"], each["now"]) for each in found["changed"]} == {
        ("bugsnag.errors.fix", "deny"),
        ("bugsnag.errors.list", "deny"),
        ("bugsnag.projects.list", "deny"),
    }


@pytest.mark.parametrize(
    ("then", "same_policy", "told"),
    [
        ("deny", True, "1 calls asked again: 0 would be decided differently.\n"),
        ("allow", True, "1 calls asked again: 0 would be decided differently.\n"),
        (
            "deny",
            False,
            "1 calls asked again: 0 would be decided differently. For 1, the log does not hold enough to tell.\n",
        ),
        (
            "allow",
            False,
            "1 calls asked again: 0 would be decided differently. For 1, the log does not hold enough to tell.\n",
        ),
    ],
)
def test_a_parameter_that_the_log_may_not_show_is_not_guessed(
    then: str, told: str, crashgate: Shell, policies: Path, state: Path, *, same_policy: bool
) -> None:
    document = policies / "triage-agent.toml"
    document.write_text(
        document.read_text(encoding="utf-8").replace(
            "[off]\n", '[off]\nparameters = ["bugsnag.errors.list.filters"]\n'
        ),
        encoding="utf-8",
    )
    hash_ = hashlib.sha256(document.read_bytes()).hexdigest() if same_policy else "cd" * 32
    reason = "switched_off" if then == "deny" else "granted"
    write(state, [record(1, "bugsnag.errors.list", effect=Effect(then), reason=reason, policy_hash=hash_)])

    assert crashgate("policy", "replay") == Told(code=0, out=told, err="")


def test_a_switch_that_is_gone_is_a_difference(crashgate: Shell, policies: Path, state: Path) -> None:
    del policies
    write(state, [record(1, "bugsnag.errors.list", effect=Effect.DENY, reason="switched_off")])

    assert crashgate("policy", "replay").code == 1
