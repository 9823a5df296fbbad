"""What look-ups find is kept for a while, asked for once, and decided upon anew each time."""

from dataclasses import replace

import anyio
import pytest

from crashgate.errors import Code
from crashgate.gate.places import KEPT_SECONDS
from crashgate.policy.policy import PolicySet
from tests.gate.gate import ACME, ANDROID, IOS, PAYMENTS, PlayedUpstream, failing, ok, open_gate, policy

GRANTS = (
    '[[grant]]\nconnection = "bugsnag"\nprojects = ["checkout-ios"]\naccess.error = "read"\naccess.event = "read"\n'
)
LOOK_UP = "GET /projects/checkout-ios"


@pytest.mark.ablation("what was found is asked for again after five minutes")
async def test_a_project_is_looked_up_once_in_five_minutes() -> None:
    gate = open_gate(policy(GRANTS))
    for passed in (0.0, KEPT_SECONDS - 1, KEPT_SECONDS):
        gate.clock.passed = passed
        await gate.call("list_errors", {"project_id": "checkout-ios"})

    assert gate.upstream.lines.count(LOOK_UP) == 2


async def test_a_project_that_is_not_there_is_asked_for_again_after_five_minutes() -> None:
    gate = open_gate(policy(GRANTS))
    for passed in (0.0, KEPT_SECONDS - 1, KEPT_SECONDS):
        gate.clock.passed = passed
        await gate.call("list_errors", {"project_id": "nowhere"})

    assert gate.upstream.lines == ["GET /projects/nowhere"] * 2


@pytest.mark.ablation("what is not there is kept as long as what is")
@pytest.mark.threats(21)
async def test_whether_a_project_is_there_does_not_show_in_how_often_it_is_looked_up() -> None:
    counts = dict[str, list[int]]()
    for project in (PAYMENTS.slug, PAYMENTS.id, "nowhere", "0" * 24):
        gate, counts[project] = open_gate(policy(GRANTS)), []
        for passed in (0.0, 31.0, KEPT_SECONDS - 1, KEPT_SECONDS, KEPT_SECONDS + 31, 3 * KEPT_SECONDS):
            gate.clock.passed = passed
            answer = await gate.call("list_errors", {"project_id": project})
            assert answer.error is Code.NOT_AVAILABLE
            counts[project].append(len(gate.upstream.received))

    assert list(counts.values()) == [[1, 1, 1, 2, 2, 3]] * 4


@pytest.mark.ablation("a slug of the form of an id is no name")
@pytest.mark.threats(14)
async def test_a_project_that_is_called_like_the_id_of_another_one_is_not_that_one() -> None:
    ids = GRANTS.replace("checkout-ios", IOS.id).replace('error = "read"', 'error = "full"\naccess.project = "read"')
    organization = '[[grant]]\nconnection = "bugsnag"\norganizations = ["acme"]\naccess.organization = "read"\n'
    other = replace(PAYMENTS, slug=IOS.id)
    gate = open_gate(
        policy(ids + organization), upstream=PlayedUpstream(organizations={ACME: "acme"}, sites=(IOS, ANDROID, other))
    )

    listed = await gate.call("list_projects", {"organization_id": "acme"})
    deleted = await gate.call("delete_error", {"project_id": other.id, "error_id": other.error})

    assert [project["id"] for project in listed.content["projects"]] == [IOS.id]
    assert deleted.error is Code.NOT_AVAILABLE
    assert [line for line in gate.upstream.lines if line.startswith("DELETE")] == []


async def test_calls_that_arrive_together_look_up_once() -> None:
    gate = open_gate(policy(GRANTS))
    async with anyio.create_task_group() as tasks:
        for _ in range(10):
            tasks.start_soon(gate.call, "list_errors", {"project_id": "checkout-ios"})

    assert gate.upstream.lines.count(LOOK_UP) == 1
    assert len(gate.log.outcomes) == len(gate.log.decisions) == 11


async def test_a_look_up_that_fails_is_not_kept() -> None:
    gate = open_gate(policy(GRANTS))
    gate.upstream.answers["/projects/checkout-ios"] = failing(500)
    first = await gate.call("list_errors", {"project_id": "checkout-ios"})
    gate.upstream.answers.clear()

    assert first.error is Code.NOT_AVAILABLE
    assert (await gate.call("list_errors", {"project_id": "checkout-ios"})).error is None


async def test_a_look_up_that_is_given_up_lets_the_next_one_ask() -> None:
    gate = open_gate(policy(GRANTS))
    send, hold = gate.upstream.send, anyio.Event()

    async def stuck(_: object) -> None:
        hold.set()
        await anyio.sleep_forever()

    gate.upstream.send = stuck  # type: ignore[assignment,method-assign]  # pyright: ignore[reportAttributeAccessIssue] - forbidden on purpose
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(gate.call, "list_errors", {"project_id": "checkout-ios"})
        await hold.wait()
        tasks.cancel_scope.cancel()
    gate.upstream.send = send  # type: ignore[method-assign]  # the test tries what the types forbid - forbidden on purpose

    assert (await gate.call("list_errors", {"project_id": "checkout-ios"})).error is None


async def test_a_kept_project_is_no_grant() -> None:
    # What one agent's call made known opens nothing for another, nor for the same one after a change.
    gate = open_gate(policy(GRANTS), policy(GRANTS.replace("checkout-ios", "payments-api"), agent="other"))
    await gate.call("list_errors", {"project_id": "checkout-ios"})

    assert (await gate.call("list_errors", {"project_id": "checkout-ios"}, agent="other")).error is Code.NOT_AVAILABLE
    gate.policies.policies = PolicySet([policy(GRANTS.replace("checkout-ios", "elsewhere"))])
    assert (await gate.call("list_errors", {"project_id": "checkout-ios"})).error is Code.NOT_AVAILABLE
    assert len(gate.upstream.received) == 3  # each agent looks up for itself (row 40)


@pytest.mark.ablation("an object is kept for its own project")
@pytest.mark.threats(14)
async def test_an_error_is_kept_for_its_own_project_alone() -> None:
    gate = open_gate(policy(GRANTS.replace('["checkout-ios"]', '["*"]')))
    await gate.call("get_event", {"project_id": IOS.id, "error_id": IOS.error})

    other = await gate.call("get_event", {"project_id": PAYMENTS.id, "error_id": IOS.error})
    assert other.error is Code.NOT_AVAILABLE
    assert gate.upstream.lines[-1] == f"GET /projects/{PAYMENTS.id}/errors/{IOS.error}"


async def test_an_organization_is_looked_up_only_where_it_could_change_the_answer() -> None:
    narrowed = GRANTS + 'organizations = ["acme"]\n'
    gate, wide = open_gate(policy(narrowed)), open_gate(policy(GRANTS))
    await gate.call("list_errors", {"project_id": "checkout-ios"})
    await wide.call("list_errors", {"project_id": "checkout-ios"})

    assert [line.partition("/organizations/")[1] for line in gate.upstream.lines] == ["", "/organizations/", ""]
    assert len(wide.upstream.lines) == 2
    assert gate.log.decisions[-1].organization == IOS.organization_id


@pytest.mark.ablation("a project's organization decides where it could")
async def test_an_organization_is_looked_up_too_where_the_grant_names_the_projects_id() -> None:
    # Guards: the look-up after that of the project; by its slug alone no grant seemed to depend on it.
    gate = open_gate(policy(GRANTS.replace("checkout-ios", IOS.id) + 'organizations = ["acme"]\n'))

    assert (await gate.call("list_errors", {"project_id": "checkout-ios"})).error is None
    assert gate.log.decisions[-1].organization == IOS.organization_id


@pytest.mark.parametrize("organizations", ['["globex"]', '["*x"]'])
async def test_a_project_of_another_organization_is_refused(organizations: str) -> None:
    gate = open_gate(policy(GRANTS + f"organizations = {organizations}\n"))

    assert (await gate.call("list_errors", {"project_id": "checkout-ios"})).error is Code.NOT_AVAILABLE
    assert gate.log.decisions[-1].reason == "outside_scope"


@pytest.mark.threats(14)
async def test_a_project_that_does_not_say_its_organization_is_refused_where_that_decides() -> None:
    gate = open_gate(policy(GRANTS + 'organizations = ["acme"]\n'))
    gate.upstream.answers["/projects/checkout-ios"] = lambda _: ok({"id": IOS.id, "slug": IOS.slug})

    assert (await gate.call("list_errors", {"project_id": "checkout-ios"})).error is Code.NOT_AVAILABLE
    assert gate.upstream.lines == [LOOK_UP, "GET /organizations/checkout-ios"]  # asked for in vain (row 40)


@pytest.mark.ablation("what is looked up is of the connection")
@pytest.mark.threats(14)
async def test_what_is_found_on_one_connection_is_looked_up_anew_on_another() -> None:
    both = GRANTS + GRANTS.replace('"bugsnag"', '"eu"')
    gate = open_gate(policy(both, connections=("bugsnag", "eu")), connections=("bugsnag", "eu"))
    for connection in ("bugsnag", "eu"):
        await gate.call("list_errors", {"project_id": "checkout-ios", "connection": connection})

    assert gate.upstream.lines.count(LOOK_UP) == 2


@pytest.mark.ablation("the memory of look-ups has a limit")
async def test_so_much_is_kept_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crashgate.gate.places.MOST_KEPT", 2)
    gate = open_gate(policy(GRANTS))
    for site in (IOS, ANDROID, PAYMENTS, ANDROID, IOS):
        await gate.call("list_errors", {"project_id": site.slug})

    assert [line for line in gate.upstream.lines if line.count("/") == 2] == [
        f"GET /projects/{site.slug}" for site in (IOS, ANDROID, PAYMENTS, IOS)
    ]
