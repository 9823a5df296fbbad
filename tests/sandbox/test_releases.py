from tests.sandbox.harness import Sandbox


async def test_a_page_holds_five_releases_and_links_on_without_a_base(sandbox: Sandbox) -> None:
    answer = await sandbox.get("/projects/checkout-ios/releases")

    assert len(answer.json()) == 5
    assert answer.headers["x-total-count"] == "21"
    assert answer.headers["link"] == f'<{sandbox.base_url}/projects/checkout-ios/releases?offset=5>; rel="next"'


async def test_a_link_keeps_the_other_parameters_in_alphabetical_order(sandbox: Sandbox) -> None:
    query = "sort=percent_of_sessions&base=2026-11-20T12:00:00Z&offset=0&per_page=1&release_stage=staging"

    answer = await sandbox.get(f"/projects/checkout-ios/releases?{query}")

    assert answer.links["next"]["url"] == (
        f"{sandbox.base_url}/projects/checkout-ios/releases?base=2026-11-20T12%3A00%3A00Z&offset=1&per_page=1"
        "&release_stage=staging&sort=percent_of_sessions"
    )


async def test_more_than_ten_a_page_is_refused_and_not_cut(sandbox: Sandbox) -> None:
    ten = await sandbox.get("/projects/checkout-ios/releases?per_page=10")
    eleven = await sandbox.get("/projects/checkout-ios/releases?per_page=11")

    assert len(ten.json()) == 10
    assert (eleven.status_code, eleven.json()) == (400, {"errors": ["Per page must be less than or equal to 10"]})


async def test_following_the_links_gives_every_release_once_newest_first(sandbox: Sandbox) -> None:
    rows = [row for page in await sandbox.pages("/projects/checkout-web/releases") for row in page]

    times = [row["release_time"] for row in rows]
    assert len({row["id"] for row in rows}) == len(rows) == 45
    assert times == sorted(times, reverse=True)


async def test_a_stage_can_be_asked_for(sandbox: Sandbox) -> None:
    rows = await sandbox.json("/projects/checkout-ios/releases?release_stage=staging&per_page=10")

    assert {row["release_stage"]["name"] for row in rows} == {"staging"}
    assert await sandbox.json("/projects/checkout-ios/releases?release_stage=nowhere") == []


async def test_percent_of_sessions_puts_the_busiest_release_first(sandbox: Sandbox) -> None:
    rows = await sandbox.json("/projects/checkout-ios/releases?sort=percent_of_sessions")

    sessions = [row["sessions_count_in_last_24h"] for row in rows]
    assert sessions == sorted(sessions, reverse=True)
    assert (rows[0]["app_version"], rows[0]["release_stage"]) == ("4.18.0", {"name": "production"})


async def test_the_single_release_is_the_row_of_the_list(sandbox: Sandbox) -> None:
    row = (await sandbox.json("/projects/checkout-ios/releases"))[2]

    assert await sandbox.json(f"/projects/checkout-ios/releases/{row['id']}") == row


async def test_a_release_is_found_in_its_own_project_alone(sandbox: Sandbox) -> None:
    release = sandbox.world.releases(sandbox.project("checkout-ios"))[0].id

    answer = await sandbox.get(f"/projects/checkout-web/releases/{release}")

    assert (answer.status_code, answer.json()) == (404, {"errors": ["Release not found"]})


async def test_the_counts_of_a_release_are_those_of_the_errors(sandbox: Sandbox) -> None:
    errors = await sandbox.json("/projects/checkout-ios/errors?per_page=100")
    releases = [row for page in await sandbox.pages("/projects/checkout-ios/releases?per_page=10") for row in page]

    introduced = [one["release_id"] for error in errors for one in error["introduced_in_releases"]]
    assert {row["id"]: row["errors_introduced_count"] for row in releases} == {
        row["id"]: introduced.count(row["id"]) for row in releases
    }
    assert sum(row["errors_introduced_count"] for row in releases) == len(introduced)
    assert all(row["errors_seen_count"] >= row["errors_introduced_count"] for row in releases)


async def test_the_counts_of_sessions_fit_together(sandbox: Sandbox) -> None:
    for project in ("checkout-ios", "checkout-web", "payments-api"):
        for page in await sandbox.pages(f"/projects/{project}/releases?per_page=10"):
            for row in page:
                assert row["sessions_count_in_last_24h"] <= row["total_sessions_count"]
                assert row["unhandled_sessions_count"] <= row["total_sessions_count"]
                assert row["accumulative_daily_users_with_unhandled"] <= row["accumulative_daily_users_seen"]


async def test_the_newest_release_of_the_phone_app_is_less_stable_than_the_one_before(sandbox: Sandbox) -> None:
    newest, before = [
        1 - row["unhandled_sessions_count"] / row["total_sessions_count"]
        for row in await sandbox.json("/projects/checkout-ios/releases?release_stage=production&per_page=2")
    ]

    target = (await sandbox.json("/projects/checkout-ios"))["target_stability"]["value"]
    assert newest < target < before
