"""``policy replay``: recorded calls, asked again."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from crashgate.adapters.sqlite_log import SqliteLog
from crashgate.catalogue.registry import BY_ID
from crashgate.decisions.record import DecisionRecord, Effect, Purpose
from crashgate.identity import Via
from tests.cli.shell import Shell, Told


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
)


@pytest.fixture
def logged(state: Path) -> Path:
    """The state folder, with a log of ``RECORDS``."""

    async def write(records: Sequence[DecisionRecord]) -> None:
        log = SqliteLog.open(state / "log")
        for each in records:
            await log.append(each)
        await log.aclose()

    asyncio.run(write(RECORDS))
    return state


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
