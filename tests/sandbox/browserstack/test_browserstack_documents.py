"""The sandbox's answers against the vendors' own documents."""

import json
from pathlib import Path

from crashgate_sandbox.browserstack.manners import LangfuseManners
from tests.sandbox.browserstack.document import Document
from tests.sandbox.browserstack.harness import SESSIONS, TRACES, Evals, Start, trace_event


async def test_lists_of_sessions_are_as_both_documents_have_them(
    evals: Evals, start_other: Start, langfuse: Document, browserstack: Document
) -> None:
    for query in ("", "?limit=1&page=7", "?page=99", "?environment=qa-eu"):
        found = await evals.json(f"{SESSIONS}{query}")
        assert langfuse.faults("PaginatedSessions", found) + browserstack.faults("SessionList", found) == []
    async with start_other(manners=LangfuseManners(deprecation=True)) as cloud:
        found = await cloud.json(SESSIONS)
        assert found["_deprecation"]["sunsetAt"] == "2026-11-16"
        assert langfuse.faults("PaginatedSessions", found) == []


async def test_every_session_is_as_both_documents_have_it(
    evals: Evals, langfuse: Document, browserstack: Document
) -> None:
    await evals.ingest(trace_event("1", sessionId="bare"))
    for session_id in await evals.ids():
        found = await evals.session(session_id)
        assert langfuse.faults("SessionWithTraces", found) + browserstack.faults("SessionWithTraces", found) == []


async def test_every_trace_is_as_both_documents_have_it(
    evals: Evals, langfuse: Document, browserstack: Document
) -> None:
    for query in ("?limit=100", "?limit=100&fields=core"):
        found = await evals.json(f"{TRACES}{query}")
        assert langfuse.faults("Traces", found) + browserstack.faults("TraceList", found) == []
    one = await evals.json(f"{TRACES}/{(await evals.json(TRACES))['data'][0]['id']}")
    assert langfuse.faults("TraceWithFullDetails", one) == []


async def test_projects_health_and_batches_are_as_documented(
    evals: Evals, langfuse: Document, browserstack: Document
) -> None:
    assert langfuse.faults("Projects", await evals.json("/api/public/projects")) == []
    assert langfuse.faults("HealthResponse", await evals.json("/api/public/health")) == []
    answer = (await evals.ingest(trace_event("1"), trace_event("2", name=1), 7)).json()
    assert (len(answer["successes"]), len(answer["errors"])) == (1, 2)
    assert langfuse.faults("IngestionResponse", answer) + browserstack.faults("IngestionResponse", answer) == []


async def test_a_refusal_is_an_object_with_a_message(evals: Evals, browserstack: Document) -> None:
    for path in (f"{SESSIONS}?limit=0", f"{SESSIONS}/nobody", f"{TRACES}/nobody"):
        assert browserstack.faults("Error", (await evals.get(path)).json()) == []


def test_the_documents_find_what_is_wrong(langfuse: Document, browserstack: Document) -> None:
    row = {"id": "s", "createdAt": "2026-11-20", "projectId": 7}

    assert langfuse.faults("Session", row) == [
        "createdAt: '2026-11-20' is not a 'date-time'",
        "projectId: 7 is not of type 'string'",
        ": 'environment' is a required property",
    ]
    assert len(browserstack.faults("SessionList", {"data": [row]})) == 4


async def test_the_example_of_the_api_page_has_the_fields_of_our_answers(evals: Evals, contracts: Path) -> None:
    text = (contracts / "browserstack" / "sessions-api.txt").read_text(encoding="utf-8")
    decoder = json.JSONDecoder()
    listed = decoder.raw_decode(text[text.index('{\n"data"') :])[0]
    one = decoder.raw_decode(text[text.index('{\n"id": "session-abc"', text.index("Get Session")) :])[0]

    ours = await evals.session((await evals.ids())[0])
    assert set(listed["data"][0]) == set(ours) - {"traces"}
    assert set(one["traces"][0]) == set(ours["traces"][0]) - {"externalId"}
    assert set(listed["meta"]) == set((await evals.json(SESSIONS))["meta"])
