"""A policy that is taken back while a call is under way: no request leaves under it any more (THREATS row 31)."""

import json
from collections.abc import Callable

import anyio
import pytest

from crashgate.audit.record import Effect, Ending, Purpose
from crashgate.errors import Code
from crashgate.model.message import Request, Response
from crashgate.model.provider import Budget
from crashgate.policy.policy import PolicySet
from crashgate.upstream.budget import Turns
from tests.gate.gate import ACME, AGENT, IOS, Gate, ok, open_gate, policy

OPEN = '[[grant]]\nconnection = "bugsnag"\nprojects = ["checkout-*"]\naccess.error = "full"\naccess.project = "read"\n'
CLOSED = OPEN.replace("full", "off").replace("read", "off")
TOUCHED = f"{OPEN}access.event = 'read'\n"
DELETE = {"project_id": "checkout-ios", "error_id": IOS.error}


def _in_force(gate: Gate, grants: str) -> None:
    gate.policies.policies = PolicySet([policy(grants)])


def _while(gate: Gate, path: str, grants: str, answer: Callable[[Request], Response]) -> None:
    """Let other grants come into force while ``path`` is asked for."""

    def answering(request: Request) -> Response:
        _in_force(gate, grants)
        return answer(request)

    gate.upstream.answers[path] = answering


def _project(_: Request) -> Response:
    return ok({"id": IOS.id, "slug": IOS.slug, "organization_id": IOS.organization_id, "name": "x"})


@pytest.mark.ablation("a policy that changed during a look-up decides nothing")
@pytest.mark.threats(31)
async def test_a_policy_that_is_taken_back_during_a_look_up_decides_nothing() -> None:
    # Guards: the loop in Gateway._rule.
    gate = open_gate(policy(OPEN))
    _while(gate, "/projects/checkout-ios", CLOSED, _project)
    answer = await gate.call("delete_error", DELETE)

    assert answer.error is Code.NOT_AVAILABLE
    assert gate.upstream.lines == ["GET /projects/checkout-ios"]
    lookup, decided = gate.log.decisions
    in_force = gate.policies.policies.get(AGENT)
    assert (lookup.purpose, lookup.effect) == (Purpose.LOOKUP, Effect.ALLOW)
    assert (decided.effect, decided.policy_hash) == (Effect.DENY, in_force.hash if in_force else None)


@pytest.mark.threats(31)
async def test_a_policy_that_only_changes_during_a_look_up_is_the_one_that_is_recorded() -> None:
    gate = open_gate(policy(OPEN))
    _while(gate, "/projects/checkout-ios", TOUCHED, _project)
    answer = await gate.call("delete_error", DELETE)

    assert answer.error is None, answer.text
    in_force = gate.policies.policies.get(AGENT)
    assert gate.log.decisions[-1].policy_hash == (in_force.hash if in_force else None)
    assert gate.log.decisions[-1].effect is Effect.ALLOW


@pytest.mark.ablation("each page is asked for under the policy in force")
@pytest.mark.threats(31)
@pytest.mark.parametrize(("grants", "asked"), [(CLOSED, 1), (TOUCHED, 6)])
async def test_the_further_pages_of_one_call_are_asked_under_the_policy_in_force(grants: str, asked: int) -> None:
    # Guards: _check_again in Gateway._page; a list of projects fills its page from several of upstream's.
    gate = open_gate(policy(OPEN))
    pages: list[str] = []

    def page(request: Request) -> Response:
        pages.append(request.url)
        if len(pages) == 1:
            _in_force(gate, grants)
        later = f"https://api.bugsnag.com/organizations/{ACME}/projects?offset={len(pages)}"
        rows = [{"id": IOS.id, "slug": IOS.slug, "organization_id": ACME}]
        links = {"next": later} if len(pages) < 6 else {}
        return Response(status=200, headers={}, body=json.dumps(rows).encode(), links=links)

    gate.upstream.answers[f"/organizations/{ACME}/projects"] = page
    answer = await gate.call("list_projects", {"organization_id": "acme"})

    assert len(pages) == asked
    assert answer.error is (Code.NOT_AVAILABLE if grants is CLOSED else None)


@pytest.mark.ablation("what waited for its turn is looked at again")
@pytest.mark.threats(31)
async def test_what_waited_for_its_turn_is_not_sent_under_a_policy_that_was_taken_back() -> None:
    # Guards: Call.holds, which is asked when the request is about to leave.
    gate = open_gate(policy(OPEN), turns=Turns(Budget(requests=2, seconds=0.05)))
    listing = f"/projects/{IOS.id}/errors"
    _while(gate, listing, CLOSED, lambda _: ok([]))
    async with anyio.create_task_group() as group:
        group.start_soon(gate.call, "list_errors", {"project_id": IOS.id})
        group.start_soon(gate.call, "get_error", {"project_id": IOS.id, "error_id": IOS.error})

    sent = [line.partition("?")[0] for line in gate.upstream.lines]
    assert sent.count(f"GET {listing}") + sent.count(f"GET {listing}/{IOS.error}") == 1
    assert [outcome.result for outcome in gate.log.outcomes if outcome.error is Code.NOT_AVAILABLE] == [Ending.FAILED]


@pytest.mark.ablation("a shared answer is given under the policy in force")
@pytest.mark.threats(31)
async def test_an_answer_that_another_agent_asked_for_is_given_under_the_policy_in_force() -> None:
    # Guards: that a shared answer is looked at again in exchange.
    gate = open_gate(policy(OPEN), policy(OPEN, agent="other"))
    asked = anyio.Event()

    def answering(_: Request) -> Response:
        asked.set()
        gate.policies.policies = PolicySet([policy(CLOSED), policy(OPEN, agent="other")])
        return ok([{"id": IOS.error, "project_id": IOS.id}])

    for agent in (AGENT, "other"):  # where the project is, both know already
        await gate.call("get_error", {"project_id": IOS.id, "error_id": IOS.error}, agent=agent)
    gate.upstream.answers[f"/projects/{IOS.id}/errors"] = answering
    answers: dict[str, Code | None] = {}

    async def ask(agent: str) -> None:
        answers[agent] = (await gate.call("list_errors", {"project_id": IOS.id}, agent=agent)).error

    async with anyio.create_task_group() as group:
        group.start_soon(ask, "other")
        group.start_soon(ask, AGENT)

    assert answers == {"other": None, AGENT: Code.NOT_AVAILABLE}
    assert len([line for line in gate.upstream.lines if line.startswith(f"GET /projects/{IOS.id}/errors?")]) == 1


@pytest.mark.ablation("what a new policy lets through on trial has no older record")
@pytest.mark.threats(31)
async def test_what_a_new_policy_only_lets_through_on_trial_is_not_sent_as_if_it_allowed_it() -> None:
    # Guards: the second condition in Gateway._check_again; the record says that the older policy allows it.
    gate = open_gate(policy(OPEN), turns=Turns(Budget(requests=2, seconds=0.05)))
    listing = f"/projects/{IOS.id}/errors"
    _while(gate, listing, f'mode = "observe"\n{CLOSED}', lambda _: ok([]))
    async with anyio.create_task_group() as group:
        group.start_soon(gate.call, "list_errors", {"project_id": IOS.id})
        group.start_soon(gate.call, "get_error", {"project_id": IOS.id, "error_id": IOS.error})

    sent = [line.partition("?")[0] for line in gate.upstream.lines]
    assert sent.count(f"GET {listing}") + sent.count(f"GET {listing}/{IOS.error}") == 1
