import httpx2

from tests.held_clock import NOW
from tests.sandbox.devrev.harness import CHECKOUT, GET, LIST, Running, Start

NOW_SECONDS = int(NOW.timestamp())


def left(answer: httpx2.Response) -> tuple[str | None, str | None, str | None]:
    names = ("limit", "remaining", "reset")
    limit, remaining, reset = (answer.headers.get(f"x-ratelimit-{name}") for name in names)
    return limit, remaining, reset


async def test_every_answer_tells_the_budget_and_the_epoch_second_of_its_end(starting: Start) -> None:
    async with starting(limit=1000) as devrev:
        listed = await devrev.get(LIST, **CHECKOUT)
        refused = await devrev.get(LIST)
        missing = await devrev.get(GET, **CHECKOUT, session_id="unknown")
        nowhere = await devrev.get("/nowhere")
        stranger = await devrev.client.get(LIST, headers={"Authorization": "Bearer wrong"})

    answers = [listed, refused, missing, nowhere, stranger]
    assert [answer.status_code for answer in answers] == [200, 400, 404, 404, 401]
    end = str(NOW_SECONDS + 300)
    assert [left(answer) for answer in answers] == [
        ("1000", "999", end),
        ("1000", "998", end),
        ("1000", "997", end),
        ("1000", "996", end),
        ("1000", "999", end),
    ]


async def test_a_request_over_the_budget_is_told_to_wait_in_body_and_header(starting: Start) -> None:
    async with starting(limit=2) as devrev:
        devrev.clock.passed += 18.5
        answers = [await devrev.get(LIST, **CHECKOUT) for _ in range(3)]
        over = answers[-1]

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert over.json() == {"message": "Rate limit exceeded", "type": "too_many_requests", "retry_after": 282}
    assert over.headers["retry-after"] == "282"
    assert left(over) == ("2", "0", str(NOW_SECONDS + 300))


async def test_the_budget_is_whole_again_when_the_window_ends_and_not_before(starting: Start) -> None:
    async with starting(limit=1) as devrev:
        statuses: list[int] = []
        for seconds in (0, 0, 299, 1, 0):
            devrev.clock.passed += seconds
            statuses.append((await devrev.get(LIST, **CHECKOUT)).status_code)

    assert statuses == [200, 429, 429, 200, 429]


async def test_all_routes_share_one_budget(starting: Start) -> None:
    async with starting(limit=2) as devrev:
        await devrev.get(GET, **CHECKOUT, session_id="unknown")
        await devrev.post(LIST, type="mobile", **CHECKOUT)
        over = await devrev.get(LIST, **CHECKOUT)

    assert over.status_code == 429


async def test_each_token_has_a_budget_of_its_own(starting: Start) -> None:
    async with starting(limit=1, token=None) as devrev:
        first = await devrev.get(LIST, **CHECKOUT)
        other = await devrev.client.get(LIST, params=CHECKOUT, headers={"Authorization": "Bearer other"})
        over = await devrev.get(LIST, **CHECKOUT)

    assert (first.status_code, other.status_code, over.status_code) == (200, 200, 429)


async def test_strangers_do_not_use_up_the_budget_of_a_token(starting: Start) -> None:
    async with starting(limit=1) as devrev:
        for _ in range(3):
            await devrev.client.get(LIST, headers={"Authorization": "Bearer wrong"})
        answer = await devrev.get(LIST, **CHECKOUT)

    assert answer.status_code == 200


async def test_a_reset_gives_the_budget_back(starting: Start) -> None:
    async with starting(limit=1) as devrev:
        await devrev.get(LIST, **CHECKOUT)
        over = await devrev.get(LIST, **CHECKOUT)
        devrev.service.reset()
        after = await devrev.get(LIST, **CHECKOUT)

    assert (over.status_code, after.status_code) == (429, 200)


async def test_without_a_limit_there_are_no_headers(devrev: Running) -> None:
    assert left(await devrev.get(LIST, **CHECKOUT)) == (None, None, None)
