import json
from pathlib import Path

import pytest

from crashgate.config import wiring
from crashgate.identity import VerifiedToken
from tests.cli.calls import settings
from tests.cli.shell import Shell
from tests.house import EXAMPLES


def test_the_token_stands_alone_on_stdout_and_is_in_force(crashgate: Shell, policies: Path, state: Path) -> None:
    told = crashgate("token", "new", "triage-agent")
    assert told.code == 0
    token = told.out.removesuffix("\n")
    assert "\n" not in token
    tokens = wiring.tokens(settings(policies=policies, state=state))
    verified = tokens.verify(token)
    assert verified is not None
    assert verified == VerifiedToken(agent="triage-agent", id=verified.id)
    assert verified.id in told.err
    assert token not in told.err


@pytest.mark.threats(29)
def test_the_token_is_not_kept(crashgate: Shell, policies: Path, state: Path) -> None:
    del policies
    secret = crashgate("token", "new", "triage-agent").out.strip().split("_", 2)[2]
    kept = b"".join(path.read_bytes() for path in state.rglob("*") if path.is_file())
    assert kept
    assert secret.encode() not in kept


def test_an_agent_without_a_policy_gets_no_token(crashgate: Shell, policies: Path, state: Path) -> None:
    del policies
    told = crashgate("token", "new", "triage-agnt")
    assert (told.code, told.out) == (3, "")
    assert "operator, read-only-assistant, release-manager, triage-agent" in told.err
    assert not state.exists()


def test_with_the_sandbox_its_connections_are_those_there_are(crashgate: Shell, state: Path) -> None:
    sessions = ("--policies", str(EXAMPLES / "sessions"), "token", "new", "session-analyst")
    refused, made = crashgate(*sessions), crashgate(*sessions, "--sandbox")

    assert (refused.code, refused.out) == (3, "")
    assert (made.code, "serve --http --sandbox" in made.err) == (0, True)
    found = wiring.tokens(settings(policies=state, state=state)).verify(made.out.strip())
    assert found is not None
    assert found.agent == "session-analyst"


def test_force_makes_it_before_there_is_a_policy(crashgate: Shell, state: Path) -> None:
    told = crashgate("token", "new", "newcomer", "--force")
    assert told.code == 0
    found = wiring.tokens(settings(policies=state, state=state)).verify(told.out.strip())
    assert found is not None
    assert found.agent == "newcomer"


@pytest.mark.threats(25)
@pytest.mark.parametrize("agent", ["Triage", "-a", "a_b", "а", "a\n", "", "a" * 65])  # noqa: RUF001 - a Cyrillic letter
def test_a_name_that_no_agent_can_have_gets_no_token(agent: str, crashgate: Shell, state: Path) -> None:
    told = crashgate("token", "new", "--force", "--", agent)
    assert (told.code, told.out) == (2, "")
    assert not state.exists()


@pytest.mark.threats(29)
def test_the_list_names_tokens_and_shows_nothing_of_them(crashgate: Shell, state: Path) -> None:
    assert crashgate("token", "list").out.startswith("There are no tokens.")
    made = [crashgate("token", "new", agent, "--force").out.strip() for agent in ("one", "two")]
    told = crashgate("token", "list")
    listed = json.loads(crashgate("token", "list", "--json").out)
    kept = [json.loads(line) for line in (state / "tokens.jsonl").read_text("utf-8").splitlines()]

    assert (told.code, told.err) == (0, "")
    assert listed == [{name: each[name] for name in ("id", "agent", "created")} for each in kept]
    assert [line.split() for line in told.out.splitlines()[1:]] == [list(each.values()) for each in listed]
    assert [secret for each in made if (secret := each.split("_", 2)[2]) in told.out] == []
    assert [each["sha256"] for each in kept if each["sha256"] in told.out] == []


@pytest.mark.threats(2)
def test_a_revoked_token_opens_nothing_and_the_others_still_do(crashgate: Shell, state: Path) -> None:
    first, second = (crashgate("token", "new", agent, "--force").out.strip() for agent in ("one", "two"))
    tokens = wiring.tokens(settings(policies=state, state=state))
    assert tokens.verify(first) is not None

    told = crashgate("token", "revoke", first.split("_")[1])

    assert (told.code, told.out) == (0, f"Token {first.split('_')[1]} of one has been revoked.\n")
    assert tokens.verify(first) is None
    assert tokens.verify(second) is not None
    assert [each["agent"] for each in json.loads(crashgate("token", "list", "--json").out)] == ["two"]
    assert crashgate("token", "revoke", first.split("_")[1]).code == 1


def test_a_broken_file_of_tokens_is_told(crashgate: Shell, state: Path) -> None:
    crashgate("token", "new", "one", "--force")
    with (state / "tokens.jsonl").open("a", encoding="utf-8") as file:
        file.write("# a note\n\n{broken\n")
    told = crashgate("token", "list")

    assert told.code == 0
    assert told.err == f"Warning: {state / 'tokens.jsonl'} has lines that are not tokens and are skipped: 4.\n"

    (state / "tokens.jsonl").unlink()
    (state / "tokens.jsonl").mkdir()
    assert crashgate("token", "list").code == 3
    assert crashgate("token", "revoke", "0" * 12).code == 3
