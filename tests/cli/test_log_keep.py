"""``crashgate log search|export|prune|checkpoint|key`` and what ``verify`` says of them."""

import csv
import json
import shutil
import sqlite3
import stat
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from crashgate.audit.record import Effect
from crashgate.storage.log_files import DATABASE
from tests.audit.samples import ATTEMPT, DECISION, HOSTILE, OUTCOME, call
from tests.cli.shell import Shell
from tests.logs import open_log
from tests.small_disk import fill

CALLS = tuple(
    replace(DECISION, call=call(number), at=f"2026-11-{number:02}T12:00:00.000Z", sentence=f"Call {number}.")
    for number in range(1, 10)
)


async def _store(state: Path) -> None:
    """Nine calls, a day each; the fourth denied, the fifth of another agent; and an attempt."""
    log = open_log(state / "log")
    for record in CALLS:
        number = int(record.call, 16)
        changes = {4: {"effect": Effect.DENY}, 5: {"agent": "release-manager"}}.get(number, {})
        await log.append(replace(record, **changes))  # type: ignore[arg-type]  # fields as data
        if number != 4:
            await log.append(replace(OUTCOME, call=record.call, at=record.at, sentence=f"Call {number} was done."))
    await log.append(replace(ATTEMPT, at="2026-11-09T13:00:00.000Z"))
    await log.aclose()


@pytest.fixture
async def log(state: Path) -> Path:
    await _store(state)
    return state / "log"


def _sentences(told: str) -> list[str]:
    return [each.split(maxsplit=2)[2] for each in told.splitlines()]


@pytest.mark.usefixtures("log")
def test_calls_are_found(crashgate: Shell) -> None:
    assert _sentences(crashgate("log", "search", "--decision", "deny").out) == ["Call 4."]
    assert _sentences(crashgate("log", "search", "--agent", "release-manager").out) == ["Call 5 was done."]
    span = ("--since", "2026-11-02", "--until", "2026-11-04")
    assert _sentences(crashgate("log", "search", *span).out) == ["Call 3 was done.", "Call 2 was done."]
    assert _sentences(crashgate("log", "search", *span, "--oldest", "-n", "1").out) == ["Call 2 was done."]
    assert crashgate("log", "search", "--tool", "nothing").out == "No matching calls are recorded.\n"
    found = json.loads(crashgate("log", "search", "--target", "CHECKOUT", "--limit", "2", "--json").out)
    assert [each["decision"]["call"] for each in found] == [call(9), call(8)]
    assert [each["outcome"]["call"] for each in found] == [call(9), call(8)]


async def test_what_only_trial_mode_let_through_is_found(crashgate: Shell, log: Path) -> None:
    writer = open_log(log)
    await writer.append(replace(DECISION, call=call(20), observed=True, sentence="A trial."))
    await writer.aclose()

    assert _sentences(crashgate("log", "search", "--decision", "observed").out) == ["A trial. Outcome unknown."]
    assert "A trial. Outcome unknown." in _sentences(crashgate("log", "search", "--decision", "allow").out)
    assert crashgate("log", "search", "--decision", "observed", "--target", "nothing").out.startswith(
        "No matching calls"
    )


@pytest.mark.usefixtures("log")
def test_json_lines_hold_every_record_with_its_hash(crashgate: Shell) -> None:
    told = crashgate("log", "export", "--since", "2026-11-09")
    lines = [json.loads(line) for line in told.out.splitlines()]

    assert [line["kind"] for line in lines] == ["decision", "outcome", "attempt"]
    assert [(line["chain"], line["seq"]) for line in lines] == [("main", 16), ("main", 17), ("main", 18)]
    assert [one["hash"] for one in lines[:-1]] == [other["previous"] for other in lines[1:]]


@pytest.mark.usefixtures("log")
def test_csv_and_ocsf_hold_a_line_for_each_call(crashgate: Shell) -> None:
    rows = list(csv.DictReader(crashgate("log", "export", "--format", "csv").out.splitlines()))
    events = [json.loads(line) for line in crashgate("log", "export", "--format", "ocsf").out.splitlines()]

    assert [row["kind"] for row in rows] == ["call"] * 9 + ["attempt"]
    assert [row["result"] for row in rows[2:5]] == ["answered", "", "answered"]
    assert [event["message"] for event in events] == [row["sentence"] for row in rows]
    assert [event["disposition_id"] for event in events[2:5]] == [1, 2, 1]


@pytest.mark.usefixtures("log")
def test_an_exported_file_is_whole_and_for_its_owner_alone(crashgate: Shell, home: Path) -> None:
    # Guards: the draft and the mode in log_export._write.
    output = home / "log.csv"
    output.write_text("an older export")
    output.chmod(0o644)
    told = crashgate("log", "export", "--format", "csv", "--output", str(output), "--force")

    assert (told.code, told.out, told.err) == (0, "", f"Wrote 11 lines to {output}.\n")
    assert output.read_text() == crashgate("log", "export", "--format", "csv").out
    assert stat.S_IMODE(output.stat().st_mode) == 0o600


def test_an_export_that_fails_leaves_the_older_file(crashgate: Shell, home: Path, log: Path) -> None:
    # Guards: that the draft takes the name only at the end, and does not stay behind.
    with closing(sqlite3.connect(log / DATABASE, isolation_level=None)) as database:
        database.execute("DROP TRIGGER records_are_not_changed")
        database.execute("UPDATE records SET body = '{' WHERE seq = 9")
    output = home / "log.jsonl"
    output.write_text("an older export")

    assert crashgate("log", "export", "--output", str(output), "--force").code == 4
    assert output.read_text() == "an older export"
    assert [path.name for path in home.iterdir() if "log.jsonl" in path.name] == ["log.jsonl"]
    told = crashgate("log", "export", "--output", str(home / "nowhere" / "x"))
    assert (told.code, told.err.splitlines()[:2]) == (
        4,
        [f"Error: {home / 'nowhere' / 'x'} cannot be written.", "No such file or directory."],
    )


@pytest.mark.usefixtures("log")
def test_a_file_that_exists_is_left_alone_unless_it_is_to_be_written_anew(crashgate: Shell, home: Path) -> None:
    (output := home / "decisions.jsonl").write_text("mine", encoding="utf-8")

    told = crashgate("log", "export", "--output", str(output))
    assert (told.code, output.read_text("utf-8")) == (2, "mine")
    assert "--force" in told.err

    assert crashgate("log", "export", "--output", str(output), "--force").code == 0
    assert len(output.read_text("utf-8").splitlines()) == 18


def test_a_full_disk_is_no_wrong_use_of_the_command(crashgate: Shell, log: Path, small_disk: Path) -> None:
    assert log.exists()
    fill(small_disk)
    told = crashgate("log", "export", "--output", str(small_disk / "out"))

    assert (told.code, told.err.splitlines()[1]) == (4, "No space left on device.")
    assert [path.name for path in small_disk.iterdir()] == ["filler"]


@pytest.mark.threats(25, 26)
@pytest.mark.parametrize("form", ["jsonl", "csv", "ocsf"])
async def test_no_control_character_is_exported(form: str, crashgate: Shell, state: Path) -> None:
    log = open_log(state / "log")
    await log.append(replace(DECISION, client=HOSTILE, target=HOSTILE, rule=HOSTILE, sentence=HOSTILE))
    await log.aclose()
    told = crashgate("log", "export", "--format", form).out

    assert len(told.splitlines()) == (2 if form == "csv" else 1)
    assert not [char for char in told if not char.isprintable() and char != "\n"]


@pytest.mark.threats(27)
@pytest.mark.usefixtures("log")
def test_pruning_says_what_went_and_verify_says_where_the_chain_starts(crashgate: Shell) -> None:
    would = crashgate("log", "prune", "--before", "2026-11-04", "--dry-run")
    did = crashgate("log", "prune", "--before", "2026-11-04")

    assert would.out == "Chain main: 6 records would be pruned, up to number 6.\n"
    assert did.out == "Chain main: 6 records pruned, up to number 6.\n"
    assert crashgate("log", "prune", "--before", "2026-11-04").out == "Nothing is that old.\n"
    assert crashgate("log", "verify").out == (
        "Chain main: 14 records, sound. "
        "It starts after record 6: a signed checkpoint says that the older ones were pruned.\n"
    )
    told = _sentences(crashgate("log", "show", "-n", "2").out)
    assert told[0] == "Signed checkpoint: the chain main may start after record 6; 6 records of it are to be pruned."
    assert told[1].endswith(" pruned 6 records from before 2026-11-04T00:00:00.000Z, of main.")
    kept = json.loads(crashgate("log", "prune", "--keep", "100000d", "--json").out)
    assert (kept["dry_run"], kept["chains"]) == (False, [])


@pytest.mark.parametrize("options", [(), ("--before", "2026-11-04", "--keep", "90d")])
def test_a_prune_needs_one_time(options: tuple[str, ...], crashgate: Shell) -> None:
    told = crashgate("log", "prune", *options)
    assert (told.code, "either --before TIME or --keep AGE" in told.err) == (2, True)


@pytest.mark.threats(27)
async def test_an_old_copy_shows_against_a_checkpoint_kept_elsewhere(
    crashgate: Shell, state: Path, home: Path, log: Path
) -> None:
    key = crashgate("log", "key").out.strip()
    shutil.copytree(log, home / "copy")
    later = open_log(log)
    await later.append(replace(DECISION, call=call(77)))
    await later.aclose()
    kept = home / "kept.json"
    kept.write_text(crashgate("log", "checkpoint").out)
    assert json.loads(kept.read_text())["key"] == key
    assert crashgate("log", "verify", "--checkpoint", str(kept)).code == 0
    shutil.rmtree(log)
    shutil.copytree(home / "copy", state / "log")

    assert crashgate("log", "verify").code == 0
    told = crashgate("log", "verify", "--checkpoint", str(kept), "--signed-by", key)
    assert (told.code, told.out) == (
        4,
        (
            "Chain main: NOT SOUND at record 19: the chain ends at 18, but 19 records were stored. "
            "Sound before that: 18 records.\n"
        ),
    )
    assert crashgate("log", "verify", "--checkpoint", str(kept), "--signed-by", "0" * 64).code == 2


@pytest.mark.usefixtures("log")
def test_what_is_no_checkpoint_or_no_key_is_a_wrong_use(crashgate: Shell, home: Path) -> None:
    (home / "x.json").write_text("{}")
    told = crashgate("log", "verify", "--checkpoint", str(home / "x.json"))
    assert (told.code, "not a file that `crashgate log checkpoint` printed" in told.err) == (2, True)
    assert crashgate("log", "verify", "--signed-by", "abc").code == 2
    assert len(json.loads(crashgate("log", "key", "--json").out)["key"]) == 64


@pytest.mark.threats(41)
def test_a_missing_head_fails_the_check_until_it_is_acknowledged(crashgate: Shell, log: Path) -> None:
    assert crashgate("log", "acknowledge").out == "There is no missing head to acknowledge.\n"
    (log / "main.head").unlink()

    missing = crashgate("log", "verify")
    assert (missing.code, "NOT SOUND at record 19: no head is kept beside the log" in missing.out) == (4, True)
    assert "run `crashgate log acknowledge`" in " ".join(missing.out.split())
    acknowledged = json.loads(crashgate("log", "acknowledge", "--json").out)["acknowledged"]
    assert [(each["chain"], each["seq"]) for each in acknowledged] == [("main", 19)]
    assert crashgate("log", "verify").code == 0
    assert "acknowledged that the head of the chain main was missing" in crashgate("log", "show").out
