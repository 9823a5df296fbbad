from crashgate_sandbox.bugspulse.manners import Manners, Window
from tests.sandbox.bugspulse.harness import Pulse, Start


async def statuses(pulse: Pulse, number: int) -> list[int]:
    return [(await pulse.get("/export/crashes", limit=1)).status_code for _ in range(number)]


async def test_the_61st_request_in_a_minute_is_refused(start: Start) -> None:
    async with start(requests_per_minute=60) as pulse:
        before = await statuses(pulse, 60)
        pulse.clock.passed += 17.5
        over = await pulse.get("/export/sessions")

    assert before == [200] * 60
    assert (over.status_code, over.json(), over.headers["retry-after"]) == (429, {"error": "Rate limit exceeded"}, "43")


async def test_a_minute_after_the_first_request_the_budget_is_whole_again(start: Start) -> None:
    async with start(requests_per_minute=2) as pulse:
        first = await statuses(pulse, 1)
        pulse.clock.passed += 59.9
        late = await statuses(pulse, 2)
        pulse.clock.passed += 0.1
        after = await statuses(pulse, 3)

    assert (first, late, after) == ([200], [200, 429], [200, 200, 429])


async def test_a_sliding_window_gives_back_each_request_a_minute_after_it(start: Start) -> None:
    async with start(requests_per_minute=2, manners=Manners(window=Window.SLIDING)) as pulse:
        first = await statuses(pulse, 1)
        pulse.clock.passed += 59.9
        late = await statuses(pulse, 2)
        pulse.clock.passed += 0.1
        after = await statuses(pulse, 2)

    assert (first, late, after) == ([200], [200, 429], [200, 429])


async def test_the_word_how_long_to_wait_can_be_left_out(start: Start) -> None:
    async with start(requests_per_minute=0, manners=Manners(retry_after=False)) as pulse:
        over = await pulse.get("/export/crashes")

    assert (over.status_code, "retry-after" in over.headers) == (429, False)


async def test_each_key_has_a_budget_of_its_own(start: Start) -> None:
    async with start(requests_per_minute=1, key=None) as pulse:
        own = await statuses(pulse, 2)
        other = await pulse.client.get("/export/crashes", headers={"Authorization": "Bearer bp_other"})

    assert (own, other.status_code) == ([200, 429], 200)


async def test_a_bad_parameter_costs_a_request_and_a_bad_key_does_not(start: Start) -> None:
    async with start(requests_per_minute=1) as pulse:
        unknown = await pulse.client.get("/export/crashes", headers={"Authorization": "Bearer bp_other"})
        wrong = await pulse.get("/export/crashes", page=0)
        over = await pulse.get("/export/crashes")

    assert [unknown.status_code, wrong.status_code, over.status_code] == [401, 400, 429]


async def test_ingestion_has_no_budget(start: Start) -> None:
    session = {"sessionId": "s", "startedAt": 1, "device": {"platform": "ios"}}
    async with start(requests_per_minute=0) as pulse:
        answer = await pulse.ingest("/ingest/session", session)

    assert answer.status_code == 201


async def test_a_reset_gives_the_whole_budget_back(start: Start) -> None:
    async with start(requests_per_minute=1) as pulse:
        spent = await statuses(pulse, 2)
        pulse.service.reset()
        after = await statuses(pulse, 1)

    assert (spent, after) == ([200, 429], [200])


async def test_usually_it_is_60_a_minute(start: Start) -> None:
    async with start(requests_per_minute=60) as pulse:
        found = await statuses(pulse, 61)

    assert found == [200] * 60 + [429]
