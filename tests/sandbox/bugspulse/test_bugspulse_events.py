import pytest

from crashgate_sandbox.bugspulse.manners import Manners
from tests.sandbox.bugspulse.harness import Pulse, Start


async def test_a_session_has_as_many_events_as_it_says_in_sequence_and_within_it(pulse: Pulse) -> None:
    for session in (await pulse.json("/export/sessions", limit=40))["data"]:
        body = await pulse.json("/export/events", sessionId=session["id"])
        times = [row["timestamp"] for row in body["data"]]

        assert [row["sequenceNumber"] for row in body["data"]] == list(range(session["eventCount"]))
        assert times == sorted(times)
        assert all(session["startedAt"] < time and (session["endedAt"] or "9") >= time for time in times)


async def test_a_long_session_comes_whole_whatever_the_limit(pulse: Pulse) -> None:
    session = (await pulse.json("/export/sessions", limit=4))["data"][3]
    body = await pulse.json("/export/events", sessionId=session["id"], limit=10, page=2)

    assert (len(body["data"]), body["total"], body["page"], body["limit"], body["pages"]) == (2400, 2400, 1, 2400, 1)


async def test_events_can_be_paged_instead(start: Start) -> None:
    async with start(manners=Manners(pages_events=True)) as pulse:
        session = (await pulse.json("/export/sessions", limit=4))["data"][3]
        last = await pulse.json("/export/events", sessionId=session["id"], limit=1000, page=3)

    assert (len(last["data"]), last["total"], last["page"], last["limit"], last["pages"]) == (400, 2400, 3, 1000, 3)
    assert last["data"][0]["sequenceNumber"] == 2000


@pytest.mark.parametrize("session", ["sess_1_unknown", "x/../y", "sess_1780000000_abc124"])
async def test_an_unknown_session_has_no_events_and_no_pages(session: str, pulse: Pulse) -> None:
    body = await pulse.json("/export/events", sessionId=session)

    assert body == {"data": [], "total": 0, "page": 1, "limit": 0, "pages": 0}


@pytest.mark.parametrize("query", [{}, {"sessionId": ""}])
async def test_without_a_session_there_is_no_answer(query: dict[str, str], pulse: Pulse) -> None:
    answer = await pulse.get("/export/events", **query)

    assert (answer.status_code, answer.json()) == (400, {"error": "sessionId is required"})
