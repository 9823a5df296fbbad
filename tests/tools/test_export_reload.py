"""An export while its policy changes: it stays the one that was asked for (THREATS row 31)."""

from pathlib import Path

import pytest

from crashgate.policy.policy import PolicySet
from crashgate.upstream.message import Request, Response
from tests.gateway.gate import ok, policy
from tests.tools.played import open_played

GRANT = '[[grant]]\nconnection = "bugspulse"\naccess.session = "read"\n'


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
