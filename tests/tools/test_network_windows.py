"""Requests around a crash, and those that failed, in one call; compared with what the sandbox's world holds."""

from collections.abc import AsyncGenerator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest

from crashgate.clock import timestamp
from crashgate_sandbox.bugspulse.key import BUGSPULSE_KEY
from crashgate_sandbox.devrev.apps import APPS, Platform
from crashgate_sandbox.faults import Faults
from crashgate_sandbox.front import Front
from crashgate_sandbox.machine_clock import MachineClock
from crashgate_sandbox.received import RequestLog
from crashgate_sandbox.world.visits import Visit
from crashgate_sandbox.world.world import World
from tests.house import House, fresh_world, open_house, write_policies
from tests.session_providers import SessionProviders

_POLICIES = {
    "reader": '[[grant]]\nconnection = "bugspulse"\naccess.network_log = "read"\n',
    "devrev-reader": '[[grant]]\nconnection = "devrev"\napps = ["*"]\naccess.network_log = "read"\n',
    "redacted": (
        '[[grant]]\nconnection = "bugspulse"\naccess.network_log = "read"\n[redact]\nfields = ["status_code"]\n'
    ),
    "nameless": '[[grant]]\nconnection = "bugspulse"\naccess.network_log = "read"\n[redact]\nfields = ["session_id"]\n',
}


def _usual(world: World) -> SessionProviders:
    return SessionProviders.usual(world.now, MachineClock(), limited=False, visits=world.visits)


@pytest.fixture
async def house(tmp_path: Path) -> AsyncGenerator[House]:
    world = fresh_world()
    policies = write_policies(tmp_path / "policies", _POLICIES)
    async with open_house(tmp_path, policies=policies, world=world, session_providers=_usual(world)) as made:
        yield made


def _crash(house: House) -> Visit:
    """The newest session that ended with a crash; others are as near as they are."""
    return house.world.visits()[0]


async def _listed(house: House, agent: str = "reader", **given: Any) -> Any:  # noqa: ANN401 - an answer
    answer = await house.call(agent, "list_network_logs", given)
    assert "error" not in answer.content, answer.content
    return answer


def _ids(rows: Sequence[dict[str, Any]]) -> list[str]:
    return [row["untrusted"]["id"] for row in rows]


async def test_the_failed_request_before_a_crash_is_found_in_one_call(house: House) -> None:
    crash = _crash(house)

    answer = await _listed(house, around=timestamp(crash.ended), minutes=1, failed_only=True, session_id=crash.id)

    (row,) = answer.content["network_logs"]
    assert row["at"] == timestamp(crash.ended - timedelta(seconds=2.5))
    assert row["untrusted"]["url"] == "https://api.shop.example/v3/payments"
    assert row.get("status_code") in {None, 503}
    assert len(house.requests) == 1


async def test_a_window_holds_what_lies_within_it_and_nothing_else(house: House) -> None:
    crash = _crash(house)
    since, until = crash.ended - timedelta(minutes=5), crash.ended + timedelta(minutes=5)

    around = await _listed(house, around=timestamp(crash.ended))
    between = await _listed(house, since=timestamp(since), until=timestamp(until))

    assert around.content == between.content
    assert {timestamp(since) <= row["at"] <= timestamp(until) for row in around.content["network_logs"]} == {True}


async def test_a_failed_request_is_one_of_400_or_more_or_without_an_answer(house: House) -> None:
    every, failed = await _listed(house, per_page=100), await _listed(house, per_page=100, failed_only=True)

    wanted = [row for row in every.content["network_logs"] if row.get("status_code", 500) >= 400]
    assert 0 < len(wanted) < len(every.content["network_logs"]) == 100
    assert failed.content["network_logs"] == wanted
    assert "total" not in failed.content
    assert "Picked from 100 requests." in failed.text


async def test_what_is_picked_from_is_as_large_a_page_as_there_may_be(house: House) -> None:
    await _listed(house, failed_only=True)

    assert [one.query for one in house.requests] == ["limit=1000"]


async def test_paging_goes_through_all_failed_requests_once(house: House) -> None:
    found: list[str] = []
    cursor: dict[str, str] = {}
    while not found or cursor:
        answer = await _listed(house, failed_only=True, **cursor)
        found += _ids(answer.content["network_logs"])
        cursor = {"cursor": answer.content["next_cursor"]} if "next_cursor" in answer.content else {}

    answer = await _plain(house)
    failed = [row["id"] for row in answer if row["statusCode"] is None or row["statusCode"] >= 400]
    assert found == failed
    assert len(failed) > 200


async def _plain(house: House) -> list[Any]:
    """All requests as BugsPulse tells them."""
    headers = {"Authorization": f"Bearer {BUGSPULSE_KEY}"}
    app = Front(house.session_providers.bugspulse, Faults(), RequestLog())
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://localhost", headers=headers) as client:
        pages = [await client.get("/bugspulse/export/network", params={"limit": 1000, "page": n}) for n in (1, 2, 3)]
    return [row for page in pages for row in page.json()["data"]]


@pytest.mark.parametrize(
    "given",
    [
        {"minutes": 5},
        {"around": "2026-11-20T10:00:00Z", "since": "2026-11-19"},
        {"around": "2026-11-20T10:00:00Z", "minutes": 0},
        {"around": "2026-11-20T10:00:00Z", "minutes": 1441},
    ],
)
async def test_a_window_that_is_none_is_told_and_nothing_is_sent(house: House, given: dict[str, Any]) -> None:
    answer = await house.call("reader", "list_network_logs", given)

    assert answer.content["error"]["code"] == "invalid_arguments"
    assert house.requests == ()


@pytest.mark.parametrize(
    ("agent", "given"), [("redacted", {"failed_only": True}), ("nameless", {"session_id": "sess_1"})]
)
async def test_what_a_policy_redacts_picks_no_requests(house: House, agent: str, given: dict[str, Any]) -> None:
    answer = await house.call(agent, "list_network_logs", given)

    assert answer.content["error"]["code"] == "invalid_arguments"
    assert house.requests == ()


async def test_the_failed_requests_of_a_browsers_tab_are_those_of_400_or_more(house: House) -> None:
    app = next(each for each in APPS if Platform.WEB in each.platforms)
    session = house.session_providers.devrev.store.of(app, Platform.WEB)[0]
    where = {
        "app_id": app.version_key, "platform": "web", "session_id": session.id, "tab_id": session.parts[0]
    }  # fmt: skip

    every = await _listed(house, "devrev-reader", **where)
    failed = await _listed(house, "devrev-reader", failed_only=True, **where)

    assert failed.content["network_logs"] == [
        row for row in every.content["network_logs"] if row.get("status_code", 500) >= 400
    ]
