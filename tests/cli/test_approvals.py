"""``crashgate approvals``: what waits, and a person's answer to it, with the name of who gave it (THREATS row 22)."""

import asyncio
import json
import os
import pwd
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from crashgate.cli import output as screen
from crashgate.errors import Code
from crashgate.gate.approval_requests import ApprovalRequest, Standing, Way
from crashgate.storage.approvals import FILE, SqliteApprovals
from crashgate.tools.call_result import Answer
from tests.audit.samples import HOSTILE
from tests.cli.shell import Shell
from tests.house import open_house, write_policies
from tests.storage.test_approval_store import REQUEST

ME = pwd.getpwuid(os.getuid()).pw_name


def kept(state: Path) -> list[ApprovalRequest]:
    return list(asyncio.run(SqliteApprovals(state).all()))


@pytest.fixture
def waiting(state: Path) -> ApprovalRequest:
    """A request that was made just now, in the state folder of the command line."""
    now = datetime.now(UTC).replace(microsecond=0)
    request = replace(REQUEST, asked=now, expires=now + timedelta(minutes=10))
    asyncio.run(SqliteApprovals(state).request(request, most=5))
    return request


def test_without_requests_it_says_so(crashgate: Shell) -> None:
    assert crashgate("approvals", "list").out == "There are no open requests for approval.\n"
    assert json.loads(crashgate("approvals", "list", "--json").out) == []


def test_the_list_shows_what_waits(waiting: ApprovalRequest, crashgate: Shell) -> None:
    told = crashgate("approvals", "list")

    assert (told.code, told.err) == (0, "")
    assert told.out.splitlines()[0].split() == ["id", "standing", "agent", "asks", "to", "expires"]
    assert told.out.splitlines()[1].startswith(f"{waiting.id}  pending   triage-agent  {waiting.what}  ")


def test_at_a_terminal_an_id_and_what_is_asked_are_whole(
    waiting: ApprovalRequest, crashgate: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(screen, "is_fancy", lambda: True)
    monkeypatch.setenv("COLUMNS", "80")

    first, second = crashgate("approvals", "list").out.splitlines()

    assert first.startswith(f"{waiting.id}  pending, in ")
    assert first.endswith("  triage-agent asks to")
    assert second.strip() == waiting.what


def test_one_is_shown_with_all_that_may_be_shown(waiting: ApprovalRequest, crashgate: Shell) -> None:
    told = crashgate("approvals", "show", waiting.id)

    assert told.code == 0
    assert told.out.splitlines()[0] == f"triage-agent asks to {waiting.what}."
    words = " ".join(told.out.split())
    for part in (
        "standing pending",
        "operation bugsnag.errors.delete (delete)",
        "connection bugsnag",
        "arguments project_id = checkout-ios, per_page = 5, full = True, names = a, b",
        "not shown message",
        f"because {waiting.why}",
        f"policy {waiting.policy_hash}",
    ):
        assert part in words


@pytest.mark.ablation("what an agent wrote goes with the answer")
@pytest.mark.threats(22, 25, 26, 29)
@pytest.mark.parametrize("word", ["approve", "reject"])
def test_whoever_answers_reads_what_the_agent_wrote_and_nobody_after_them(
    word: str, crashgate: Shell, state: Path
) -> None:
    # Guards: that texts are cleared by an answer, and cleaned before they are shown.
    now = datetime.now(UTC).replace(microsecond=0)
    secret = "canary-of-an-agent"
    texts = {"message": f"First line.\n{secret}{HOSTILE}"}
    request = replace(REQUEST, asked=now, expires=now + timedelta(minutes=10), texts=texts)
    asyncio.run(SqliteApprovals(state).request(request, most=5))
    before = crashgate("approvals", "show", request.id)
    data = json.loads(crashgate("approvals", "show", request.id, "--json").out)
    crashgate("approvals", word, request.id)
    after = crashgate("approvals", "show", request.id)

    lines = before.out.splitlines()
    assert "message, as the agent wrote it (data, not instructions):" in lines
    assert any(line.strip() == "First line." for line in lines)
    assert any(line.strip().startswith(secret) for line in lines)
    assert not set(before.out) - {"\n"} - {chr(number) for number in range(0x20, 0x7F)}
    assert (list(data["untrusted"]), data["not_shown"]) == (["message"], [])
    assert secret not in after.out
    assert "not shown" in after.out
    assert secret.encode() not in b"".join(path.read_bytes() for path in state.glob(f"{FILE}*"))


@pytest.mark.ablation("an answer has the name of the system's user")
@pytest.mark.threats(22)
@pytest.mark.parametrize(("word", "standing"), [("approve", Standing.APPROVED), ("reject", Standing.REJECTED)])
def test_an_answer_is_kept_with_the_name_of_the_user(
    word: str,
    standing: Standing,
    *,
    waiting: ApprovalRequest,
    crashgate: Shell,
    state: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Guards: that the name is the process's own; LOGNAME and USER may say what they like.
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.setenv(name, "mallory")
    told = crashgate("approvals", word, waiting.id)
    (found,) = kept(state)

    assert told.code == 0
    assert told.out == f"{standing.value.capitalize()} by {ME}: triage-agent asked to {waiting.what}.\n"
    assert (found.standing, found.answered_by, found.way) == (standing, ME, Way.CLI)
    assert ("It is valid for one call" in told.err) is (word == "approve")
    assert (
        f"{'approved' if word == 'approve' else 'rejected'} by {ME}, at the command line"
        in crashgate("approvals", "show", waiting.id).out
    )


@pytest.mark.threats(22)
def test_only_the_first_answer_counts(waiting: ApprovalRequest, crashgate: Shell, state: Path) -> None:
    crashgate("approvals", "reject", waiting.id)
    told = crashgate("approvals", "approve", waiting.id)

    assert (told.code, told.out) == (1, "")
    assert f"Request {waiting.id} is not waiting for an answer: it is rejected." in told.err
    assert [each.standing for each in kept(state)] == [Standing.REJECTED]


@pytest.mark.threats(22)
def test_what_has_expired_cannot_be_approved(crashgate: Shell, state: Path) -> None:
    old = replace(REQUEST, id="old", digest="0" * 64, expires=datetime.now(UTC) - timedelta(seconds=1))
    asyncio.run(SqliteApprovals(state).request(old, most=5))
    told = crashgate("approvals", "approve", "old")

    assert (told.code, told.out) == (1, "")
    assert "it is expired" in told.err
    assert crashgate("approvals", "list").out == "There are no open requests for approval.\n"
    assert crashgate("approvals", "list", "--all").out.splitlines()[1].split()[:2] == ["old", "expired"]


@pytest.mark.parametrize("word", ["show", "approve", "reject"])
def test_an_id_that_is_none_is_said_to_be_none(word: str, crashgate: Shell) -> None:
    told = crashgate("approvals", word, "nowhere")

    assert (told.code, told.out) == (1, "")
    assert "There is no request for approval with that id." in told.err


def test_json_holds_a_request_whole(waiting: ApprovalRequest, crashgate: Shell) -> None:
    listed = json.loads(crashgate("approvals", "list", "--json").out)
    shown = json.loads(crashgate("approvals", "show", waiting.id, "--json").out)
    approved = json.loads(crashgate("approvals", "approve", waiting.id, "--json").out)

    assert listed == [shown]
    assert {name: shown[name] for name in ("id", "standing", "agent", "arguments", "not_shown", "answered_by")} == {
        "id": waiting.id,
        "standing": "pending",
        "agent": "triage-agent",
        "arguments": {"project_id": "checkout-ios", "per_page": 5, "full": True, "names": ["a", "b"]},
        "not_shown": ["message"],
        "answered_by": None,
    }
    assert (approved["standing"], approved["answered_by"], approved["way"]) == ("approved", ME, "cli")


@pytest.mark.threats(25)
def test_nothing_hostile_in_a_request_reaches_the_terminal(crashgate: Shell, state: Path) -> None:
    now = datetime.now(UTC)
    hostile = replace(
        REQUEST,
        what=HOSTILE,
        target=HOSTILE,
        tool=HOSTILE,
        hidden=(HOSTILE,),
        asked=now,
        expires=now + timedelta(hours=1),
    )
    asyncio.run(SqliteApprovals(state).request(hostile, most=5))
    for words in (("list",), ("show", REQUEST.id), ("approve", REQUEST.id)):
        told = crashgate("approvals", *words).out
        assert all(char.isprintable() or char == "\n" for char in told)


def test_a_store_that_cannot_be_read_is_told_with_its_exit_code(crashgate: Shell, state: Path) -> None:
    state.mkdir(parents=True)
    (state / FILE).write_bytes(b"no database at all, but longer than a header of one would be" * 20)
    (state / FILE).chmod(0o600)
    told = crashgate("approvals", "list")

    assert (told.code, told.out) == (4, "")
    assert told.err.splitlines()[1:] == [
        f"{FILE} in the state folder cannot be used (the file is not a database).",
        "Look at that file and its disk, or name another folder with --state.",
    ]


POLICY = (
    '[[grant]]\nconnection = "bugsnag"\nprojects = ["checkout-ios"]\naccess.error = "full"\n'
    '[limits]\ndeletes_per_day = 1\n[approve]\noperations = ["bugsnag.errors.discard"]\n'
)


@pytest.mark.threats(22, 23)
def test_from_the_agents_call_to_the_operators_answer_and_back(home: Path, crashgate: Shell, state: Path) -> None:
    # Guards: what wiring puts together; each call is made through a process's own stores.
    policies = write_policies(home / "policies", {"triage-agent": POLICY})

    async def call(number: int) -> Answer:
        async with open_house(home, policies=policies) as house:
            error = house.errors()[number].id
            return await house.call("triage-agent", "discard_error", {"project_id": "checkout-ios", "error_id": error})

    asked = asyncio.run(call(0))
    identifier = asked.content["error"]["approval"]
    approved = crashgate("approvals", "approve", identifier)
    another = asyncio.run(call(1))
    made = asyncio.run(call(0))
    crashgate("approvals", "approve", another.content["error"]["approval"])
    limited = asyncio.run(call(1))

    assert (asked.error, another.error) == (Code.APPROVAL_REQUIRED, Code.APPROVAL_REQUIRED)
    assert (approved.code, made.error) == (0, None), made.text
    assert limited.error is Code.RATE_LIMITED
    assert [each.standing for each in kept(state)] == [Standing.USED, Standing.APPROVED]
    assert f"with approval {identifier}" in crashgate("log", "show").out
