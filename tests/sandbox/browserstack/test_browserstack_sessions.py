import json
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest

from crashgate.clock import timestamp
from crashgate_sandbox.browserstack.drawn import AWKWARD_IDS, EMPTY_ID, ENVIRONMENTS, HUGE_ID
from crashgate_sandbox.browserstack.manners import HugeSession, LangfuseManners
from crashgate_sandbox.world.content.hostile import HOSTILE, HOSTILE_NAMES
from tests.sandbox.browserstack.harness import NOW, SESSIONS, Evals, Start, trace_event


async def test_pages_together_are_all_sessions_newest_first_and_each_of_them_once(evals: Evals) -> None:
    pages = [await evals.json(f"{SESSIONS}?limit=25&page={page}") for page in (1, 2, 3, 4)]

    rows = [row for page in pages for row in page["data"]]
    assert [page["meta"] for page in pages] == [
        {"page": page, "limit": 25, "totalItems": 60, "totalPages": 3} for page in (1, 2, 3, 4)
    ]
    assert [len(page["data"]) for page in pages] == [25, 25, 10, 0]
    assert len({row["id"] for row in rows}) == 60
    assert [row["createdAt"] for row in rows] == sorted((row["createdAt"] for row in rows), reverse=True)


async def test_an_unasked_list_is_the_first_fifty(evals: Evals) -> None:
    found = await evals.json(SESSIONS)

    assert found["meta"] == {"page": 1, "limit": 50, "totalItems": 60, "totalPages": 2}
    assert found == await evals.json(f"{SESSIONS}?page=&limit=&nobody=knows")


async def test_an_empty_list_has_no_pages(start_other: Start) -> None:
    async with start_other(sessions=0) as evals:
        assert await evals.json(SESSIONS) == {
            "data": [],
            "meta": {"page": 1, "limit": 50, "totalItems": 0, "totalPages": 0},
        }


async def test_an_environment_may_be_asked_for_once_or_repeatedly(evals: Evals) -> None:
    everything = await evals.json(f"{SESSIONS}?limit=100")
    environments = {row["id"]: row["environment"] for row in everything["data"]}

    assert set(environments.values()) == set(ENVIRONMENTS)
    for wanted in (["staging"], ["production", "default"], [*ENVIRONMENTS], ["nowhere"], ["nowhere", "qa-eu"]):
        query = "".join(f"&environment={one}" for one in wanted)
        assert await evals.ids(query) == [one for one, environment in environments.items() if environment in wanted]


async def test_the_end_of_the_time_is_outside_and_the_beginning_inside(evals: Evals) -> None:
    edge = (await evals.json(f"{SESSIONS}?limit=3"))["data"][2]
    after = await evals.ids(f"&fromTimestamp={edge['createdAt']}")
    before = await evals.ids(f"&toTimestamp={edge['createdAt']}")

    assert after[-1] == edge["id"]
    assert len(after) == 3
    assert edge["id"] not in before
    assert len(before) == 57


async def test_the_end_of_the_time_is_inside_where_the_page_of_browserstack_is_right(start_other: Start) -> None:
    async with start_other(manners=LangfuseManners(inclusive_to_timestamp=True)) as evals:
        edge = (await evals.json(f"{SESSIONS}?limit=3"))["data"][2]

        assert (await evals.ids(f"&toTimestamp={edge['createdAt']}"))[0] == edge["id"]


async def test_a_time_may_have_any_zone_and_no_seconds(evals: Evals) -> None:
    there = quote((NOW - timedelta(days=3)).strftime("%Y-%m-%dT%H:%M+00:00"))
    elsewhere = quote((NOW - timedelta(days=3) + timedelta(hours=5, minutes=30)).strftime("%Y-%m-%dT%H:%M+05:30"))

    assert await evals.ids(f"&fromTimestamp={there}") == await evals.ids(f"&fromTimestamp={elsewhere}")
    assert 0 < len(await evals.ids(f"&fromTimestamp={there}")) < 60


async def test_the_time_and_the_environment_count_together(evals: Evals) -> None:
    moment = timestamp(NOW - timedelta(days=5))
    both = await evals.ids(f"&environment=production&fromTimestamp={moment}")

    newer, production = await evals.ids(f"&fromTimestamp={moment}"), await evals.ids("&environment=production")
    assert both == [one for one in newer if one in production]
    assert 0 < len(both) < len(newer)


@pytest.mark.parametrize("edge", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999Z"])
async def test_the_ends_of_time_are_times(start_other: Start, edge: str) -> None:
    async with start_other(manners=LangfuseManners(inclusive_to_timestamp=True)) as evals:
        newer, older = await evals.ids(f"&fromTimestamp={edge}"), await evals.ids(f"&toTimestamp={edge}")

        assert sorted([len(newer), len(older)]) == [0, 60]


@pytest.mark.parametrize("session_id", [*AWKWARD_IDS, HUGE_ID, EMPTY_ID])
async def test_a_session_is_found_by_its_id_encoded_as_one_segment(evals: Evals, session_id: str) -> None:
    found = await evals.session(session_id)

    listed = (await evals.json(f"{SESSIONS}?limit=100"))["data"]
    traces = found.pop("traces")
    assert found in listed
    assert found["id"] == session_id
    assert {trace["sessionId"] for trace in traces} <= {session_id}


async def test_every_listed_session_can_be_got(evals: Evals) -> None:
    for row in (await evals.json(f"{SESSIONS}?limit=100"))["data"]:
        found = await evals.session(row["id"])
        traces = found.pop("traces")

        assert found == row
        assert [one["environment"] for one in traces] == [row["environment"]] * len(traces)
        assert all(row["createdAt"] <= one["timestamp"] <= timestamp(NOW) for one in traces)
        assert [one["timestamp"] for one in traces] == sorted(one["timestamp"] for one in traces)


async def test_a_slash_that_is_not_encoded_is_another_route(evals: Evals) -> None:
    response = await evals.get(f"{SESSIONS}/tenant/acme/chat/42")

    assert response.status_code == 404
    assert response.headers["content-type"].startswith("text/html")


async def test_an_id_is_decoded_once(evals: Evals) -> None:
    assert (await evals.get(f"{SESSIONS}/returns%252F2026")).json()["id"] == "returns%2F2026"
    assert (await evals.get(f"{SESSIONS}/returns%2F2026")).status_code == 404


async def test_an_id_that_is_no_text_is_refused_and_one_with_a_null_byte_breaks_the_server(evals: Evals) -> None:
    for path in ("%ff", "%ED%A0%80", "100%25%"):
        refused = await evals.get(f"{SESSIONS}/{path}")
        assert (refused.status_code, refused.text) == (400, "Bad Request")
    assert (await evals.get(f"{SESSIONS}/chat%00")).json() == {
        "message": "Internal Server Error",
        "error": 'invalid byte sequence for encoding "UTF8": 0x00',
    }


async def test_without_an_id_a_caller_is_sent_to_the_list(evals: Evals) -> None:
    response = await evals.get(f"{SESSIONS}/?limit=1")

    assert (response.status_code, response.headers["location"]) == (308, f"{SESSIONS}?limit=1")


async def test_a_huge_session_comes_whole(evals: Evals) -> None:
    response = await evals.get(f"{SESSIONS}/{HUGE_ID}")

    traces = response.json()["traces"]
    assert len(traces) == len({trace["id"] for trace in traces}) == 1000
    assert len(response.content) > 3_000_000
    assert max(len(json.dumps(trace["input"])) for trace in traces) > 20_000


@pytest.mark.parametrize(
    ("manner", "status", "body"),
    [
        (
            HugeSession.UNPROCESSABLE,
            422,
            {
                "message": "The query took too long. Reduce the limit or narrow the time range.",
                "error": "Request timed out",
            },
        ),
        (HugeSession.SERVER_ERROR, 500, {"message": "Timeout error"}),
    ],
)
async def test_a_huge_session_may_be_too_much(start_other: Start, manner: HugeSession, status: int, body: Any) -> None:  # noqa: ANN401 - JSON
    async with start_other(manners=LangfuseManners(huge_session=manner)) as evals:
        refused = await evals.get(f"{SESSIONS}/{HUGE_ID}")

        assert (refused.status_code, refused.json()) == (status, body)
        assert (await evals.session(AWKWARD_IDS[0]))["id"] == AWKWARD_IDS[0]


async def test_a_session_may_have_lost_its_traces(evals: Evals) -> None:
    assert (await evals.session(EMPTY_ID))["traces"] == []


async def test_attackers_are_in_names_inputs_outputs_tags_metadata_and_user_ids(evals: Evals) -> None:
    traces = [trace for one in await evals.ids() for trace in (await evals.session(one))["traces"] if one != HUGE_ID]

    places = {name: json.dumps([trace[name] for trace in traces]) for name in traces[0]}
    for text in HOSTILE:
        assert any(json.dumps(text)[1:-1] in values for values in places.values())
    for name in ("name", "input", "output", "tags", "metadata"):
        assert any(json.dumps(text)[1:-1] in places[name] for text in HOSTILE), name
    assert {trace["userId"] for trace in traces} >= set(HOSTILE_NAMES)


async def test_inputs_and_outputs_are_any_json(evals: Evals) -> None:
    traces = [trace for one in await evals.ids() for trace in (await evals.session(one))["traces"]]

    assert {type(trace["input"]) for trace in traces} == {dict, str}
    assert {type(trace["output"]) for trace in traces} == {dict, str, list, type(None)}
    assert {type(trace["release"]) for trace in traces} == {str, type(None)}


async def test_the_same_moment_gives_the_same_sessions(evals: Evals, start_other: Start) -> None:
    async with start_other() as other:
        assert await evals.json(SESSIONS) == await other.json(SESSIONS)
        assert await evals.session(AWKWARD_IDS[0]) == await other.session(AWKWARD_IDS[0])


async def test_a_million_sessions_are_paged_to_the_end(start_other: Start) -> None:
    async with start_other(sessions=1_000_000) as evals:
        last = await evals.json(f"{SESSIONS}?limit=100&page=10000")
        production = await evals.json(f"{SESSIONS}?limit=100&environment=production&page=5500")

        assert last["meta"]["totalItems"] == 1_000_000
        assert len({row["id"] for row in last["data"]}) == 100
        assert production["meta"] == {"page": 5500, "limit": 100, "totalItems": 550_000, "totalPages": 5500}
        assert await evals.session(last["data"][-1]["id"])


async def test_the_api_can_be_below_a_path(start_other: Start) -> None:
    async with start_other(prefix="/browserstack") as evals:
        assert len(await evals.ids()) == 60
        assert (await evals.session("tenant/acme/chat/42"))["id"] == "tenant/acme/chat/42"


async def test_after_a_reset_nothing_is_left_of_what_came_in(evals: Evals) -> None:
    await evals.ingest(trace_event("e1", id="t1", sessionId="new"))
    assert len(await evals.ids()) == 61

    evals.service.reset()

    assert len(await evals.ids()) == 60
    await evals.ingest(trace_event("e1", id="t1", sessionId="new"))
    assert (await evals.session("new"))["id"] == "new"
