import pytest

from crashgate_sandbox.bugsnag.call import Manners
from tests.sandbox.harness import Sandbox, Start

TOO_DEEP = {"errors": ["Unable to return complete results"], "code": 60000}


async def test_a_page_holds_30_errors_and_links_on_with_the_snapshot_pinned(sandbox: Sandbox) -> None:
    answer = await sandbox.get("/projects/checkout-ios/errors")

    assert len(answer.json()) == 30
    assert answer.headers["x-total-count"] == "78"
    assert answer.headers["link"] == (
        f'<{sandbox.base_url}/projects/checkout-ios/errors?base=2026-11-20T15%3A30%3A00Z&offset=30>; rel="next"'
    )


async def test_a_link_keeps_the_filters_adjacent_and_the_other_parameters(sandbox: Sandbox) -> None:
    field = "filters%5Berror.status%5D%5B%5D"
    filters = f"{field}%5Btype%5D=ne&{field}%5Bvalue%5D=fixed&{field}%5Btype%5D=ne&{field}%5Bvalue%5D=ignored"

    answer = await sandbox.get(f"/projects/checkout-ios/errors?sort=users&{filters}&per_page=20&direction=asc")

    assert answer.links["next"]["url"] == (
        f"{sandbox.base_url}/projects/checkout-ios/errors?base=2026-11-20T15%3A30%3A00Z&direction=asc&{filters}"
        "&offset=20&per_page=20&sort=users"
    )


async def test_following_the_links_gives_every_error_once_and_the_last_page_has_none(sandbox: Sandbox) -> None:
    pages = await sandbox.pages("/projects/checkout-android/errors")

    assert [len(page) for page in pages] == [30, 30, 30, 22]
    ids = [row["id"] for page in pages for row in page]
    assert sorted(ids) == sorted(one.id for one in sandbox.errors("checkout-android"))


@pytest.mark.parametrize(("asked", "given"), [("100", 100), ("500", 100), ("0", 30), ("many", 30), ("7", 7)])
async def test_too_many_a_page_is_cut_to_100(sandbox: Sandbox, asked: str, given: int) -> None:
    assert len(await sandbox.json(f"/projects/checkout-android/errors?per_page={asked}")) == given


async def test_past_the_depth_limit_there_is_a_422_behind_a_link_that_was_handed_out(start: Start) -> None:
    async with start(manners=Manners(deepest_offset=60)) as sandbox:
        before = await sandbox.get("/projects/checkout-ios/errors?offset=30")
        too_deep = await sandbox.get(before.links["next"]["url"])
        on_the_first_page = await sandbox.get("/projects/checkout-ios/errors?offset=60")

    assert (before.status_code, too_deep.status_code, too_deep.json()) == (200, 422, TOO_DEEP)
    assert (on_the_first_page.status_code, on_the_first_page.json()) == (422, TOO_DEEP)


async def test_the_depth_limit_is_a_thousand(sandbox: Sandbox) -> None:
    assert (await sandbox.get("/projects/checkout-ios/errors?offset=999")).status_code == 200
    assert (await sandbox.get("/projects/checkout-ios/errors?offset=1000")).status_code == 422


async def test_unsorted_pages_go_on_without_a_depth_limit_and_may_hold_fewer_rows(start: Start) -> None:
    filters = "filters[error.status][][type]=eq&filters[error.status][][value]=open"
    async with start(manners=Manners(deepest_offset=30)) as sandbox:
        pages = await sandbox.pages(f"/projects/checkout-ios/errors?sort=unsorted&{filters}")
        open_errors = [one for one in sandbox.errors("checkout-ios") if sandbox.world.state(one).status == "open"]

    assert [row["id"] for page in pages for row in page] == [one.id for one in open_errors]
    assert len(pages) == 3
    assert all(0 < len(page) < 30 for page in pages)


@pytest.mark.parametrize("query", ["sort=unsorted&offset=30", "offset=soon", "offset=-1"])
async def test_an_offset_that_does_not_fit_is_a_400(sandbox: Sandbox, query: str) -> None:
    answer = await sandbox.get(f"/projects/checkout-ios/errors?{query}")

    assert (answer.status_code, answer.json()) == (400, {"errors": ["Pagination Offset is invalid"]})


@pytest.mark.parametrize("sort", ["last_seen", "first_seen", "users", "events"])
async def test_errors_come_sorted_and_descending_unless_asked_otherwise(sandbox: Sandbox, sort: str) -> None:
    down = [row[sort] for row in await sandbox.json(f"/projects/payments-api/errors?per_page=100&sort={sort}")]
    up = [
        row[sort] for row in await sandbox.json(f"/projects/payments-api/errors?per_page=100&sort={sort}&direction=asc")
    ]

    assert down == sorted(down, reverse=True)
    assert up == sorted(up)


async def test_errors_are_sorted_by_last_seen_unless_asked_otherwise(sandbox: Sandbox) -> None:
    assert await sandbox.json("/projects/payments-api/errors") == await sandbox.json(
        "/projects/payments-api/errors?sort=last_seen"
    )


async def test_a_base_in_the_past_shows_the_list_as_it_was(sandbox: Sandbox) -> None:
    rows = await sandbox.json("/projects/checkout-ios/errors?per_page=100&base=2026-11-01T00:00:00Z")

    assert sandbox.errors("checkout-ios")[0].id not in {row["id"] for row in rows}
    assert max(row["last_seen"] for row in rows) < "2026-11-01T00:00:01"


@pytest.mark.parametrize("base", ["now", "2026-11-01T00:00:00+00:00", "20261101T000000Z"])
async def test_a_base_that_is_no_utc_time_is_a_400(sandbox: Sandbox, base: str) -> None:
    answer = await sandbox.client.get("/projects/checkout-ios/errors", params={"base": base})

    assert (answer.status_code, answer.json()) == (400, {"errors": ["base must be iso8601 format"]})


@pytest.mark.parametrize(("histogram", "days"), [("two_week", 14), ("dynamic", 30)])
async def test_a_histogram_is_there_only_on_request(sandbox: Sandbox, histogram: str, days: int) -> None:
    plain = (await sandbox.json("/projects/checkout-ios/errors?sort=events"))[0]
    drawn = (await sandbox.json(f"/projects/checkout-ios/errors?sort=events&histogram={histogram}"))[0]

    assert "trend" not in plain
    assert len(drawn["trend"]) == days
    assert sum(count for _, count in drawn["trend"]) == drawn["events"]


async def test_an_error_is_found_in_its_own_project_alone(sandbox: Sandbox) -> None:
    error = sandbox.errors("checkout-ios")[0]

    for path in (f"/projects/checkout-web/errors/{error.id}", "/projects/checkout-ios/errors/000000000000000000000000"):
        answer = await sandbox.get(path)
        assert (answer.status_code, answer.json()) == (404, {"errors": ["Error not found"]})


async def test_the_single_error_is_the_row_of_the_list(sandbox: Sandbox) -> None:
    row = (await sandbox.json("/projects/checkout-web/errors"))[3]

    assert await sandbox.json(f"/projects/checkout-web/errors/{row['id']}") == row


async def test_a_deleted_error_is_gone_with_its_events(sandbox: Sandbox) -> None:
    error = sandbox.errors("checkout-ios")[0]
    event = sandbox.world.occurrences(error)[0].id

    answer = await sandbox.client.delete(f"/projects/checkout-ios/errors/{error.id}")

    assert (answer.status_code, answer.content) == (204, b"")
    assert "content-type" not in answer.headers
    assert (await sandbox.get(f"/projects/checkout-ios/errors/{error.id}")).status_code == 404
    assert (await sandbox.get(f"/projects/checkout-ios/events/{event}")).status_code == 404
    assert (await sandbox.get("/projects/checkout-ios/errors")).headers["x-total-count"] == "77"


@pytest.mark.parametrize("path", ["/projects/checkout-ios/errors", "/projects/checkout-ios/errors/"])
async def test_a_delete_with_an_empty_error_id_wipes_the_project(sandbox: Sandbox, path: str) -> None:
    answer = await sandbox.client.delete(path)

    assert (answer.status_code, answer.content) == (204, b"")
    assert await sandbox.json("/projects/checkout-ios/errors") == []
    assert await sandbox.json("/projects/checkout-ios/events") == []
    assert len(sandbox.errors("checkout-android")) == 112
