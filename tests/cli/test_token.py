from pathlib import Path

import pytest

from crashgate import wiring
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
