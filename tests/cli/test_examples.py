"""Without any configuration, ``--sandbox`` uses the example policies and says so; without it, errors name the ways."""

from pathlib import Path

import pytest

from tests.cli.shell import Shell, leaves

WITH_SANDBOX = [
    ("policy", "check"),
    ("policy", "show"),
    ("policy", "lint"),
    ("policy", "explain", "triage-agent", "list_projects"),
    ("policy", "export", "--cedar"),
    ("token", "new", "triage-agent"),
    ("connections", "check"),
    ("export", "sessions", "--agent", "session-analyst", "--connection", "bugspulse"),
]
NEEDING_POLICIES = [words for words in WITH_SANDBOX if words[0] in {"policy", "token"}]


@pytest.mark.parametrize("words", WITH_SANDBOX, ids=" ".join)
def test_with_a_sandbox_the_examples_are_used_and_named(
    crashgate: Shell, home: Path, state: Path, words: tuple[str, ...]
) -> None:
    told = crashgate(*words, "--sandbox")

    asks = words[0] != "connections"
    note = f"There is no folder {home / 'policies'}; copies of the examples are used: {state / 'example-policies'}"
    assert told.code == 0, told.err
    assert (note in told.err.splitlines()) is asks
    assert not (home / "policies").exists()


@pytest.mark.parametrize("words", NEEDING_POLICIES, ids=" ".join)
def test_without_one_the_error_names_init_and_the_examples(
    crashgate: Shell, home: Path, words: tuple[str, ...]
) -> None:
    told = crashgate(*words)

    assert told.code == 3
    assert f"Error: The policy folder {home / 'policies'} does not exist." in told.err.splitlines()
    assert "`crashgate init`" in told.err
    assert "--sandbox" in told.err


def test_every_command_with_a_sandbox_is_among_them_or_has_its_own_test(crashgate: Shell) -> None:
    offering = {path for path in leaves() if "--sandbox" in crashgate(*path, "--help").out.split()}
    shown = {words[:1] if words[0] == "export" else words[:2] for words in WITH_SANDBOX}

    # What asks for a file or an agent's launch is tested with it; policy init writes to the user's own folder.
    others = {("policy", name) for name in ("test", "diff", "replay", "init")}
    assert offering - shown == others | {("serve",), ("console",), ("install",)}
