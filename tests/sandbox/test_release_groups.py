import pytest

from crashgate_sandbox.bugsnag.auth import MEMBER_TOKEN, READ_ONLY_TOKEN
from tests.sandbox.harness import Sandbox

LIST = "/projects/checkout-android/release_groups?release_stage_name=production"


async def test_the_stage_is_required(sandbox: Sandbox) -> None:
    for query in ("", "?release_stage_name=", "?release_stage=production"):
        answer = await sandbox.get(f"/projects/checkout-android/release_groups{query}")
        assert (answer.status_code, answer.json()) == (400, {"errors": ["release_stage_name can't be blank"]})


async def test_a_group_adds_up_the_builds_of_one_version_on_one_stage(sandbox: Sandbox) -> None:
    releases = [
        row
        for page in await sandbox.pages("/projects/checkout-android/releases?release_stage=production&per_page=10")
        for row in page
    ]

    groups = await sandbox.json(LIST)

    assert len(releases) == len(groups) + 1 == 14
    for group in groups:
        builds = [row for row in releases if row["release_group_id"] == group["id"]]
        assert {row["app_version"] for row in builds} == {group["app_version"]}
        assert (group["releases_count"], group["has_secondary_versions"]) == (len(builds), len(builds) > 1)
        assert (group["first_release_id"], group["first_released_at"]) == (builds[-1]["id"], builds[-1]["release_time"])
        for count in (
            "total_sessions_count",
            "unhandled_sessions_count",
            "sessions_count_in_last_24h",
            "accumulative_daily_users_seen",
            "accumulative_daily_users_with_unhandled",
        ):
            assert group[count] == sum(row[count] for row in builds)
    assert [group["releases_count"] for group in groups] == [2, *[1] * 12]


async def test_groups_come_newest_first_and_name_the_version_before(sandbox: Sandbox) -> None:
    groups = await sandbox.json(LIST)

    versions = [group["app_version"] for group in groups]
    assert versions == [f"4.{minor}.0" for minor in reversed(range(6, 19))]
    assert [group["source_control"]["previous_app_version"] for group in groups] == [*versions[1:], None]


async def test_a_full_page_links_on_even_where_nothing_follows_and_there_is_no_total(sandbox: Sandbox) -> None:
    pages = await sandbox.pages(f"{LIST}&per_page=13")
    first = await sandbox.get(f"{LIST}&per_page=13")

    last = first.json()[-1]
    milliseconds = int(sandbox.world.release_groups(sandbox.project("checkout-android"))[0].first_at.timestamp() * 1000)
    assert [len(page) for page in pages] == [13, 0]
    assert "x-total-count" not in first.headers
    assert first.links["next"]["url"].startswith(
        f"{sandbox.base_url}/projects/checkout-android/release_groups?page_token={last['id']}%7C"
    )
    assert first.links["next"]["url"].endswith("%7C0&per_page=13&release_stage_name=production")
    one = await sandbox.get(f"{LIST}&per_page=1")
    assert f"%7C{milliseconds}%7C0" in one.links["next"]["url"]


async def test_following_the_links_gives_every_group_once(sandbox: Sandbox) -> None:
    whole = await sandbox.json(LIST)

    assert [row for page in await sandbox.pages(f"{LIST}&per_page=4") for row in page] == whole


async def test_a_token_of_nowhere_is_a_400(sandbox: Sandbox) -> None:
    answer = await sandbox.get(f"{LIST}&page_token=soon")

    assert (answer.status_code, answer.json()) == (400, {"errors": ["page_token is invalid"]})


async def test_the_busiest_groups_can_be_asked_for_alone(sandbox: Sandbox) -> None:
    top = await sandbox.json(f"{LIST}&top_only=true")

    assert top == [group for group in await sandbox.json(LIST) if group["top_release_group"]]
    assert len(top) == 3


async def test_a_hidden_group_leaves_the_visible_ones_and_comes_back(sandbox: Sandbox) -> None:
    groups = await sandbox.json(LIST)
    path = f"/release_groups/{groups[1]['id']}"

    hidden = await sandbox.patch(path, {"visible": False})
    visible = await sandbox.json(f"{LIST}&visible_only=true")
    shown = await sandbox.patch(path, {"visible": True})

    assert (hidden.status_code, hidden.json()) == (200, groups[1] | {"visible": False})
    assert visible == [groups[0], *groups[2:]]
    assert (shown.status_code, shown.json()) == (200, groups[1])
    assert await sandbox.json(path) == groups[1]


@pytest.mark.parametrize("body", [{}, {"visible": "no"}, {"visible": None}])
async def test_a_visibility_that_is_neither_true_nor_false_is_a_400(sandbox: Sandbox, body: dict[str, object]) -> None:
    group = (await sandbox.json(LIST))[0]

    answer = await sandbox.patch(f"/release_groups/{group['id']}", body)

    assert answer.status_code == 400
    assert await sandbox.json(f"/release_groups/{group['id']}") == group


async def test_the_releases_of_a_group_are_the_rows_of_the_projects_list(sandbox: Sandbox) -> None:
    group = (await sandbox.json(LIST))[0]
    rows = await sandbox.json("/projects/checkout-android/releases?release_stage=production&per_page=2")

    answer = await sandbox.get(f"/release_groups/{group['id']}/releases")

    assert answer.json() == rows
    assert not {"link", "x-total-count"} & set(answer.headers)
    assert [len(page) for page in await sandbox.pages(f"/release_groups/{group['id']}/releases?per_page=1")] == [
        1,
        1,
        0,
    ]


@pytest.mark.parametrize(("method", "suffix"), [("GET", ""), ("PATCH", ""), ("GET", "/releases")])
async def test_a_group_that_is_unknown_or_elsewhere_does_not_exist(sandbox: Sandbox, method: str, suffix: str) -> None:
    foreign = sandbox.world.release_groups(sandbox.project("storefront-web"))[0].id
    headers = {"Authorization": f"token {MEMBER_TOKEN}"}

    for group in (foreign, "0" * 24):
        answer = await sandbox.client.request(
            method, f"/release_groups/{group}{suffix}", json={"visible": False}, headers=headers
        )
        assert (answer.status_code, answer.json()) == (404, {"errors": ["Release group not found"]})
    assert sandbox.world.hidden_groups == set()


async def test_somebody_who_may_only_read_hides_nothing(sandbox: Sandbox) -> None:
    group = (await sandbox.json(LIST))[0]

    answer = await sandbox.client.patch(
        f"/release_groups/{group['id']}",
        json={"visible": False},
        headers={"Authorization": f"token {READ_ONLY_TOKEN}"},
    )

    assert answer.status_code == 403
    assert await sandbox.json(LIST) == await sandbox.json(f"{LIST}&visible_only=true")


async def test_a_project_without_sessions_tells_their_total_alone(sandbox: Sandbox) -> None:
    group = (await sandbox.json("/projects/warehouse-scanner/release_groups?release_stage_name=production"))[0]

    assert group["total_sessions_count"] == 0
    assert "unhandled_sessions_count" not in group


async def test_a_stage_that_there_is_not_has_no_groups(sandbox: Sandbox) -> None:
    assert await sandbox.json("/projects/checkout-ios/release_groups?release_stage_name=nowhere") == []
