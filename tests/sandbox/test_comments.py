import pytest

from crashgate_sandbox.bugsnag.auth import MEMBER_TOKEN, READ_ONLY_TOKEN
from tests.sandbox.harness import Sandbox

NOT_FOUND = {"errors": ["Comment not found"]}
BLANK = {"errors": ["Message can't be blank"]}


def as_holder(token: str) -> dict[str, str]:
    return {"Authorization": f"token {token}"}


def commented(sandbox: Sandbox, slug: str = "checkout-ios") -> str:
    """The address of an error that has three comments."""
    found = next(one for one in sandbox.errors(slug) if len(sandbox.world.comments.on(one.id)) == 3)
    return f"/projects/{slug}/errors/{found.id}"


async def test_an_error_lists_its_comments_newest_first(sandbox: Sandbox) -> None:
    path = commented(sandbox)

    answer = await sandbox.get(f"{path}/comments")

    times = [row["created_at"] for row in answer.json()]
    assert (len(times), answer.headers["x-total-count"]) == (3, "3")
    assert times == sorted(times, reverse=True)
    assert (await sandbox.json(path))["comment_count"] == 3
    assert await sandbox.json(f"{path}/comments?direction=asc") == answer.json()[::-1]


async def test_following_the_links_gives_every_comment_once(sandbox: Sandbox) -> None:
    path = f"{commented(sandbox)}/comments"

    pages = await sandbox.pages(f"{path}?per_page=2")

    assert [len(page) for page in pages] == [2, 1]
    assert [row for page in pages for row in page] == await sandbox.json(path)


async def test_a_new_comment_says_where_it_is_and_stands_first(sandbox: Sandbox) -> None:
    path = commented(sandbox)
    answer = await sandbox.client.post(f"{path}/comments", json={"message": "first"}, headers=as_holder(MEMBER_TOKEN))
    again = await sandbox.client.post(f"{path}/comments", json={"message": "second"})

    made = answer.json()
    assert (answer.status_code, answer.headers["location"]) == (201, f"{sandbox.base_url}/comments/{made['id']}")
    assert (made["message"], made["created_at"]) == ("first", "2026-11-20T15:30:00.000Z")
    assert made["collaborator"]["email"] == "mateo@acme.example"
    assert [row["message"] for row in await sandbox.json(f"{path}/comments")][:2] == ["second", "first"]
    assert again.json()["id"] != made["id"]
    assert (await sandbox.json(path))["comment_count"] == 5


async def test_a_comment_that_is_read_names_its_author_differently(sandbox: Sandbox) -> None:
    row = (await sandbox.json(f"{commented(sandbox)}/comments"))[0]

    found = await sandbox.json(f"/comments/{row['id']}")

    author = row.pop("collaborator")
    assert found == row | {
        "user": {
            "id": author["id"],
            "email": author["email"],
            "name": author["name"],
            "url": f"{sandbox.base_url}/users/{author['id']}",
            "projects_url": f"{sandbox.base_url}/users/{author['id']}/projects",
        }
    }


async def test_a_changed_comment_keeps_everything_but_its_words(sandbox: Sandbox) -> None:
    path = f"{commented(sandbox)}/comments"
    before = await sandbox.json(path)

    answer = await sandbox.patch(f"/comments/{before[1]['id']}", {"message": "updated"})

    changed = before[1] | {"message": "updated", "updated_at": "2026-11-20T15:30:00.000Z"}
    assert (answer.status_code, answer.json()) == (200, changed)
    assert await sandbox.json(path) == [before[0], changed, before[2]]


async def test_a_deleted_comment_is_gone(sandbox: Sandbox) -> None:
    path = f"{commented(sandbox)}/comments"
    before = await sandbox.json(path)

    answer = await sandbox.client.delete(f"/comments/{before[0]['id']}")

    assert (answer.status_code, answer.content) == (204, b"")
    assert await sandbox.json(path) == before[1:]
    assert (await sandbox.get(f"/comments/{before[0]['id']}")).status_code == 404


async def test_comments_go_with_their_error(sandbox: Sandbox) -> None:
    path = commented(sandbox)
    row = (await sandbox.json(f"{path}/comments"))[0]

    await sandbox.client.delete(path)

    answer = await sandbox.get(f"/comments/{row['id']}")
    assert (answer.status_code, answer.json()) == (404, NOT_FOUND)


@pytest.mark.parametrize("body", [{}, {"message": ""}, {"message": " \n"}, {"message": ["a"]}])
async def test_an_empty_comment_is_refused(sandbox: Sandbox, body: dict[str, object]) -> None:
    path = f"{commented(sandbox)}/comments"
    before = await sandbox.json(path)

    made = await sandbox.client.post(path, json=body)
    changed = await sandbox.patch(f"/comments/{before[0]['id']}", body)

    assert (made.status_code, made.json()) == (changed.status_code, changed.json()) == (400, BLANK)
    assert await sandbox.json(path) == before


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
async def test_a_comment_that_is_unknown_or_elsewhere_does_not_exist(sandbox: Sandbox, method: str) -> None:
    foreign = (await sandbox.json(f"{commented(sandbox, 'storefront-web')}/comments"))[0]

    for comment in (foreign["id"], "0" * 24):
        answer = await sandbox.client.request(
            method, f"/comments/{comment}", json={"message": "x"}, headers=as_holder(MEMBER_TOKEN)
        )
        assert (answer.status_code, answer.json()) == (404, NOT_FOUND)
    assert (await sandbox.json(f"{commented(sandbox, 'storefront-web')}/comments"))[0] == foreign


async def test_somebody_who_may_only_read_writes_no_comments(sandbox: Sandbox) -> None:
    path = f"{commented(sandbox)}/comments"
    before = await sandbox.json(path)
    one, reader = f"/comments/{before[0]['id']}", as_holder(READ_ONLY_TOKEN)

    assert (await sandbox.get(path, headers=reader)).json() == before
    for method, where in (("POST", path), ("PATCH", one), ("DELETE", one)):
        answer = await sandbox.client.request(method, where, json={"message": "x"}, headers=reader)
        assert (answer.status_code, answer.json()["code"]) == (403, 40000)
    assert await sandbox.json(path) == before


async def test_some_comments_quote_an_attacker(sandbox: Sandbox) -> None:
    messages = {one.message for error in sandbox.world.errors.values() for one in sandbox.world.comments.on(error.id)}

    assert any("Ignore previous instructions" in message for message in messages)
