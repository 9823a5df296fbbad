"""Many exports of one agent: lists of them in pages, and a policy that says how many are kept."""

from pathlib import Path
from typing import Any

import anyio
import pytest

from crashgate.audit.record import Effect
from crashgate.errors import Code, InvalidArgumentsError
from crashgate.exports.catalogue import MOST
from crashgate.identity import Principal, Via
from crashgate.policy.policy import PolicySet
from crashgate.tools.call_result import Answer
from crashgate_sandbox.faults import Fault, FaultKind
from tests.gate.gate import Gate, failing, policy, principal
from tests.house import OPERATOR, open_house, policies_of_all
from tests.tools.played import files_in, open_played

GRANTS = '[[grant]]\nconnection = "bugspulse"\naccess.session = "read"\n'
OTHER = "other"


def _opened(folder: Path, limits: str = "") -> Gate:
    mine = policy(GRANTS + limits, connections=("bugspulse",))
    others = policy(GRANTS + limits, agent=OTHER, connections=("bugspulse",))
    return open_played(mine, others, connections=("bugspulse",), folder=folder)


async def _export(gate: Gate, agent: str | None = None, **arguments: str) -> Answer:
    asked = principal() if agent is None else Principal(agent=agent, via=Via.MEMORY)
    return await gate.toolbox.call(asked, "export_sessions", arguments)


async def test_lists_of_exports_are_given_in_pages(tmp_path: Path) -> None:
    gate = _opened(tmp_path)
    for _ in range(MOST + 2):
        assert (await _export(gate)).error is None
    first = await gate.call("list_exports")
    second = await gate.call("list_exports", {"cursor": first.content["next_cursor"]})
    files, more = await files_in(gate.toolbox).listed(principal())
    rest, end = await files_in(gate.toolbox).listed(principal(), more)
    told: list[dict[str, Any]] = [*first.content["exports"], *second.content["exports"]]

    assert (len(first.content["exports"]), len(second.content["exports"])) == (MOST, 2)
    assert (len(files), len(rest), end, "next_cursor" in second.content) == (MOST, 2, None, False)
    assert [each["uri"] for each in told] == [link.uri for link in (*files, *rest)]
    assert [each["id"] for each in told] == sorted({each["id"] for each in told}, reverse=True)
    assert gate.log.decisions[-1].continued


@pytest.mark.threats(3, 31)
async def test_a_cursor_of_files_is_good_for_its_agent_its_list_and_its_policy_only(tmp_path: Path) -> None:
    gate = _opened(tmp_path)
    for _ in range(MOST + 1):
        await _export(gate)
    listed = (await gate.call("list_exports")).content["next_cursor"]
    _, more = await files_in(gate.toolbox).listed(principal())
    wrong = [(principal(), listed), (principal(), "x"), (Principal(agent=OTHER, via=Via.MEMORY), more)]
    for asked, cursor in wrong:
        with pytest.raises(InvalidArgumentsError):
            await files_in(gate.toolbox).listed(asked, cursor)
        assert (gate.log.decisions[-1].effect, gate.log.decisions[-1].reason) == (Effect.DENY, "invalid_arguments")
    changed = policy(f"{GRANTS}access.crash = 'read'\n", connections=("bugspulse",))
    gate.policies.policies = PolicySet([changed])
    with pytest.raises(InvalidArgumentsError):
        await files_in(gate.toolbox).listed(principal(), more)


@pytest.mark.ablation("exports that are kept are counted before another begins")
@pytest.mark.threats(23)
async def test_no_export_begins_when_as_many_are_kept_as_the_policy_allows(tmp_path: Path) -> None:
    gate = _opened(tmp_path, "[limits]\nexports_kept = 2\n")
    assert (await _export(gate)).error is None
    usual = gate.upstream.answers.copy()
    gate.upstream.answers["/export/sessions"] = failing(400)
    broken = await _export(gate)
    gate.upstream.answers = usual
    sent = len(gate.upstream.received)
    refused = await _export(gate)
    others = await _export(gate, OTHER)
    resumed = await _export(gate, resume=broken.text.rpartition("resume = ")[2].partition(" ")[0])

    assert refused.error is Code.RATE_LIMITED
    assert refused.text.startswith("2 exports are kept for this agent already, as many as its policy allows.")
    assert "2 exports are kept already" in next(each for each in gate.log.sentences if "was refused" in each)
    # Another agent has its own, and what is counted already may go on.
    assert (others.error, resumed.error, len(gate.upstream.received)) == (None, None, sent + 2)


@pytest.mark.ablation("exports that begin at the same moment count one another")
@pytest.mark.threats(23)
async def test_exports_that_begin_at_the_same_moment_do_not_pass_the_limit_together(tmp_path: Path) -> None:
    gate = _opened(tmp_path, "[limits]\nexports_kept = 3\n")
    answers: list[Answer] = []

    async def one() -> None:
        answers.append(await _export(gate))

    async with anyio.create_task_group() as group:
        for _ in range(8):
            group.start_soon(one)

    assert sorted(str(answer.error) for answer in answers) == ["None"] * 3 + ["rate_limited"] * 5
    assert len((await files_in(gate.toolbox).listed(principal()))[0]) == 3


@pytest.mark.ablation("an export does not begin where those that are kept cannot be counted")
@pytest.mark.threats(23, 33)
async def test_no_export_begins_where_those_that_are_kept_cannot_be_counted(tmp_path: Path) -> None:
    place = tmp_path / "exports"
    gate = _opened(place, "[limits]\nexports_kept = 3\n")
    place.write_text("a file where the folder would be")
    answer = await _export(gate)

    assert (answer.error, gate.upstream.received) == (Code.STATE_UNAVAILABLE, [])
    assert gate.log.decisions[-1].reason == "state_unavailable"


@pytest.mark.parametrize(
    ("via", "way"),
    [(Via.MEMORY, "call export_sessions with resume = {}"), (Via.CLI, "repeat the command with --resume {}")],
)
async def test_whoever_made_an_interrupted_export_is_told_how_they_go_on(tmp_path: Path, via: Via, way: str) -> None:
    async with open_house(tmp_path, policies=policies_of_all(tmp_path / "policies")) as house:
        house.faults.add(Fault(kind=FaultKind.STATUS, status=400))
        broken_off = await house.toolbox.call(
            Principal(agent=OPERATOR, via=via), "export_sessions", {"connection": "bugspulse"}
        )
        (kept,) = (await house.call(OPERATOR, "list_exports")).content["exports"]

    assert f"What arrived is kept: {way.format(kept['id'])} to continue." in broken_off.text
