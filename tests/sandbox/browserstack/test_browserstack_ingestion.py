from typing import Any

import pytest

from crashgate.clock import timestamp
from crashgate_sandbox.browserstack.auth import PUBLIC_KEY, WRITE_KEY
from crashgate_sandbox.browserstack.manners import LangfuseManners
from crashgate_sandbox.browserstack.records import PROJECT_ID
from tests.sandbox.browserstack.harness import INGESTION, NOW, SESSIONS, Evals, Start, trace_event


async def test_a_trace_with_a_session_id_makes_the_session(evals: Evals) -> None:
    answer = await evals.ingest(
        trace_event(
            "evt-001",
            id="trace-uuid-1",
            timestamp="2026-11-20T16:00:00+01:00",
            name="chat-turn-1",
            sessionId="neu/50% ü",
            userId="user-123",
            input={"query": "?"},
            output=[1, None],
            metadata={"a": 1},
            tags=["b", "a"],
            release="r",
            version="v",
            environment="staging",
            public=True,
        )
    )

    assert (answer.status_code, answer.json()) == (207, {"successes": [{"id": "evt-001", "status": 201}], "errors": []})
    now = timestamp(NOW)
    session = {"id": "neu/50% ü", "createdAt": now, "projectId": PROJECT_ID, "environment": "staging"}
    trace = {
        "id": "trace-uuid-1",
        "externalId": None,
        "timestamp": "2026-11-20T15:00:00.000Z",
        "name": "chat-turn-1",
        "userId": "user-123",
        "metadata": {"a": 1},
        "release": "r",
        "version": "v",
        "projectId": PROJECT_ID,
        "environment": "staging",
        "public": True,
        "bookmarked": False,
        "tags": ["a", "b"],
        "input": {"query": "?"},
        "output": [1, None],
        "sessionId": "neu/50% ü",
        "createdAt": now,
        "updatedAt": now,
    }
    assert await evals.session("neu/50% ü") == {**session, "traces": [trace]}
    assert (await evals.json(SESSIONS))["data"][0] == session


async def test_new_sessions_go_before_the_old_ones_over_the_edge_of_a_page(evals: Evals) -> None:
    old = await evals.ids()
    await evals.ingest(*(trace_event(f"e{n}", id=f"t{n}", sessionId=f"s{n}") for n in range(3)))

    pages = [await evals.json(f"{SESSIONS}?limit=2&page={page}") for page in (1, 2)]
    assert [row["id"] for page in pages for row in page["data"]] == ["s0", "s1", "s2", old[0]]
    assert pages[0]["meta"] == {"page": 1, "limit": 2, "totalItems": 63, "totalPages": 32}
    assert await evals.ids("&environment=default&fromTimestamp=2026-11-20T15:30:00.123Z") == ["s0", "s1", "s2"]


async def test_a_trace_without_a_session_id_makes_none(evals: Evals) -> None:
    await evals.ingest(trace_event("e1", id="t1"))

    assert len(await evals.ids()) == 60
    assert (await evals.json("/api/public/traces/t1"))["sessionId"] is None


async def test_a_trace_of_a_session_that_is_there_is_added_to_it(evals: Evals) -> None:
    row = (await evals.json(SESSIONS))["data"][0]
    before = await evals.session(row["id"])
    await evals.ingest(trace_event("e1", id="t1", sessionId=row["id"], environment="elsewhere"))

    after = await evals.session(row["id"])
    assert [one["id"] for one in after["traces"]] == [*(one["id"] for one in before["traces"]), "t1"]
    assert len(await evals.ids()) == 60
    assert after["environment"] == row["environment"]


async def test_the_same_trace_again_changes_what_it_names_and_leaves_the_rest(evals: Evals) -> None:
    row = next(one for one in (await evals.json(SESSIONS))["data"] if one["environment"] == "production")
    before = (await evals.session(row["id"]))["traces"]
    await evals.ingest(trace_event("e1", id=before[0]["id"], name="renamed", tags=["zz"]))

    after = (await evals.session(row["id"]))["traces"]
    changed = {"name": "renamed", "tags": sorted([*before[0]["tags"], "zz"]), "updatedAt": timestamp(NOW)}
    assert after == [before[0] | changed, *before[1:]]


async def test_the_same_event_again_changes_nothing(evals: Evals) -> None:
    await evals.ingest(trace_event("e1", id="t1", sessionId="s", name="first"))
    again = await evals.ingest(trace_event("e1", id="t1", sessionId="s", name="second"))

    assert again.json() == {"successes": [{"id": "e1", "status": 201}], "errors": []}
    assert [one["name"] for one in (await evals.session("s"))["traces"]] == ["first"]


async def test_what_came_in_is_readable_when_its_time_has_come(start_other: Start) -> None:
    async with start_other(manners=LangfuseManners(read_after_write_seconds=5)) as evals:
        assert (await evals.ingest(trace_event("e1", id="t1", sessionId="late"))).status_code == 207
        evals.clock.passed += 4.9
        assert (await evals.get(f"{SESSIONS}/late")).status_code == 404
        assert len(await evals.ids()) == 60

        evals.clock.passed += 0.1
        assert [one["id"] for one in (await evals.session("late"))["traces"]] == ["t1"]
        assert len(await evals.ids()) == 61


def _refused(event_id: str, error: str) -> dict[str, object]:
    return {"id": event_id, "status": 400, "message": "Invalid request data", "error": error}


async def test_a_mixed_batch_is_answered_for_each_event(evals: Evals) -> None:
    good = trace_event("good", id="t1", sessionId="mixed")
    log = {"id": "log", "type": "sdk-log", "timestamp": "2026-11-20T15:30:00Z", "body": {"log": 1}}
    answer = await evals.ingest(
        good,
        trace_event("bad-name", id="t2", sessionId="mixed", name=7),
        good | {"id": None},
        {name: value for name, value in good.items() if name != "id"},
        "no event",
        good | {"id": "odd", "type": "trace-delete"},
        good | {"id": "when", "timestamp": "2026-11-20"},
        good | {"id": "bodiless", "body": [1]},
        log,
    )

    assert answer.status_code == 207
    assert answer.json() == {
        "successes": [{"id": "good", "status": 201}],
        "errors": [
            _refused("bad-name", "Invalid input: expected string, received number at body.name"),
            _refused("unknown", "Invalid input: expected string, received undefined at id"),
            _refused("unknown", "Invalid input: expected string, received undefined at id"),
            _refused("unknown", "Invalid input: expected object, received string"),
            _refused("odd", "Invalid input at type"),
            _refused("when", "Invalid ISO datetime at timestamp"),
            _refused("bodiless", "Invalid input: expected object, received array at body"),
        ],
    }
    assert [one["id"] for one in (await evals.session("mixed"))["traces"]] == ["t1"]


@pytest.mark.parametrize(
    "body",
    [
        {"name": "n" * 1001},
        {"tags": "one"},
        {"tags": ["one", 2]},
        {"public": "yes"},
        {"timestamp": "yesterday"},
        {"id": "i" * 801},
        {"id": "a\rb"},
        {"sessionId": 7},
    ],
)
async def test_a_trace_with_a_wrong_field_is_not_kept(evals: Evals, body: Any) -> None:  # noqa: ANN401 - JSON
    answer = (await evals.ingest(trace_event("e1", **{"sessionId": "s", **body}))).json()

    assert (answer["successes"], [one["id"] for one in answer["errors"]]) == ([], ["e1"])
    assert (await evals.get(f"{SESSIONS}/s")).status_code == 404


async def test_other_events_are_taken_and_what_they_need_is_asked_for(evals: Evals) -> None:
    def event(number: int, kind: str, **body: object) -> dict[str, object]:
        return trace_event(str(number), **body) | {"type": kind}

    answer = await evals.ingest(
        event(1, "span-create", traceId="t"),
        event(2, "generation-create", traceId="t"),
        event(3, "event-create", traceId="t"),
        event(4, "observation-update", id="o", type="SPAN"),
        event(5, "score-create", traceId="t", name="tone", value=0.5),
        event(6, "score-create", traceId="t", value=1),
        event(7, "score-create", traceId="t", name="tone"),
        event(8, "span-update"),
    )

    assert [one["id"] for one in answer.json()["successes"]] == ["1", "2", "3", "4", "5"]
    assert [one["id"] for one in answer.json()["errors"]] == ["6", "7", "8"]


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("Staging", "staging"),
        ("langfuse-prod", "-prod"),
        ("x" * 41, "x" * 40),
        ("no spaces", "default"),
        ("", "default"),
    ],
)
async def test_an_environment_is_mended_or_in_older_versions_refused(
    evals: Evals, start_other: Start, given: str, kept: str
) -> None:
    event = trace_event("e1", id="t1", sessionId="s", environment=given)
    await evals.ingest(event)
    assert (await evals.session("s"))["environment"] == kept

    async with start_other(manners=LangfuseManners(strict_environment=True)) as older:
        assert [one["id"] for one in (await older.ingest(event)).json()["errors"]] == ["e1"]


async def test_an_empty_batch_is_fine(evals: Evals, wire: Any) -> None:  # noqa: ANN401 - JSON
    answer = await evals.ingest()

    assert (answer.status_code, answer.json()) == (
        wire["ingestion"]["empty_batch"]["status"],
        wire["ingestion"]["empty_batch"]["body"],
    )


async def test_the_answers_are_those_read_in_the_source(evals: Evals, wire: Any) -> None:  # noqa: ANN401 - JSON
    documented = wire["ingestion"]
    fine = await evals.ingest(trace_event("evt-001"))
    assert (fine.status_code, fine.json()) == (documented["ok_status"], documented["ok"])

    partial = (await evals.ingest(trace_event("evt-001"), trace_event("evt-002", name=1))).json()
    partial["errors"][0]["error"] = "<zod message>"
    assert partial == documented["partial"]

    bad = await evals.client.post(INGESTION, json={})
    assert (bad.status_code, bad.json()) == (documented["bad_envelope"]["status"], documented["bad_envelope"]["body"])


@pytest.mark.parametrize(
    ("content", "content_type", "error"),
    [
        (b"[]", "application/json", "Invalid input: expected object, received array"),
        (b"7", "application/json", "Invalid input: expected object, received number"),
        (b'{"batch":"x"}', "application/json", "Invalid input: expected array, received string"),
        (b'{"batch":null}', "application/json", "Invalid input: expected array, received null"),
        (b'{"batch":[]}', "text/plain", "Invalid input: expected object, received string"),
        (b"", "application/json", "Invalid input: expected array, received undefined"),
    ],
)
async def test_a_bad_envelope_is_refused_whole(evals: Evals, content: bytes, content_type: str, error: str) -> None:
    answer = await evals.client.post(INGESTION, content=content, headers={"Content-Type": content_type})

    assert (answer.status_code, answer.json()) == (400, {"message": "Invalid request data", "errors": [error]})


@pytest.mark.parametrize("content", [b"{", b'{"batch":[NaN]}', b"[" * 100_000, b"\xff"])
async def test_what_is_no_json_is_refused_in_plain_words(evals: Evals, content: bytes) -> None:
    answer = await evals.client.post(INGESTION, content=content, headers={"Content-Type": "application/json"})

    assert (answer.status_code, answer.text) == (400, "Invalid JSON")


async def test_a_batch_may_be_large_and_not_larger(start_other: Start) -> None:
    async with start_other(manners=LangfuseManners(largest_batch=1_048_576)) as evals:
        event = trace_event("e1", id="t1", sessionId="large", input="x" * 900_000)
        assert (await evals.ingest(event)).status_code == 207
        refused = await evals.ingest(event, trace_event("e2", input="x" * 200_000))

        assert (refused.status_code, refused.text) == (413, "Body exceeded 1mb limit")


async def test_text_that_only_json_can_carry_does_not_break_an_answer(evals: Evals) -> None:
    content = (
        b'{"batch":[{"id":"e1","type":"trace-create","timestamp":"2026-11-20T15:30:00Z",'
        b'"body":{"id":"t1","sessionId":"half","name":"\\ud800\\u0000"}}]}'
    )
    answer = await evals.client.post(INGESTION, content=content, headers={"Content-Type": "application/json"})

    assert answer.status_code == 207
    assert [one["name"] for one in (await evals.session("half"))["traces"]] == ["?\0"]


async def test_a_write_only_key_writes_and_reads_nothing(evals: Evals) -> None:
    headers = {"Authorization": f"Bearer {WRITE_KEY}"}
    assert (await evals.ingest(trace_event("e1", id="t1", sessionId="w"), headers=headers)).status_code == 207
    assert (await evals.session("w"))["id"] == "w"

    for path in (SESSIONS, f"{SESSIONS}/w", "/api/public/traces", "/api/public/traces/t1", "/api/public/projects"):
        refused = await evals.get(path, headers=headers)
        assert (refused.status_code, refused.json()) == (
            403,
            {"message": "Access denied - insufficient permissions for this endpoint"},
        )


async def test_the_public_key_alone_writes_scores_only(evals: Evals) -> None:
    score = trace_event("score", traceId="t", name="tone", value=1) | {"type": "score-create"}
    answer = await evals.ingest(
        score, trace_event("trace", id="t1", sessionId="s"), headers={"Authorization": f"Bearer {PUBLIC_KEY}"}
    )

    assert answer.json() == {
        "successes": [{"id": "score", "status": 201}],
        "errors": [
            {
                "id": "trace",
                "status": 401,
                "message": "Authentication error",
                "error": "Access Scope Denied for event type trace-create",
            }
        ],
    }
    assert (await evals.get(f"{SESSIONS}/s")).status_code == 404
