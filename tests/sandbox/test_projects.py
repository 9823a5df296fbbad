import pytest

from tests.sandbox.harness import Sandbox


def slugs(rows: list[dict[str, str]]) -> list[str]:
    return [row["slug"] for row in rows]


async def test_each_organization_lists_its_own_projects_newest_first(sandbox: Sandbox) -> None:
    assert slugs(await sandbox.json("/organizations/acme/projects")) == [
        "identity-service",
        "payments-api",
        "checkout-android",
        "checkout-ios",
        "checkout-web",
    ]
    assert slugs(await sandbox.json("/organizations/globex/projects")) == ["warehouse-scanner", "storefront-web"]


async def test_pages_are_linked_by_the_last_project_and_backwards_too(sandbox: Sandbox) -> None:
    first = await sandbox.get("/organizations/acme/projects?per_page=2")
    second = await sandbox.get(first.links["next"]["url"])
    third = await sandbox.get(second.links["next"]["url"])

    last_of_first = sandbox.project("payments-api").id
    assert first.links["next"]["url"] == (
        f"{sandbox.base_url}/organizations/acme/projects?direction=desc&offset%5Bnull_sort_field%5D=false"
        f"&offset%5Bsort_field_offset%5D={last_of_first}&per_page=2&sort=created_at"
    )
    assert [slugs(page.json()) for page in (first, second, third)] == [
        ["identity-service", "payments-api"],
        ["checkout-android", "checkout-ios"],
        ["checkout-web"],
    ]
    assert [set(page.links) for page in (first, second, third)] == [{"next"}, {"next", "prev"}, {"prev"}]
    assert (await sandbox.get(second.links["prev"]["url"])).json() == first.json()
    assert (await sandbox.get(third.links["prev"]["url"])).json() == second.json()
    assert {page.headers["x-total-count"] for page in (first, second, third)} == {"5"}


async def test_a_plain_offset_is_ignored(sandbox: Sandbox) -> None:
    assert await sandbox.json("/organizations/acme/projects?offset=3") == await sandbox.json(
        "/organizations/acme/projects"
    )


async def test_projects_can_be_searched_and_sorted_by_name(sandbox: Sandbox) -> None:
    rows = await sandbox.json("/organizations/acme/projects?q=checkout&sort=name&direction=asc")

    assert slugs(rows) == ["checkout-android", "checkout-ios", "checkout-web"]


async def test_favorites_cannot_be_sorted_descending(sandbox: Sandbox) -> None:
    refused = await sandbox.get("/organizations/acme/projects?sort=favorite&direction=desc")
    allowed = await sandbox.get("/organizations/acme/projects?sort=favorite")

    assert (refused.status_code, refused.json()) == (400, {"errors": ["favorites cannot be sorted descending"]})
    assert allowed.status_code == 200


async def test_the_counts_of_a_project_follow_its_errors(sandbox: Sandbox) -> None:
    error = sandbox.errors("checkout-ios")[0]
    before = await sandbox.json("/projects/checkout-ios")

    await sandbox.patch(f"/projects/checkout-ios/errors/{error.id}", {"operation": "fix"})

    after = await sandbox.json("/projects/checkout-ios")
    assert after == before | {"open_error_count": before["open_error_count"] - 1}


async def test_a_deleted_project_is_gone_with_its_errors(sandbox: Sandbox) -> None:
    error = sandbox.errors("checkout-web")[0]

    answer = await sandbox.client.delete("/projects/checkout-web")

    assert (answer.status_code, answer.content) == (204, b"")
    assert (await sandbox.get("/projects/checkout-web")).status_code == 404
    assert (await sandbox.get(f"/errors/{error.id}/latest_event")).status_code == 404
    assert (await sandbox.get("/organizations/acme/projects")).headers["x-total-count"] == "4"


async def test_a_key_that_was_replaced_twice_is_a_third_one(sandbox: Sandbox) -> None:
    first = (await sandbox.json("/projects/checkout-web"))["api_key"]
    keys = [
        first,
        *[(await sandbox.client.delete("/projects/checkout-web/api_key")).json()["api_key"] for _ in range(2)],
    ]

    assert len(set(keys)) == 3
    assert (await sandbox.json("/projects/checkout-web"))["api_key"] == keys[-1]


async def test_organizations_are_listed_for_who_asks_and_page_by_link(sandbox: Sandbox) -> None:
    assert slugs(await sandbox.json("/user/organizations")) == ["acme", "globex"]
    assert slugs(await sandbox.json("/user/organizations?admin=true")) == ["acme", "globex"]

    first = await sandbox.get("/user/organizations?per_page=1")
    second = await sandbox.get(first.links["next"]["url"])

    assert (slugs(first.json()), slugs(second.json())) == (["acme"], ["globex"])
    assert (first.headers["x-total-count"], "next" in second.links) == ("2", False)


@pytest.mark.parametrize("path", ["/organizations/unknown", "/organizations/unknown/projects"])
async def test_an_unknown_organization_is_a_404(sandbox: Sandbox, path: str) -> None:
    answer = await sandbox.get(path)

    assert (answer.status_code, answer.json()) == (404, {"errors": ["Organization not found"]})
