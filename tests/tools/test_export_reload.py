"""An export while its policy changes: it stays the one that was asked for, or ends (THREATS row 31)."""

from pathlib import Path

import pytest

from crashgate.audit.record import Ending
from crashgate.errors import Code
from crashgate.model.message import Request, Response
from crashgate.policy.policy import PolicySet
from tests.gate.gate import ok, policy
from tests.tools.played import open_played

GRANT = '[[grant]]\nconnection = "bugspulse"\naccess.session = "read"\n'


def files_of(folder: Path) -> list[Path]:
    """The finished files of a folder for exports."""
    return sorted(folder.glob("*.*"))


@pytest.mark.ablation("an export keeps its end when the policy changes")
@pytest.mark.threats(31)
async def test_the_end_that_an_export_was_given_stays_when_the_policy_changes(tmp_path: Path) -> None:
    # Guards: Case.bound in Gateway._check_again; without an end new rows would shift the pages that are left.
    connections = ("bugspulse",)
    gate = open_played(policy(GRANT, connections=connections), connections=connections, folder=tmp_path)

    def page(request: Request) -> Response:
        number = int(request.url.partition("page=")[2] or "1")
        if number == 2:
            other = policy(f"{GRANT}access.crash = 'read'\n", connections=connections)
            gate.policies.policies = PolicySet([other])
        return ok({"data": [{"id": f"sess_{number}"}], "total": 4, "page": number, "limit": 1, "pages": 4})

    gate.upstream.answers["/export/sessions"] = page
    answer = await gate.call("export_sessions")

    assert answer.error is None, answer.text
    until = answer.content["export"]["query"]["until"]
    ends = {line.partition("to=")[2].partition("&")[0] for line in gate.upstream.lines}
    assert (len(gate.upstream.lines), ends) == (4, {until.replace(":", "%3A")})


@pytest.mark.threats(31)
@pytest.mark.parametrize("level", ["off", "read"])
async def test_a_policy_that_changes_meanwhile_stops_the_export_unless_it_allows_it_too(
    tmp_path: Path, level: str
) -> None:
    # Guards: _check_again in gateway.door, before every page.
    granted = '[[grant]]\nconnection = "bugspulse"\naccess.session = "{}"\n'
    gate = open_played(
        policy(granted.format("read"), connections=("bugspulse",)), connections=("bugspulse",), folder=tmp_path
    )

    def page(request: Request) -> Response:
        number = int(request.url.partition("page=")[2] or 1)
        if number == 2:
            other = granted.format(level) + 'access.crash = "read"\n'
            gate.policies.policies = PolicySet([policy(other, connections=("bugspulse",))])
        return ok({"data": [{"id": f"sess_{number}"}], "total": 4, "page": number, "limit": 1, "pages": 4})

    gate.upstream.answers["/export/sessions"] = page
    answer = await gate.call("export_sessions")
    asked = len(gate.upstream.received)

    assert (answer.error, asked) == ((Code.NOT_AVAILABLE, 2) if level == "off" else (None, 4))
    (outcome,) = gate.log.outcomes
    assert outcome.result is (Ending.FAILED if level == "off" else Ending.ANSWERED)
    finished = [path.name for path in files_of(tmp_path) if path.suffix == ".jsonl"]
    assert len(finished) == (0 if level == "off" else 1)


@pytest.mark.threats(31)
@pytest.mark.parametrize("last_allowed", range(1, 6))
async def test_no_page_is_asked_for_after_the_policy_that_allowed_it(tmp_path: Path, last_allowed: int) -> None:
    # Guards: _check_again in gateway.door, for each of the two pages that are under way at once here.
    granted = '[[grant]]\nconnection = "bugspulse"\naccess.session = "{}"\n'
    gate = open_played(
        policy(granted.format("read"), connections=("bugspulse",)), connections=("bugspulse",), folder=tmp_path
    )
    asked: list[int] = []

    def page(request: Request) -> Response:
        number = int(request.url.partition("page=")[2] or 1)
        asked.append(number)
        if number == last_allowed:
            gate.policies.policies = PolicySet([policy(granted.format("off"), connections=("bugspulse",))])
        return ok({"data": [{"id": f"sess_{number}"}], "total": 9, "page": number, "limit": 1, "pages": 9})

    gate.upstream.answers["/export/sessions"] = page
    answer = await gate.call("export_sessions")

    assert answer.error is Code.NOT_AVAILABLE
    assert asked == list(range(1, last_allowed + 1))
