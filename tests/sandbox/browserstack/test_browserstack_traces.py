from datetime import timedelta
from urllib.parse import quote

from crashgate.clock import timestamp
from crashgate_sandbox.browserstack.drawn import AWKWARD_IDS, HUGE_ID
from crashgate_sandbox.browserstack.records import PROJECT_ID
from tests.sandbox.browserstack.harness import NOW, SESSIONS, TRACES, Evals, Start, trace_event


async def test_all_traces_are_those_of_all_sessions_newest_first(evals: Evals) -> None:
    first = await evals.json(f"{TRACES}?limit=100")
    pages = [first] + [
        await evals.json(f"{TRACES}?limit=100&page={n}") for n in range(2, first["meta"]["totalPages"] + 1)
    ]
    rows = [row for page in pages for row in page["data"]]

    of_sessions = [trace["id"] for one in await evals.ids() for trace in (await evals.session(one))["traces"]]
    assert sorted(row["id"] for row in rows) == sorted(of_sessions)
    assert first["meta"]["totalItems"] == len(rows)
    assert [row["timestamp"] for row in rows] == sorted((row["timestamp"] for row in rows), reverse=True)


async def test_traces_are_filtered_by_session_and_ordered_as_asked(evals: Evals) -> None:
    for session_id in AWKWARD_IDS:
        found = await evals.json(f"{TRACES}?orderBy=timestamp.asc&sessionId={quote(session_id, safe='')}")
        whole = (await evals.session(session_id))["traces"]
        assert [{name: row[name] for name in one} for row, one in zip(found["data"], whole, strict=True)] == whole


async def test_traces_are_filtered_by_what_they_carry(evals: Evals) -> None:
    body = {"name": "n", "userId": "u", "release": "r", "version": "v", "environment": "e", "tags": ["a", "b"]}
    await evals.ingest(trace_event("1", id="hit", **body), trace_event("2", id="miss", name="n", tags=["a"]))

    for query in ("userId=u", "release=r", "version=v&name=n", "environment=e&environment=f", "tags=a&tags=b"):
        assert [row["id"] for row in (await evals.json(f"{TRACES}?{query}"))["data"]] == ["hit"], query
    assert (await evals.json(f"{TRACES}?name=n&userId=x"))["meta"] == {
        "page": 1,
        "limit": 50,
        "totalItems": 0,
        "totalPages": 0,
    }


async def test_the_time_of_a_trace_is_filtered_like_that_of_a_session(evals: Evals) -> None:
    await evals.ingest(trace_event("1", id="now", timestamp=timestamp(NOW + timedelta(days=1))))
    moment = timestamp(NOW + timedelta(days=1))

    assert [row["id"] for row in (await evals.json(f"{TRACES}?fromTimestamp={moment}"))["data"]] == ["now"]
    assert (await evals.json(f"{TRACES}?fromTimestamp={moment}&toTimestamp={moment}"))["data"] == []


async def test_fields_that_are_not_asked_for_are_empty_and_still_there(evals: Evals) -> None:
    whole = (await evals.json(f"{TRACES}?sessionId={HUGE_ID}&limit=1"))["data"][0]
    core = (await evals.json(f"{TRACES}?sessionId={HUGE_ID}&limit=1&fields=core"))["data"][0]

    assert core == whole | {"input": None, "output": None, "metadata": None, "latency": -1, "totalCost": -1}
    assert whole["input"] is not None
    assert whole["latency"] == 0.8


async def test_one_trace_is_found_by_its_id(evals: Evals) -> None:
    for session_id in await evals.ids():
        for trace in (await evals.session(session_id))["traces"][:3]:
            found = await evals.json(f"{TRACES}/{trace['id']}")
            assert {name: found[name] for name in trace} == trace
            assert found["htmlPath"] == f"/project/{PROJECT_ID}/traces/{trace['id']}"


async def test_a_trace_that_is_not_there_is_a_404(evals: Evals) -> None:
    known = (await evals.json(f"{TRACES}?limit=1"))["data"][0]["id"]
    for one in ("nobody", known[:-1], known[:8] + "ffff" + known[12:], "0" * 32):
        answer = await evals.get(f"{TRACES}/{one}")
        assert (answer.status_code, answer.json()["error"]) == (404, "LangfuseNotFoundError")


async def test_what_the_sandbox_cannot_filter_or_order_by_is_refused(evals: Evals) -> None:
    for query in ("filter=[]", "orderBy=latency.desc", "orderBy=name", "orderBy=name.up"):
        assert (await evals.get(f"{TRACES}?{query}")).status_code == 400


async def test_a_trace_whose_session_changed_is_in_the_new_one_alone(evals: Evals, start_other: Start) -> None:
    trace = (await evals.session(AWKWARD_IDS[0]))["traces"][0]
    await evals.ingest(trace_event("1", id=trace["id"], sessionId="moved"))

    assert [one["id"] for one in (await evals.session("moved"))["traces"]] == [trace["id"]]
    assert trace["id"] not in [one["id"] for one in (await evals.session(AWKWARD_IDS[0]))["traces"]]
    async with start_other() as other:
        assert (await other.get(f"{SESSIONS}/moved")).status_code == 404
