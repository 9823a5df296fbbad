"""Neither time nor words tell an agent what exists outside its grants, whoever looked there before (THREATS row 40)."""

from collections.abc import Callable

import anyio
import pytest

from crashgate.errors import Code
from crashgate.model.message import Request, Response
from crashgate.upstream.transport import Fault, TransportError
from tests.gate.gate import IOS, PAYMENTS, Gate, failing, open_gate, policy

GRANT = '[[grant]]\nconnection = "bugsnag"\nprojects = ["{}"]\naccess.error = "read"\naccess.comment = "read"\n'
OWN = GRANT.format("checkout-ios")
OTHERS = GRANT.format("payments-api")
IN_GLOBEX = GRANT.format("*") + 'organizations = ["globex"]\n'
PROJECTS = (PAYMENTS.slug, PAYMENTS.id, "nowhere", "0" * 24)
UNKNOWN_ERROR = "f" * 24


def _away(_: Request) -> Response:
    raise TransportError(Fault.UNREACHABLE)


FAILURES: dict[str, Callable[[Request], Response]] = {
    **{str(status): failing(status) for status in (400, 401, 403, 404, 429, 500, 503)},
    "away": _away,
    "no JSON": lambda _: Response(status=200, headers={}, body=b"<html>"),
}


def _gate(grants: str) -> Gate:
    return open_gate(policy(grants), policy(OTHERS, agent="other"))


@pytest.mark.ablation(
    "what one agent's calls made known is not used for another",
    "a project that is not there costs a look-up of an organization, too",
)
@pytest.mark.threats(40)
@pytest.mark.parametrize("grants", [OWN, IN_GLOBEX])
@pytest.mark.parametrize("tool", ["list_errors", "get_error"])
async def test_a_place_that_another_agent_uses_costs_what_an_unknown_one_costs(tool: str, grants: str) -> None:
    # Guards: the agent in the key of what look-ups found, and the organization that is looked up beside.
    seen: dict[str, tuple[list[int], set[bytes]]] = {}
    for project in PROJECTS:
        gate = _gate(grants)
        for warm in (PAYMENTS.slug, PAYMENTS.id):
            assert (await gate.call("list_errors", {"project_id": warm}, agent="other")).error is None
        arguments = {"project_id": project, **({"error_id": PAYMENTS.error} if tool == "get_error" else {})}
        counts, answers = list[int](), set[bytes]()
        for _ in range(2):
            before = len(gate.upstream.received)
            answers.add(await gate.wire(tool, arguments))
            counts.append(len(gate.upstream.received) - before)
        seen[project] = counts, answers

    first = seen[PROJECTS[0]]
    assert (first[0][1], len(first[1])) == (0, 1)
    assert all(each == first for each in seen.values())


@pytest.mark.ablation("a look-up shares no answer with another agent's")
@pytest.mark.threats(40)
async def test_a_look_up_of_another_agent_that_is_under_way_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    # Guards: Call.alone.
    gate, asked = _gate(OWN), list[str]()
    both = anyio.Event()

    async def send(request: Request) -> Response:
        asked.append(request.url)
        if len(asked) == 2:
            both.set()
        await both.wait()
        return Response(status=404, headers={}, body=b"{}")

    monkeypatch.setattr(gate.upstream, "send", send)
    with anyio.fail_after(20):
        async with anyio.create_task_group() as group:
            for agent in ("other", "triage-agent"):
                group.start_soon(
                    lambda agent: gate.call("list_errors", {"project_id": PAYMENTS.slug}, agent=agent), agent
                )

    assert asked == [f"https://api.bugsnag.com/projects/{PAYMENTS.slug}"] * 2


@pytest.mark.ablation("every failure of a look-up reads the same")
@pytest.mark.threats(40)
@pytest.mark.parametrize("failure", FAILURES)
async def test_every_failure_of_a_look_up_of_a_project_reads_the_same(failure: str) -> None:
    # Guards: the except for UpstreamError in Gateway._admitted.
    gate, plain = _gate(OWN), _gate(OWN)
    gate.upstream.answers["/projects/somewhere"] = FAILURES[failure]
    failed = await gate.wire("list_errors", {"project_id": "somewhere"})

    assert failed == await plain.wire("list_errors", {"project_id": "nowhere"})
    assert gate.log.decisions[-1].reason in {"undecided", "no_such_project"}


@pytest.mark.threats(40)
@pytest.mark.parametrize("failure", FAILURES)
async def test_every_failure_of_a_look_up_of_an_object_reads_the_same(failure: str) -> None:
    gate, plain = _gate(OWN), _gate(OWN)
    gate.upstream.answers[f"/projects/{IOS.id}/errors/{UNKNOWN_ERROR}"] = FAILURES[failure]
    asked = {"project_id": IOS.id, "error_id": UNKNOWN_ERROR}
    failed = await gate.call("list_comments", asked)

    assert failed.error is Code.NOT_AVAILABLE
    assert failed == await plain.call("list_comments", asked)


@pytest.mark.ablation("what upstream refuses to show is kept as what is not there")
@pytest.mark.threats(40)
@pytest.mark.parametrize("status", [403, 404])
async def test_what_upstream_refuses_to_show_is_looked_up_as_seldom_as_what_is_not_there(status: int) -> None:
    gate = _gate(OWN)
    gate.upstream.answers["/projects/somewhere"] = failing(status)
    for _ in range(3):
        await gate.call("list_errors", {"project_id": "somewhere"})

    assert gate.upstream.lines == ["GET /projects/somewhere"]
