from crashgate_sandbox.bugsnag.auth import MEMBER_TOKEN
from crashgate_sandbox.bugsnag.budget import Budgets
from tests.sandbox.harness import Sandbox, Start


def left(sandbox_answer: object) -> tuple[str | None, str | None]:
    headers = getattr(sandbox_answer, "headers", {})
    return headers.get("x-ratelimit-limit"), headers.get("x-ratelimit-remaining")


async def test_the_vendors_budgets_are_30_a_minute_on_projects_and_100_on_organizations(start: Start) -> None:
    async with start(budgets=Budgets()) as sandbox:
        assert left(await sandbox.get("/projects/checkout-ios/errors")) == ("30", "29")
        assert left(await sandbox.get("/user/organizations")) == ("100", "99")
        assert left(await sandbox.get("/organizations/acme/projects")) == ("100", "98")
        assert left(await sandbox.get("/errors/000000000000000000000000/latest_event")) == ("30", "28")


async def test_the_last_request_of_a_window_succeeds_with_nothing_left(start: Start) -> None:
    async with start(budgets=Budgets(projects=2)) as sandbox:
        await sandbox.get("/projects/checkout-ios")
        last = await sandbox.get("/projects/checkout-ios")

    assert (last.status_code, left(last)) == (200, ("2", "0"))


async def test_a_request_over_the_budget_is_told_how_many_seconds_to_wait(start: Start) -> None:
    async with start(budgets=Budgets(projects=1)) as sandbox:
        sandbox.clock.passed = 18.5
        await sandbox.get("/projects/checkout-ios")
        over = await sandbox.get("/projects/checkout-ios")

    assert (over.status_code, over.json()) == (429, {"errors": ["API rate limit exceeded"]})
    assert (over.headers["retry-after"], left(over)) == ("42", ("1", None))


async def test_after_the_window_the_budget_is_whole_again(start: Start) -> None:
    async with start(budgets=Budgets(projects=1)) as sandbox:
        await sandbox.get("/projects/checkout-ios")
        over = await sandbox.get("/projects/checkout-ios")
        sandbox.clock.passed += 60
        after = await sandbox.get("/projects/checkout-ios")

    assert (over.status_code, after.status_code, left(after)) == (429, 200, ("1", "0"))


async def test_a_request_over_the_budget_changes_nothing(start: Start) -> None:
    async with start(budgets=Budgets(projects=0)) as sandbox:
        error = sandbox.errors("checkout-ios")[0]
        answer = await sandbox.client.delete(f"/projects/checkout-ios/errors/{error.id}")

        assert answer.status_code == 429
        assert sandbox.errors("checkout-ios")[0] is error


async def test_each_token_has_a_budget_of_its_own(start: Start) -> None:
    async with start(budgets=Budgets(projects=1)) as sandbox:
        await sandbox.get("/projects/checkout-ios")
        other = await sandbox.get("/projects/checkout-ios", headers={"Authorization": f"token {MEMBER_TOKEN}"})

    assert other.status_code == 200


async def test_refusals_carry_the_budget_too(start: Start) -> None:
    async with start(budgets=Budgets()) as sandbox:
        missing = await sandbox.get("/projects/unknown")
        wrong = await sandbox.get("/projects/checkout-ios/trend")

    assert (missing.status_code, left(missing)) == (404, ("30", "29"))
    assert (wrong.status_code, left(wrong)) == (400, ("30", "28"))


async def test_without_budgets_there_are_no_headers(sandbox: Sandbox) -> None:
    assert left(await sandbox.get("/projects/checkout-ios")) == (None, None)
