import json
import signal
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from crashgate.storage.log_files import DATABASE
from tests.audit.samples import ATTEMPT, DECISION, HOSTILE, OUTCOME
from tests.cli.shell import Shell, line, started
from tests.logs import open_log


def words(told: str) -> list[list[str]]:
    """Time left out: the second word and the rest of each line."""
    return [each.split(maxsplit=2)[1:] for each in told.splitlines()]


@pytest.mark.usefixtures("recorded")
def test_the_log_is_shown_in_order_with_a_word_and_a_sentence(crashgate: Shell) -> None:
    told = crashgate("log", "show")
    assert (told.code, told.err) == (0, "")
    assert [word for word, _ in words(told.out)] == ["look-up", "allow", "deny", "look-up", "deny", "allow"]
    assert words(told.out)[2][1].startswith("triage-agent asked to delete error 00000000… in checkout-ios (bugsnag)")


@pytest.mark.usefixtures("recorded")
def test_the_newest_are_shown(crashgate: Shell) -> None:
    everything = crashgate("log", "show").out.splitlines()
    assert crashgate("log", "show", "-n", "2").out.splitlines() == everything[-2:]


@pytest.mark.usefixtures("recorded")
def test_one_agent_is_shown(crashgate: Shell) -> None:
    told = words(crashgate("log", "show", "--agent", "read-only-assistant", "-n", "5").out)
    assert [word for word, _ in told] == ["allow"]
    assert told[0][1].startswith("read-only-assistant read its own access")


@pytest.mark.usefixtures("recorded")
def test_a_time_leaves_out_what_was_before_it(crashgate: Shell) -> None:
    everything = crashgate("log", "show").out
    last = everything.splitlines()[-1].split()[0]
    assert crashgate("log", "show", "--since", "1h").out == everything
    assert crashgate("log", "show", "--since", last).out.splitlines() == everything.splitlines()[-1:]
    assert crashgate("log", "show", "--since", "9999-01-01").out == "No matching calls are recorded.\n"


@pytest.mark.parametrize("time", ["yesterday", "5", "999999w", "0001-01-01T00:00:00+10:00", "-1h"])
def test_a_time_that_is_none_is_a_wrong_use(time: str, crashgate: Shell) -> None:
    told = crashgate("log", "show", f"--since={time}")
    assert (told.code, told.out) == (2, "")
    assert "write a time such as" in told.err


@pytest.mark.usefixtures("recorded")
def test_json_holds_both_records_whole(crashgate: Shell) -> None:
    entries = json.loads(crashgate("log", "show", "--json").out)
    assert [entry["decision"]["effect"] for entry in entries] == ["allow", "allow", "deny", "allow", "deny", "allow"]
    assert [entry["outcome"] is None for entry in entries] == [False, False, True, False, True, False]
    assert [entry["decision"]["seq"] for entry in entries] == [1, 3, 5, 6, 8, 9]
    assert entries[1]["outcome"]["call"] == entries[1]["decision"]["call"]


@pytest.mark.usefixtures("recorded")
def test_a_sound_log_is_said_to_be_sound(crashgate: Shell) -> None:
    told = crashgate("log", "verify")
    assert (told.code, told.out, told.err) == (0, "Chain main: 10 records, sound.\n", "")


async def hostile(state: Path) -> None:
    """A log in which every text is as bad as can be, and in which somebody changed the sentences afterwards too."""
    record = replace(
        DECISION,
        subject=HOSTILE,
        client=HOSTILE,
        tool=HOSTILE,
        project_slug=HOSTILE,
        target=HOSTILE,
        rule=HOSTILE,
        sentence=HOSTILE,
    )
    log = open_log(state / "log")
    await log.append(record)
    await log.append(replace(OUTCOME, sentence=HOSTILE))
    await log.append(replace(record, call="0" * 31 + "2"))
    await log.aclose()


@pytest.mark.threats(25, 26)
@pytest.mark.parametrize("command", [("show",), ("show", "--json"), ("verify",)], ids=" ".join)
async def test_no_control_character_of_a_record_reaches_a_terminal(
    command: tuple[str, ...], crashgate: Shell, state: Path
) -> None:
    await hostile(state)
    told = crashgate("log", *command)
    assert told.code == 0
    assert told.out
    assert not [char for char in told.out + told.err if not char.isprintable() and char != "\n"]


@pytest.mark.threats(26)
async def test_a_line_is_a_call_whatever_is_in_it(crashgate: Shell, state: Path) -> None:
    await hostile(state)
    assert len(crashgate("log", "show").out.splitlines()) == 2


@pytest.mark.threats(25)
async def test_what_is_followed_holds_no_control_character_either(state: Path) -> None:
    await hostile(state)
    with started(("--state", str(state), "log", "follow", "-n", "3")) as process:
        told = [line(process) for _ in range(3)]
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=20)
    assert (process.returncode, out, err) == (130, b"", b"")
    assert all(each.isprintable() for each in told)
    assert [each.split()[1] for each in told] == ["allow", "answered", "allow"]


async def test_following_shows_a_record_when_it_is_stored(state: Path) -> None:
    log = open_log(state / "log")
    await log.append(replace(DECISION, sentence="The first."))
    with started(("--state", str(state), "log", "follow", "-n", "1", "--json")) as process:
        assert json.loads(line(process))["sentence"] == "The first."
        await log.append(replace(OUTCOME, sentence="The second."))
        assert json.loads(line(process))["sentence"] == "The second."
    await log.aclose()


async def test_following_one_agent_shows_its_decisions_and_outcomes_alone(state: Path) -> None:
    other = replace(DECISION, agent="release-manager", call="0" * 31 + "2", sentence="Another's.")
    log = open_log(state / "log")
    for record in (
        replace(DECISION, sentence="Its call."),
        other,
        replace(OUTCOME, call=other.call, sentence="Another's outcome."),
        replace(OUTCOME, sentence="Its outcome."),
    ):
        await log.append(record)
    await log.aclose()
    with started(("--state", str(state), "log", "follow", "-n", "4", "--agent", "triage-agent")) as process:
        told = [line(process).split(maxsplit=2)[1:] for _ in range(2)]
    assert told == [["allow", "Its call."], ["answered", "Its outcome."]]


async def test_a_call_that_was_cut_short_is_said_to_be_unknown(crashgate: Shell, state: Path) -> None:
    log = open_log(state / "log")
    await log.append(replace(DECISION, sentence="It asked."))
    await log.aclose()
    assert words(crashgate("log", "show").out) == [["unknown", "It asked. Outcome unknown."]]


def test_a_tail_that_was_cut_off_is_named(crashgate: Shell, recorded: Path) -> None:
    with closing(sqlite3.connect(recorded / "log" / DATABASE)) as connection, connection:
        for (trigger,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f"DROP TRIGGER {trigger}")
        connection.execute("DELETE FROM records WHERE seq > 8")
    told = crashgate("log", "verify", "--json")
    assert told.code == 4
    verdict = json.loads(told.out)
    assert verdict["sound"] is False
    assert [(each["fault"], each["seq"], each["good"]) for each in verdict["chains"]] == [("truncated", 9, 8)]


async def test_attempts_are_shown_between_the_calls(crashgate: Shell, state: Path) -> None:
    log = open_log(state / "log")
    await log.append(replace(DECISION, sentence="It asked."))
    await log.append(replace(ATTEMPT, sentence="A request was refused."))
    await log.append(replace(OUTCOME, sentence="It was done."))
    await log.aclose()

    assert words(crashgate("log", "show").out) == [["allow", "It was done."], ["attempt", "A request was refused."]]
    assert words(crashgate("log", "show", "--agent", "triage-agent").out) == [["allow", "It was done."]]
    assert json.loads(crashgate("log", "show", "--json").out)[1]["attempt"]["reason"] == "no_token"
    assert crashgate("log", "verify").out == "Chain main: 3 records, sound.\n"
    with started(("--state", str(state), "log", "follow", "-n", "3")) as process:
        told = [line(process).split(maxsplit=2)[1] for _ in range(3)]
    assert told == ["allow", "attempt", "answered"]


async def test_what_trial_mode_let_through_has_a_word_of_its_own(crashgate: Shell, state: Path) -> None:
    log = open_log(state / "log")
    await log.append(replace(DECISION, observed=True))
    await log.append(replace(OUTCOME, sentence="LET THROUGH IN OBSERVE MODE."))
    await log.aclose()

    assert words(crashgate("log", "show").out) == [["observed", "LET THROUGH IN OBSERVE MODE."]]
