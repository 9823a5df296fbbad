from hashlib import sha256
from typing import Any

import pytest

from crashgate_sandbox.app import create_app
from crashgate_sandbox.bugsnag.auth import SANDBOX_TOKEN
from crashgate_sandbox.bugsnag.budget import Budgets
from crashgate_sandbox.faults import Fault, FaultKind
from crashgate_sandbox.received import Received
from crashgate_sandbox.standalone import running
from crashgate_sandbox.world.world import World
from tests.held_clock import NOW
from tests.sandbox.harness import Sandbox, Start


async def test_every_api_request_is_written_down_in_order(sandbox: Sandbox) -> None:
    path = f"/projects/checkout-ios/errors/{sandbox.errors('checkout-ios')[0].id}"
    await sandbox.get("/projects/checkout-ios/errors?per_page=2&sort=users")
    await sandbox.client.patch(path, content=b'{"operation":"fix"}')
    await sandbox.get("/nowhere", headers={"Authorization": ""})

    digest = sha256(b'{"operation":"fix"}').hexdigest()
    expected = (
        Received(
            number=1,
            method="GET",
            path="/projects/checkout-ios/errors",
            query="per_page=2&sort=users",
            body_sha256=None,
            status=200,
        ),
        Received(number=2, method="PATCH", path=path, query="", body_sha256=digest, status=200),
        Received(number=3, method="GET", path="/nowhere", query="", body_sha256=None, status=404),
    )
    assert sandbox.log.received == expected
    assert await sandbox.json("/_sandbox/requests") == [
        {name: getattr(one, name) for name in ("number", "method", "path", "query", "body_sha256", "status", "hung_up")}
        for one in expected
    ]


async def test_the_sandboxs_own_pages_are_not_api_requests(sandbox: Sandbox) -> None:
    await sandbox.get("/_sandbox/requests")
    await sandbox.get("/_sandbox/faults")

    assert sandbox.log.received == ()


async def test_a_token_in_the_query_is_not_written_down(sandbox: Sandbox) -> None:
    await sandbox.get(f"/user/organizations?auth_token={SANDBOX_TOKEN}&per_page=1")

    assert sandbox.log.received[0].query == "auth_token=hidden&per_page=1"


async def test_requests_can_be_cleared(sandbox: Sandbox) -> None:
    await sandbox.get("/")
    answer = await sandbox.client.delete("/_sandbox/requests")
    await sandbox.get("/")

    assert (answer.status_code, [one.number for one in sandbox.log.received]) == (204, [2])


async def test_faults_can_be_switched_on_over_http(sandbox: Sandbox) -> None:
    given = [{"kind": "status", "status": 502, "path": "/projects/*", "times": None}, {"kind": "slow", "seconds": 0.5}]

    answer = await sandbox.client.put("/_sandbox/faults", json=given)

    expected = (
        Fault(kind=FaultKind.STATUS, status=502, path="/projects/*", times=None),
        Fault(kind=FaultKind.SLOW, seconds=0.5),
    )
    assert (answer.status_code, sandbox.faults.current) == (200, expected)
    assert await sandbox.json("/_sandbox/faults") == answer.json()
    assert (await sandbox.get("/projects/checkout-ios")).status_code == 502


WRONG_FAULTS: list[tuple[Any, str]] = [
    ({}, "faults are a list"),
    (["slow"], "a fault is an object"),
    ([{}], "a fault needs a 'kind'"),
    ([{"kind": "sleepy"}], "'kind' of a fault cannot be 'sleepy'"),
    ([{"kind": "slow", "second": 1}], "a fault has no 'second'"),
    ([{"kind": "slow", "seconds": "1"}], "'seconds' of a fault cannot be '1'"),
    ([{"kind": "slow", "times": -1}], "'times' of a fault cannot be -1"),
    ([{"kind": "status", "status": 50.5}], "'status' of a fault cannot be 50.5"),
]


@pytest.mark.parametrize(("given", "message"), WRONG_FAULTS)
async def test_a_fault_with_a_wrong_word_is_refused_whole(sandbox: Sandbox, given: object, message: str) -> None:
    before = Fault(kind=FaultKind.STATUS)
    sandbox.faults.add(before)

    answer = await sandbox.client.put("/_sandbox/faults", json=given)

    assert answer.status_code == 400
    assert message in answer.json()["errors"][0]
    assert sandbox.faults.current == (before,)


async def test_a_reset_makes_everything_as_just_started(start: Start) -> None:
    async with start(budgets=Budgets(projects=3)) as sandbox:
        error = sandbox.errors("checkout-ios")[0]
        before = await sandbox.json("/projects/checkout-ios/errors")
        await sandbox.patch(f"/projects/checkout-ios/errors/{error.id}", {"operation": "fix"})
        await sandbox.client.delete(f"/projects/checkout-ios/errors/{sandbox.errors('checkout-ios')[1].id}")
        sandbox.faults.add(Fault(kind=FaultKind.STATUS))

        answer = await sandbox.client.post("/_sandbox/reset")

        assert answer.status_code == 204
        assert await sandbox.json("/projects/checkout-ios/errors") == before
        assert (len(sandbox.log.received), sandbox.faults.current) == (1, ())


async def test_the_controls_can_be_left_out() -> None:
    app = create_app(World(now=NOW), controls=False)

    assert [getattr(route, "path", None) for route in app.routes] == [
        *("/devrev", "/devrev", "/bugspulse", "/bugspulse"),
        *("/bugsnag-sessions", "/bugsnag-sessions", "/browserstack", "/browserstack", ""),
    ]


async def test_two_sandboxes_share_nothing() -> None:
    one, other = World(now=NOW), World(now=NOW)
    async with running(create_app(one)) as first, running(create_app(other)) as second:
        assert first != second
        error = next(iter(one.errors.values()))
        one.delete_errors([error])
    assert error.id in other.errors
