"""``crashgate export``: the agent's own tool, with a bar for people, over the embedded sandbox."""

import csv
import json
import shutil
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest

from tests.cli.shell import Shell
from tests.small_disk import fill

ANALYST = "session-analyst"


@pytest.fixture
def analyst(home: Path, root: Path) -> Path:
    """The shipped policy over sessions, alone in the folder where policies are looked for."""
    folder = home / "policies"
    folder.mkdir(mode=0o755)
    shutil.copyfile(root / "policies" / "sessions" / f"{ANALYST}.toml", folder / f"{ANALYST}.toml")
    (folder / f"{ANALYST}.toml").chmod(0o644)
    return folder


@pytest.mark.usefixtures("analyst")
@pytest.mark.parametrize("named", [(), ("--connection", "bugspulse")], ids=["not named", "named"])
def test_the_file_is_the_one_that_the_summary_tells_of(named: tuple[str, ...], crashgate: Shell, home: Path) -> None:
    # The policy opens crashes on one connection alone: naming it is not needed, and not wrong.
    told = crashgate(
        *("export", "crashes", "--agent", ANALYST, *named, "--format", "csv", "--to", "out", "--sandbox", "--json")
    )
    assert (told.code, told.err) == (0, "")
    made = json.loads(told.out)
    file = home / "out" / made["file"]

    assert sha256(file.read_bytes()).hexdigest() == made["sha256"]
    with file.open(encoding="utf-8", newline="") as lines:
        assert len(list(csv.DictReader(lines))) == made["rows"] == 38
    assert json.loads((home / "out" / made["file"].replace(".csv", ".manifest.json")).read_text("utf-8"))["rows"] == 38


@pytest.mark.usefixtures("analyst")
def test_what_the_policy_does_not_open_is_refused_with_its_exit_code(crashgate: Shell, home: Path) -> None:
    told = crashgate("export", "sessions", "--agent", ANALYST, "--connection", "nowhere", "--to", "out", "--sandbox")

    assert (told.code, told.out) == (1, "")
    assert told.err.startswith(
        "Refused: this does not exist or cannot be looked up now, or the policy of session-analyst does not allow it."
    )
    assert told.err.endswith(f"\nWhy:  crashgate --state {crashgate.state} log show -n 1\n")
    assert not (home / "out").exists()


@pytest.mark.usefixtures("analyst")
def test_an_agent_without_a_policy_is_told_before_anything_is_opened(crashgate: Shell) -> None:
    told = crashgate("export", "sessions", "--agent", "nobody", "--sandbox", "--to", "out")

    assert (told.code, told.out) == (3, "")
    assert "nobody" in told.err


@pytest.mark.usefixtures("analyst")
def test_what_cannot_be_stored_has_an_exit_code_of_its_own(crashgate: Shell, small_disk: Path) -> None:
    # Not that of a configuration which cannot be used: there is nothing in it to mend.
    place = small_disk / "out"
    place.mkdir()
    fill(small_disk)
    told = crashgate("export", "crashes", "--agent", ANALYST, "--to", str(place), "--sandbox", "--json")

    error = json.loads(told.out)["error"]

    assert (told.code, error["code"]) == (7, "export_failed")


@pytest.mark.usefixtures("analyst")
def test_old_exports_are_listed_and_removed(crashgate: Shell, home: Path) -> None:
    made = [crashgate("export", "crashes", "--agent", ANALYST, "--to", "out", "--sandbox", "--json") for _ in range(2)]
    ids = sorted(json.loads(each.out)["id"] for each in made)
    listed = crashgate("exports", "list", "--at", "out", "--json")
    would = crashgate("exports", "prune", "--keep", "0s", "--at", "out", "--dry-run")
    young = crashgate("exports", "prune", "--keep", "1d", "--at", "out")
    others = crashgate("exports", "prune", "--keep", "0s", "--at", "out", "--agent", "nobody")
    pruned = crashgate("exports", "prune", "--keep", "0s", "--at", "out", "--json")
    after = crashgate("exports", "list", "--at", "out")

    told = json.loads(listed.out)
    assert sorted(each["id"] for each in told) == ids
    assert {(each["standing"], each["agent"], each["rows"]) for each in told} == {("finished", ANALYST, 38)}
    assert would.out.rstrip().endswith("2 exports would be removed.")
    assert (young.out, others.out) == ("Nothing is that old.\n",) * 2
    assert sorted(each["id"] for each in json.loads(pruned.out)["exports"]) == ids
    assert after.out == "No exports are kept.\n"
    assert [path.name for path in (home / "out").iterdir()] == [".in-progress"]


def test_a_file_that_is_only_called_like_an_export_is_named_and_stays(crashgate: Shell, home: Path) -> None:
    (home / "out").mkdir(mode=0o700)
    stranger = (
        home / "out" / f"orders-5d2b8f0c{int(datetime(2026, 1, 2, tzinfo=UTC).timestamp()):08x}3f2a9c0d41b7e658.csv"
    )
    stranger.touch()
    told = crashgate("exports", "prune", "--keep", "0s", "--at", "out")
    data = json.loads(crashgate("exports", "prune", "--keep", "0s", "--at", "out", "--json").out)

    assert " ".join(told.out.split()) == (
        f"Nothing shows that these files are ours, so they stay: {stranger.name}. Nothing is that old."
    )
    assert (data["exports"], [each["name"] for each in data["unaccounted"]]) == ([], [stranger.name])
    assert stranger.exists()


def test_without_a_place_or_an_age_nothing_is_pruned(crashgate: Shell) -> None:
    assert crashgate("exports", "prune", "--keep", "1d").code == 3
    assert crashgate("exports", "prune", "--at", "out").code == 2
    assert crashgate("exports", "prune", "--keep", "1d", "--before", "2026-11-20", "--at", "out").code == 2


@pytest.mark.usefixtures("analyst")
def test_a_place_that_cannot_be_is_told_before_anything_is_asked(crashgate: Shell, home: Path) -> None:
    (home / "file").touch()
    words = ("export", "crashes", "--agent", ANALYST, "--sandbox", "--to")

    told = crashgate(*words, "/proc/nowhere/exports")
    assert (told.code, told.err.splitlines()[0]) == (3, "Error: The folder /proc/nowhere/exports cannot be created.")
    told = crashgate(*words, "file")
    assert (told.code, told.err.splitlines()[0]) == (3, f"Error: {home / 'file'} is not a folder.")
    told = crashgate(*words, "foo://bucket/exports")
    assert (told.code, told.err.splitlines()[:2]) == (3, ["Error: Exports cannot go there.", "Unknown scheme foo."])
