from datetime import datetime
from typing import Any

import pytest

from crashgate_sandbox.world.content.hostile import HOSTILE, HOSTILE_NAMES
from tests.held_clock import NOW
from tests.sandbox.devrev.harness import CHECKOUT, COURIER, GET, LIST, ON_IOS, SHOP, Running, Start


async def first(devrev: Running, app: dict[str, str]) -> Any:  # noqa: ANN401 - JSON
    return (await devrev.get(LIST, **app, limit=1)).json()["sessions"][0]


@pytest.mark.parametrize("app", [CHECKOUT, ON_IOS, COURIER, SHOP], ids=lambda app: "-".join(app.values()))
async def test_a_session_is_the_same_by_get_by_post_and_in_the_list(devrev: Running, app: dict[str, str]) -> None:
    listed = await first(devrev, app)
    got = await devrev.get(GET, **app, session_id=listed["session_id"])
    posted = await devrev.post(GET, **app, session_id=listed["session_id"])

    assert (got.status_code, got.json()) == (200, {"session": listed})
    assert (posted.status_code, posted.json()) == (200, {"session": listed})


@pytest.mark.parametrize("other", [ON_IOS, COURIER, SHOP], ids=["platform", "app", "both"])
async def test_a_session_of_another_app_or_platform_is_as_absent_as_one_that_is_not(
    devrev: Running, other: dict[str, str]
) -> None:
    there = await first(devrev, CHECKOUT)
    elsewhere = await devrev.get(GET, **other, session_id=there["session_id"])
    nowhere = await devrev.get(GET, **other, session_id="no-such-session")

    assert elsewhere.status_code == nowhere.status_code == 404
    assert elsewhere.json() == nowhere.json() == {"message": "Session not found", "type": "not_found"}


async def test_an_app_that_the_token_may_not_see_is_forbidden(devrev: Running) -> None:
    there = await first(devrev, CHECKOUT)
    for answer in (
        await devrev.get(GET, platform="android", version_key="com.globex.wallet", session_id=there["session_id"]),
        await devrev.get(LIST, platform="android", version_key="com.globex.wallet"),
        await devrev.post(LIST, type="mobile", platform="android", version_key="com.globex.wallet"),
    ):
        assert answer.status_code == 403
        assert answer.json() == {"message": "You have no access to this app", "type": "forbidden"}


async def test_an_app_has_no_sessions_on_a_platform_that_it_is_not_built_for(devrev: Running) -> None:
    answer = await devrev.get(LIST, platform="ios", version_key="com.acme.courier")

    assert (answer.status_code, answer.json()) == (200, {"sessions": []})


async def test_a_web_session_has_tabs_and_a_mobile_one_has_recordings(devrev: Running) -> None:
    web, mobile = await first(devrev, SHOP), await first(devrev, CHECKOUT)

    assert (web["type"], "tab_ids" in web, "recording_ids" in web, "is_anr" in web) == ("web", True, False, False)
    assert (mobile["type"], "tab_ids" in mobile, "recording_ids" in mobile) == ("mobile", False, True)


async def test_sessions_are_newest_first_and_none_is_in_the_future(devrev: Running) -> None:
    rows = await devrev.sessions(**CHECKOUT)
    times = [datetime.fromisoformat(row["created_at"]) for row in rows]

    assert len(rows) == len({row["session_id"] for row in rows}) == 120
    assert times == sorted(times, reverse=True)
    assert times[0] < NOW


async def test_two_with_the_same_seed_have_the_same_sessions_and_another_seed_has_others(starting: Start) -> None:
    drawn: list[Any] = []
    for seed in (1, 1, 2):
        async with starting(seed=seed) as devrev:
            drawn.append(await devrev.sessions(**CHECKOUT))

    assert drawn[0] == drawn[1]
    assert {row["session_id"] for row in drawn[0]}.isdisjoint(row["session_id"] for row in drawn[2])


@pytest.mark.parametrize("app", [CHECKOUT, ON_IOS, COURIER, SHOP], ids=lambda app: "-".join(app.values()))
async def test_outsiders_write_device_models_and_user_ids(devrev: Running, app: dict[str, str]) -> None:
    rows = await devrev.sessions(**app)

    assert {row["device_metadata"]["model"] for row in rows} >= set(HOSTILE)
    assert {row["rev_user_id"] for row in rows} & {*HOSTILE, *HOSTILE_NAMES}


async def test_as_many_sessions_are_there_as_were_asked_for(starting: Start) -> None:
    async with starting(sessions=3) as devrev:
        counts = [len(await devrev.sessions(**app)) for app in (CHECKOUT, ON_IOS, COURIER, SHOP)]

    assert counts == [3, 3, 3, 3]
