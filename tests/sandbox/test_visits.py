"""A user who crashed has a session: what BugSnag stored of a crash stands in BugsPulse and DevRev too."""

from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest

from crashgate_sandbox.app import create_app
from crashgate_sandbox.bugsnag.auth import SANDBOX_TOKEN
from crashgate_sandbox.bugspulse.key import BUGSPULSE_KEY
from crashgate_sandbox.devrev.auth import DEVREV_TOKEN
from crashgate_sandbox.world.visits import Visit
from crashgate_sandbox.world.world import World
from tests.house import fresh_world

_STARTED, _ENDED = "%Y-%m-%dT%H:%M:%S.000Z", timedelta(milliseconds=1)


@pytest.fixture(scope="module")
def world() -> World:
    return fresh_world()


@pytest.fixture
async def client(world: World) -> AsyncGenerator[httpx2.AsyncClient]:
    app = create_app(world, limits=None)
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://localhost") as found:
        yield found


async def _pulse(client: httpx2.AsyncClient, what: str, **query: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - a query
    renamed = {"from" if name == "since" else name: value for name, value in query.items()}
    headers = {"Authorization": f"Bearer {BUGSPULSE_KEY}"}
    rows: list[dict[str, Any]] = []
    page, pages = 0, 1
    while page < pages:
        page += 1
        answer = await client.get(f"/bugspulse/export/{what}", params={**renamed, "page": page}, headers=headers)
        assert answer.status_code == 200, answer.text
        rows, pages = rows + answer.json()["data"], answer.json()["pages"]
    return rows


async def _report(client: httpx2.AsyncClient, visit: Visit) -> dict[str, Any]:
    one = visit.occurrence
    headers = {"Authorization": f"token {SANDBOX_TOKEN}"}
    answer = await client.get(f"/projects/{one.error.project.id}/events/{one.id}", headers=headers)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_only_crashes_of_acmes_phones_within_four_weeks_have_a_session(world: World) -> None:
    assert {visit.occurrence.error.project.slug for visit in world.visits()} == {"checkout-ios", "checkout-android"}
    assert [one for one in world.visits() if one.ended < world.now - timedelta(days=28)] == []
    assert len({visit.id for visit in world.visits()}) == len(world.visits()) > 100


def test_some_users_are_not_told_of_and_some_reports_name_the_session(world: World) -> None:
    kinds = {(visit.user is None, visit.in_report) for visit in world.visits()}

    assert kinds == {(False, False), (False, True), (True, False), (True, True)}


def test_another_day_moves_the_sessions_and_keeps_their_ids(world: World) -> None:
    later = World(now=world.now + timedelta(days=3))

    assert {visit.id for visit in later.visits()} == {visit.id for visit in world.visits()}


async def test_bugspulse_has_the_user_device_release_and_time_of_each(world: World, client: httpx2.AsyncClient) -> None:
    rows = {row["id"]: row for row in await _pulse(client, "sessions", limit=1000)}
    seeded = len(rows) - len(world.visits())

    assert seeded == 240
    assert list(rows.values()) == sorted(rows.values(), key=lambda row: row["startedAt"], reverse=True)
    for visit in world.visits():
        one, row = visit.occurrence, rows[visit.id]
        assert (row["userId"], row["platform"], row["osVersion"], row["appVersion"]) == (
            visit.user, one.error.project.plan.platform.type, one.os_version, one.release.version
        )  # fmt: skip
        assert (row["startedAt"], row["endedAt"]) == (visit.started.strftime(_STARTED), one.at.strftime(_STARTED))


async def test_the_report_of_the_crash_says_when_the_session_began_and_may_say_its_id(
    world: World, client: httpx2.AsyncClient
) -> None:
    for visit in world.visits()[:40]:
        report = await _report(client, visit)

        assert report["session"]["startedAt"] == visit.started.strftime(_STARTED)
        assert report["metaData"].get("replay") == ({"session_id": visit.id} if visit.in_report else None)


async def test_a_session_tells_what_the_user_did_and_ends_with_the_crash(
    world: World, client: httpx2.AsyncClient
) -> None:
    for visit in world.visits()[:40]:
        events = await _pulse(client, "events", sessionId=visit.id)

        error = visit.occurrence.error
        assert (events[-1]["type"], events[-1]["timestamp"]) == ("crash", visit.ended.strftime(_STARTED))
        assert events[-1]["data"]["name"] == error.kind.error_class
        assert [event["timestamp"] for event in events] == sorted(event["timestamp"] for event in events)
        assert visit.started.strftime(_STARTED) <= events[0]["timestamp"]


async def test_a_request_failed_in_each_of_these_sessions_before_the_crash(
    world: World, client: httpx2.AsyncClient
) -> None:
    rows = await _pulse(client, "network", limit=1000)

    assert [row["timestamp"] for row in rows] == sorted((row["timestamp"] for row in rows), reverse=True)
    for visit in world.visits():
        own = [row for row in rows if row["sessionId"] == visit.id]
        failed = [row for row in own if row["error"] is not None]
        assert (len(own), len(failed)) == (3, 1)
        assert visit.ended - datetime.fromisoformat(failed[0]["timestamp"]) == timedelta(seconds=2.5)


async def test_rows_of_both_kinds_are_on_every_page_once(client: httpx2.AsyncClient) -> None:
    whole = await _pulse(client, "sessions", limit=1000)
    paged = await _pulse(client, "sessions", limit=7)

    assert paged == whole


async def test_devrev_has_the_user_device_and_release_of_each(world: World, client: httpx2.AsyncClient) -> None:
    headers = {"Authorization": f"Bearer {DEVREV_TOKEN}"}
    for visit in world.visits()[:40]:
        one = visit.occurrence
        kind = one.error.project.plan.platform.type
        body = {
            "platform": kind,
            "version_key": "com.acme.checkout",
            "type": "mobile",
            "created_at": {
                "after": visit.started.isoformat(),
                "before": (visit.started + timedelta(seconds=1)).astimezone(UTC).isoformat(),
            },
        }
        answer = await client.post("/devrev/observability.sessions.list", json=body, headers=headers)
        assert answer.status_code == 200, answer.text
        shown = [
            (row["device_metadata"]["model"], row["device_metadata"]["os_version"],
             row["device_metadata"]["app_version"], row["is_crash"], row["session_duration_ms"])
            for row in answer.json()["sessions"]
            if visit.user in {None, row["rev_user_id"]} and row["is_crash"]
        ]  # fmt: skip
        took = (visit.ended - visit.started) // _ENDED
        assert (one.device.model, one.os_version, one.release.version, True, took) in shown
