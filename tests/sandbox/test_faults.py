import json
from contextlib import suppress

import anyio
import httpx2
import pytest

from crashgate_sandbox.faults import Fault, FaultKind
from tests.sandbox.harness import Sandbox

PROJECT = "/projects/checkout-ios"


async def test_without_faults_nothing_goes_wrong(sandbox: Sandbox) -> None:
    assert sandbox.faults.current == ()
    assert (await sandbox.get(PROJECT)).status_code == 200


async def test_a_fault_is_used_up_after_its_times(sandbox: Sandbox) -> None:
    sandbox.faults.add(Fault(kind=FaultKind.STATUS, status=502, times=2))

    assert [(await sandbox.get(PROJECT)).status_code for _ in range(4)] == [502, 502, 200, 200]


async def test_a_fault_without_times_stays_until_it_is_switched_off(sandbox: Sandbox) -> None:
    sandbox.faults.add(Fault(kind=FaultKind.STATUS, times=None))
    broken = [(await sandbox.get(PROJECT)).status_code for _ in range(3)]
    sandbox.faults.replace(())

    assert (broken, (await sandbox.get(PROJECT)).status_code) == ([503, 503, 503], 200)


async def test_a_fault_can_let_some_requests_through_first(sandbox: Sandbox) -> None:
    sandbox.faults.add(Fault(kind=FaultKind.STATUS, skip=2))

    assert [(await sandbox.get(PROJECT)).status_code for _ in range(4)] == [200, 200, 503, 200]


async def test_the_first_fault_that_fits_is_taken_and_the_next_one_waits(sandbox: Sandbox) -> None:
    sandbox.faults.replace([Fault(kind=FaultKind.STATUS, status=500), Fault(kind=FaultKind.STATUS, status=502)])

    assert [(await sandbox.get(PROJECT)).status_code for _ in range(3)] == [500, 502, 200]


@pytest.mark.parametrize(
    ("method", "path", "hit"),
    [
        ("*", "*", True),
        ("GET", "/projects/*/errors", True),
        ("GET", "/projects/{project_id}/errors", True),
        ("PATCH", "/projects/*/errors", False),
        ("GET", "/projects/*", False),
        ("GET", "/projects/checkout-web/errors", False),
    ],
)
async def test_a_fault_is_for_a_method_and_a_pattern_of_segments(
    sandbox: Sandbox, method: str, path: str, *, hit: bool
) -> None:
    sandbox.faults.add(Fault(kind=FaultKind.STATUS, method=method, path=path))

    assert ((await sandbox.get("/projects/checkout-ios/errors")).status_code == 503) is hit


@pytest.mark.parametrize(
    ("status", "kind"), [(500, "application/json; charset=utf-8"), (502, "text/html"), (503, "text/html")]
)
async def test_a_status_comes_as_the_application_or_the_gateway_gives_it(
    sandbox: Sandbox, status: int, kind: str
) -> None:
    sandbox.faults.add(Fault(kind=FaultKind.STATUS, status=status, retry_after=7))

    answer = await sandbox.get(PROJECT)

    assert (answer.status_code, answer.headers["retry-after"]) == (status, "7")
    assert answer.headers["content-type"].startswith(kind)


@pytest.mark.parametrize("kind", [FaultKind.STATUS, FaultKind.REDIRECT])
async def test_a_failure_before_the_work_leaves_the_world_as_it_was(sandbox: Sandbox, kind: FaultKind) -> None:
    error = sandbox.errors("checkout-ios")[0]
    sandbox.faults.add(Fault(kind=kind))

    await sandbox.patch(f"{PROJECT}/errors/{error.id}", {"operation": "fix"})

    assert sandbox.world.state(error).status == "open"


async def test_a_cut_connection_comes_after_the_work_was_done(sandbox: Sandbox) -> None:
    error = sandbox.errors("checkout-ios")[0]
    sandbox.faults.add(Fault(kind=FaultKind.CUT_OFF))

    with pytest.raises(httpx2.RemoteProtocolError):
        await sandbox.patch(f"{PROJECT}/errors/{error.id}", {"operation": "fix"})

    assert sandbox.world.state(error).status == "fixed"
    assert (await sandbox.get(PROJECT)).status_code == 200


async def test_a_cut_body_is_half_of_what_was_promised(sandbox: Sandbox) -> None:
    whole = (await sandbox.get(PROJECT)).content
    sandbox.faults.add(Fault(kind=FaultKind.CUT_OFF))
    got = b""

    async with sandbox.client.stream("GET", PROJECT) as answer:
        with suppress(httpx2.RemoteProtocolError):
            async for chunk in answer.aiter_raw():
                got += chunk

    assert answer.headers["content-length"] == str(len(whole))
    assert got == whole[: len(whole) // 2]


async def test_invalid_json_says_that_it_is_whole(sandbox: Sandbox) -> None:
    sandbox.faults.add(Fault(kind=FaultKind.INVALID_JSON))

    answer = await sandbox.get(PROJECT)

    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("application/json")
    with pytest.raises(json.JSONDecodeError):
        answer.json()


async def test_the_wrong_type_is_a_list_for_an_object_and_the_other_way_round(sandbox: Sandbox) -> None:
    sandbox.faults.add(Fault(kind=FaultKind.WRONG_TYPE, times=2))

    assert isinstance((await sandbox.get(PROJECT)).json(), list)
    assert isinstance((await sandbox.get(f"{PROJECT}/errors")).json(), dict)


async def test_the_wrong_content_type_is_a_page_for_people(sandbox: Sandbox) -> None:
    sandbox.faults.add(Fault(kind=FaultKind.WRONG_CONTENT_TYPE))

    answer = await sandbox.get(PROJECT)

    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")


async def test_a_huge_answer_does_not_say_how_long_it_is_and_is_valid_to_the_end(sandbox: Sandbox) -> None:
    plain = (await sandbox.get(PROJECT)).json()
    sandbox.faults.add(Fault(kind=FaultKind.HUGE, size=300_000))

    answer = await sandbox.get(PROJECT)

    assert "content-length" not in answer.headers
    assert (len(answer.content), answer.json()) == (300_000, plain)


async def test_a_dripping_answer_comes_a_byte_at_a_time(sandbox: Sandbox) -> None:
    sandbox.faults.add(Fault(kind=FaultKind.DRIP, seconds=0))
    plain = {"organizations_url": f"{sandbox.base_url}/user/organizations"}

    async with sandbox.client.stream("GET", "/") as answer:
        drops = [drop async for drop in answer.aiter_raw()]

    assert {len(drop) for drop in drops} == {1}
    assert json.loads(b"".join(drops)) == plain


async def test_a_redirect_leads_to_another_host(sandbox: Sandbox) -> None:
    sandbox.faults.add(Fault(kind=FaultKind.REDIRECT, location="http://169.254.169.254/latest"))

    answer = await sandbox.get(PROJECT)

    assert (answer.status_code, answer.headers["location"]) == (302, "http://169.254.169.254/latest")


async def test_a_foreign_link_stands_on_an_answer_that_is_otherwise_right(sandbox: Sandbox) -> None:
    sandbox.faults.add(Fault(kind=FaultKind.FOREIGN_LINK))

    answer = await sandbox.get(f"{PROJECT}/errors")

    assert len(answer.json()) == 30
    assert answer.headers["link"] == '<https://elsewhere.invalid/next?offset=30>; rel="next"'


async def test_a_caller_that_leaves_while_it_waits_is_noticed_and_nothing_is_done(sandbox: Sandbox) -> None:
    error = sandbox.errors("checkout-ios")[0]
    sandbox.faults.add(Fault(kind=FaultKind.SLOW, seconds=600))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(sandbox.patch, f"{PROJECT}/errors/{error.id}", {"operation": "fix"})
        while not sandbox.log.received:
            await anyio.lowlevel.checkpoint()
        tasks.cancel_scope.cancel()
    while not sandbox.log.received[0].hung_up:
        await anyio.lowlevel.checkpoint()

    assert sandbox.log.received[0].status is None
    assert sandbox.world.state(error).status == "open"


async def test_a_slow_answer_comes_all_the_same(sandbox: Sandbox) -> None:
    sandbox.faults.add(Fault(kind=FaultKind.SLOW, seconds=0.001))

    assert (await sandbox.get(PROJECT)).status_code == 200
