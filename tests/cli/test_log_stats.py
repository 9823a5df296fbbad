"""``crashgate log stats``, and ``log search --reason``: how typing errors are told from refusals."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from crashgate.audit.record import Effect, Purpose
from tests.audit.samples import DECISION, HOSTILE, call
from tests.cli.shell import Shell
from tests.logs import open_log

DENIED = replace(DECISION, effect=Effect.DENY, sentence="Denied.")
CALLS = (
    DECISION,
    replace(DECISION, observed=True, reason="no_grant"),
    replace(DENIED, reason="no_grant", agent="release-manager"),
    replace(DENIED, reason="invalid_arguments", tool=None, sentence="Wrong."),
    replace(DECISION, purpose=Purpose.LOOKUP, parent=call(1)),
)


@pytest.fixture(autouse=True)
async def log(state: Path) -> Path:
    log = open_log(state / "log")
    for day, record in enumerate(CALLS, 1):
        await log.append(replace(record, call=call(day), at=f"2026-11-0{day}T12:00:00.000Z"))
    await log.aclose()
    return state / "log"


def test_calls_are_counted_by_agent_tool_decision_and_reason(crashgate: Shell) -> None:
    told = crashgate("log", "stats", "--json")

    assert (told.code, told.err) == (0, "")
    assert json.loads(told.out) == {
        "calls": 4,
        "agent": {DECISION.agent: 3, "release-manager": 1},
        "tool": {DECISION.tool: 3, "unknown": 1},
        "decision": {"deny": 2, "allow": 1, "observed": 1},
        "reason": {"no_grant": 2, DECISION.reason: 1, "invalid_arguments": 1},
    }


def test_the_counts_of_some_calls_are_shown_as_tables(crashgate: Shell) -> None:
    told = crashgate("log", "stats", "--agent", "release-manager", "--since", "2026-11-02", "--until", "2026-11-04")

    assert (
        told.out
        == f"""1 call.

agent            calls
release-manager  1

tool           calls
{DECISION.tool}  1

decision  calls
deny      1

reason    calls
no_grant  1
"""
    )
    assert crashgate("log", "stats", "--agent", "nobody").out == "No matching calls are recorded.\n"


async def test_more_than_twenty_values_are_counted_and_not_listed(crashgate: Shell, log: Path) -> None:
    writer = open_log(log)
    for number in range(30):
        await writer.append(replace(DECISION, call=call(100 + number), tool=f"tool_{number}"))
    await writer.append(replace(DECISION, call=call(99), tool=HOSTILE))
    await writer.aclose()

    out = crashgate("log", "stats").out

    assert "and 13 more; --json shows all\n" in out
    assert all(character.isprintable() for line in out.splitlines() for character in line)


def test_wrong_arguments_are_found_apart_from_refusals(crashgate: Shell) -> None:
    assert crashgate("log", "search", "--reason", "invalid_arguments").out.endswith("  deny       Wrong.\n")
    found = json.loads(crashgate("log", "search", "--reason", "no_grant", "--decision", "deny", "--json").out)
    assert [each["decision"]["call"] for each in found] == [call(3)]
    told = crashgate("log", "search", "--reason", "nogrant")
    assert (told.code, told.out) == (2, "")
    assert "no_grant, " in told.err
