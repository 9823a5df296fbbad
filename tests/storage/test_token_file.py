"""Bearer tokens: shown once, stored as hashes, revoked by taking their line away."""

import hashlib
import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from crashgate.errors import ConfigurationError
from crashgate.identity import VerifiedToken
from crashgate.storage.tokens import FILE, TokenFile
from tests.owned import given_away


class NoonClock:
    """Time that stands still."""

    def now(self) -> datetime:
        return datetime(2026, 11, 20, 12, tzinfo=UTC)

    def monotonic(self) -> float:
        return 0.0


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "state"


def tokens(state: Path) -> TokenFile:
    return TokenFile(state, NoonClock())


def lines(state: Path) -> list[str]:
    return (state / FILE).read_text(encoding="utf-8").splitlines()


def id_of(token: str) -> str:
    return token.split("_")[1]


def test_a_new_token_belongs_to_the_agent_it_was_made_for(state: Path) -> None:
    known = tokens(state)
    triage, operator = known.new("triage-agent"), known.new("operator")

    assert known.verify(triage) == VerifiedToken(agent="triage-agent", id=id_of(triage))
    assert known.verify(operator) == VerifiedToken(agent="operator", id=id_of(operator))


@pytest.mark.ablation("a token is stored as its hash")
@pytest.mark.threats(29)
def test_a_token_is_stored_as_its_hash_and_nowhere_as_itself(state: Path) -> None:
    token = tokens(state).new("triage-agent")
    secret = token.split("_", 2)[2]

    assert [json.loads(line) for line in lines(state)] == [
        {
            "agent": "triage-agent",
            "id": id_of(token),
            "sha256": hashlib.sha256(token.encode()).hexdigest(),
            "created": "2026-11-20T12:00:00.000Z",
        }
    ]
    assert [path for path in state.rglob("*") if path.is_file() and secret.encode() in path.read_bytes()] == []
    assert secret not in repr(vars(tokens(state)))


def test_every_token_is_new_and_long(state: Path) -> None:
    made = [tokens(state).new("triage-agent") for _ in range(20)]

    assert len(set(made)) == len({id_of(token) for token in made}) == 20
    assert min(len(token.split("_", 2)[2]) for token in made) == 43


def test_the_folder_and_the_file_are_the_owners_alone(state: Path) -> None:
    tokens(state).new("triage-agent")

    assert (state.stat().st_mode & 0o777, (state / FILE).stat().st_mode & 0o777) == (0o700, 0o600)


@pytest.mark.ablation("a token is compared by its hash")
@pytest.mark.threats(2)
def test_a_token_that_differs_in_any_character_is_nobodys(state: Path) -> None:
    known = tokens(state)
    token = known.new("triage-agent")
    others = [
        f"{token[:place]}{'A' if token[place] != 'A' else 'B'}{token[place + 1 :]}" for place in range(len(token))
    ]

    assert [known.verify(other) for other in others] == [None] * len(token)
    assert [known.verify(token[:place]) for place in range(len(token))] == [None] * len(token)
    assert (known.verify(f"{token}A"), known.verify(f" {token}"), known.verify(token.upper())) == (None, None, None)


@pytest.mark.threats(2)
def test_the_hash_and_the_id_of_a_token_open_nothing(state: Path) -> None:
    known = tokens(state)
    (token, other) = known.new("triage-agent"), known.new("operator")
    stored = json.loads(lines(state)[0])
    swapped = f"cg_{id_of(other)}_{token.split('_', 2)[2]}"

    for guess in (
        stored["sha256"],
        stored["id"],
        f"cg_{stored['id']}_{stored['sha256']}",
        f"cg_{stored['id']}_",
        swapped,
    ):
        assert known.verify(guess) is None


@pytest.mark.threats(2)
@given(st.text())
@example("")
@example("cg")
@example("cg__")
@example("cg_a_b")
@example("_".join("cg" * 1000))
@example("cg_é_é")
@example("cg_\ud800_x")
def test_no_other_text_is_a_token(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    known = tokens(tmp_path_factory.getbasetemp() / "one-token")
    known.new("triage-agent")

    assert known.verify(text) is None


def test_without_a_file_there_is_no_token(state: Path) -> None:
    assert tokens(state).verify("cg_0123456789ab_secret") is None


@pytest.mark.ablation("a changed token file is read again")
def test_a_token_is_revoked_by_taking_its_line_away(state: Path) -> None:
    known = tokens(state)
    first, second = known.new("triage-agent"), known.new("triage-agent")
    assert known.verify(first) is not None

    kept = [line for line in lines(state) if json.loads(line)["id"] != id_of(first)]
    (state / FILE).write_text("\n".join(kept) + "\n", encoding="utf-8")

    assert known.verify(first) is None
    assert known.verify(second) == VerifiedToken(agent="triage-agent", id=id_of(second))


def test_all_tokens_are_revoked_by_taking_the_file_away(state: Path) -> None:
    known = tokens(state)
    token = known.new("triage-agent")
    assert known.verify(token) is not None

    (state / FILE).unlink()

    assert known.verify(token) is None


def test_a_token_made_by_another_process_is_known_at_once(state: Path) -> None:
    known = tokens(state)
    known.new("operator")
    program = (
        "import sys; from pathlib import Path; from crashgate.storage.tokens import TokenFile;"
        "from crashgate.clock import SystemClock;"
        "print(TokenFile(Path(sys.argv[1]), SystemClock()).new('triage-agent'))"
    )
    run = subprocess.run(
        [sys.executable, "-c", program, str(state)], capture_output=True, text=True, check=True, timeout=60
    )
    token = run.stdout.strip()

    assert known.verify(token) == VerifiedToken(agent="triage-agent", id=id_of(token))


def test_two_holders_of_one_file_keep_each_others_tokens(state: Path) -> None:
    one, other = tokens(state), tokens(state)
    made = [holder.new("triage-agent") for holder in (one, other, one, other)]

    assert [one.verify(token) is not None for token in made] == [True] * 4
    assert [other.verify(token) is not None for token in made] == [True] * 4
    assert len(lines(state)) == 4


@pytest.mark.ablation("a token file that others may write to")
@pytest.mark.parametrize("mode", [0o620, 0o602, 0o666])
def test_a_file_that_others_may_write_to_holds_no_token_until_that_is_mended(state: Path, mode: int) -> None:
    known = tokens(state)
    token = known.new("triage-agent")
    assert known.verify(token) is not None

    (state / FILE).chmod(mode)
    assert known.verify(token) is None

    (state / FILE).chmod(0o600)
    assert known.verify(token) is not None


def test_of_a_file_that_others_may_write_to_no_token_is_listed_as_in_force(state: Path) -> None:
    known = tokens(state)
    known.new("triage-agent")
    assert [each.agent for each in known.all()] == ["triage-agent"]

    (state / FILE).chmod(0o620)

    assert known.all() == ()


def test_the_file_that_was_looked_at_is_the_one_that_is_read(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    theirs = tokens(state).new("operator")
    (state / FILE).rename(state / "theirs")
    ours, real = tokens(state), os.fstat
    ours.new("triage-agent")

    def swapped(descriptor: int) -> os.stat_result:
        found = real(descriptor)
        if (state / "theirs").exists():
            (state / "theirs").rename(state / FILE)
        return found

    monkeypatch.setattr(os, "fstat", swapped)

    assert [each.agent for each in ours.all()] == ["triage-agent"]
    assert tokens(state).verify(theirs) is not None


@pytest.mark.ablation("a token file of another user")
@pytest.mark.threats(2)
def test_a_file_of_another_user_holds_no_token(state: Path) -> None:
    known = tokens(state)
    token = known.new("triage-agent")
    given_away(state / FILE)

    assert known.verify(token) is None


def test_a_line_that_is_no_token_is_passed_over(state: Path) -> None:
    known = tokens(state)
    first = known.new("triage-agent")
    with (state / FILE).open("a", encoding="utf-8") as file:
        file.write('\n# a note\n[]\n"text"\n{"agent": "operator"}\n{"unknown": 1}\n{broken\n')
    second = known.new("triage-agent")

    assert known.verify(first) is not None
    assert known.verify(second) is not None


def test_a_last_line_without_its_end_is_not_spoilt_by_a_new_token(state: Path) -> None:
    known = tokens(state)
    first = known.new("triage-agent")
    (state / FILE).write_text(lines(state)[0], encoding="utf-8")
    second = known.new("triage-agent")

    assert known.verify(first) is not None
    assert known.verify(second) is not None
    assert len(lines(state)) == 2


def test_a_file_that_is_no_text_holds_no_token(state: Path) -> None:
    known = tokens(state)
    token = known.new("triage-agent")
    (state / FILE).write_bytes(b"\xff\xfe\x00")

    assert known.verify(token) is None


def test_a_token_that_cannot_be_stored_is_not_shown(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file where the folder should be", encoding="utf-8")
    with pytest.raises(ConfigurationError) as caught:
        tokens(tmp_path / "state").new("triage-agent")

    assert str(caught.value).startswith(f"The token cannot be stored in {tmp_path / 'state' / FILE}.")
    assert caught.value.remedy == "Fix the folder, or choose another with --state."


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
def test_a_token_that_does_not_fit_on_the_disk_is_not_shown(state: Path) -> None:
    state.mkdir()
    (state / FILE).symlink_to("/dev/full")
    with pytest.raises(ConfigurationError, match="No space left"):
        tokens(state).new("triage-agent")


def test_a_revoked_token_leaves_the_other_lines_as_they_were(state: Path) -> None:
    known, other = tokens(state), tokens(state)
    made = [known.new(agent) for agent in ("one", "two", "three")]
    before = lines(state)

    revoked = known.revoke(id_of(made[1]))

    assert revoked is not None
    assert (revoked.agent, revoked.id) == ("two", id_of(made[1]))
    assert lines(state) == [before[0], " " * len(before[1]), before[2]]
    assert [other.verify(token) is not None for token in (*made, known.new("four"))] == [True, False, True, True]
    assert known.revoke(id_of(made[1])) is None
    assert known.faults() == ()


def test_without_a_file_there_is_nothing_to_revoke_and_nothing_wrong(state: Path) -> None:
    assert (tokens(state).revoke("0" * 12), tokens(state).all(), tokens(state).faults()) == (None, (), ())


@pytest.mark.parametrize(
    "line", ['{"agent": "a", "id": 1, "sha256": "b", "created": "c"}', "[" * 100_000, '{"agent": [], "id": []}', "\xff"]
)
def test_a_line_of_other_types_is_passed_over_and_told(state: Path, line: str) -> None:
    known = tokens(state)
    token = known.new("triage-agent")
    with (state / FILE).open("a", encoding="latin-1") as file:
        file.write(line + "\n")

    assert known.verify(token) is not None
    assert known.faults() == (f"{state / FILE} has lines that are not tokens and are skipped: 2.",)


def test_why_no_token_is_known_is_told(state: Path) -> None:
    known = tokens(state)
    known.new("triage-agent")
    (state / FILE).chmod(0o622)
    (open_to_others,) = known.faults()
    (state / FILE).unlink()
    (state / FILE).mkdir()
    (unreadable,) = known.faults()

    assert open_to_others.endswith("is known, because others than its owner could have written to it.")
    assert unreadable == f"No token is known, because {state / FILE} cannot be read: Is a directory."
