"""The vendor's own SDK against the sandbox. It is synchronous, so it runs in a thread beside the server."""

# pyright: reportDeprecated=false
# The vendor ends these routes on its own cloud; BrowserStack and self-hosted servers keep them.

from asyncio import to_thread
from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import httpx  # noqa: TID251 - the SDK's own HTTP library; it takes a client of it, which the test can then close
import pytest
from langfuse import Langfuse
from langfuse.api import (
    AccessDeniedError,
    AsyncLangfuseAPI,
    Error,
    IngestionEvent_SdkLog,
    IngestionEvent_TraceCreate,
    LangfuseAPI,
    MethodNotAllowedError,
    NotFoundError,
    SdkLogBody,
    TraceBody,
    UnauthorizedError,
)
from langfuse.api.core.api_error import ApiError

from crashgate_sandbox.browserstack.auth import PUBLIC_KEY, SECRET_KEY, WRITE_KEY
from crashgate_sandbox.browserstack.drawn import AWKWARD_IDS, HUGE_ID
from crashgate_sandbox.browserstack.manners import LangfuseManners, TooManyForm
from crashgate_sandbox.browserstack.records import PROJECT_ID
from tests.sandbox.browserstack.harness import SESSIONS, Evals, Start

ONCE: Any = {"max_retries": 0}
"""The SDK repeats a refused call by itself, after a pause."""
EVENT_TIME = "2026-11-20T15:30:00.000Z"


@pytest.fixture(autouse=True)
def no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HOST", "BASE_URL", "PUBLIC_KEY", "SECRET_KEY", "DEBUG", "TRACING_ENABLED"):
        monkeypatch.delenv(f"LANGFUSE_{name}", raising=False)


@contextmanager
def sdk(base_url: str, secret_key: str = SECRET_KEY) -> Generator[Langfuse]:
    """The SDK without its tracing, so that no exporter of OpenTelemetry is made and nothing goes elsewhere.

    It keeps one client for each public key for ever, hence a new one each time; servers look at the secret key alone.
    """
    with httpx.Client() as http:
        client = Langfuse(
            public_key=f"pk-lf-{uuid4()}",
            secret_key=secret_key,
            base_url=base_url,
            tracing_enabled=False,
            httpx_client=http,
        )
        try:
            yield client
        finally:
            client.shutdown()


def trace(event_id: str, **body: Any) -> IngestionEvent_TraceCreate:  # noqa: ANN401 - whatever a trace carries
    return IngestionEvent_TraceCreate(id=event_id, timestamp=EVENT_TIME, body=TraceBody(**body))


def sent(evals: Evals) -> list[tuple[str, str, str, int | None]]:
    return [(one.method, one.path, one.query, one.status) for one in evals.log.received]


async def test_the_sdk_checks_its_keys(evals: Evals) -> None:
    def use() -> bool:
        with sdk(evals.base_url) as client:
            return client.auth_check()

    assert await to_thread(use)
    assert sent(evals) == [("GET", "/api/public/projects", "", 200)]


async def test_the_sdk_says_when_its_keys_are_wrong(evals: Evals) -> None:
    def use() -> None:
        with sdk(evals.base_url, secret_key="sk-lf-wrong") as client, pytest.raises(UnauthorizedError):
            client.auth_check()

    await to_thread(use)
    assert sent(evals) == [("GET", "/api/public/projects", "", 401)]


async def test_the_sdk_lists_sessions(evals: Evals) -> None:
    def use() -> Any:  # noqa: ANN401 - the SDK's own type
        with sdk(evals.base_url) as client:
            return client.api.sessions.list(
                page=2,
                limit=10,
                from_timestamp=datetime(2026, 11, 10, tzinfo=UTC),
                to_timestamp=datetime(2026, 11, 20, tzinfo=UTC),
                environment=["production", "staging"],
            )

    found = await to_thread(use)
    query = "fromTimestamp=2026-11-10T00%3A00%3A00Z&toTimestamp=2026-11-20T00%3A00%3A00Z"
    query = f"page=2&limit=10&{query}&environment=production&environment=staging"
    assert sent(evals) == [("GET", SESSIONS, query, 200)]
    assert (found.meta.page, found.meta.limit, len(found.data)) == (2, 10, 10)
    ours = await evals.json(f"{SESSIONS}?{query}")
    assert [one.id for one in found.data] == [one["id"] for one in ours["data"]]
    assert {one.project_id for one in found.data} == {PROJECT_ID}
    assert {one.environment for one in found.data} == {"production", "staging"}


async def test_the_sdk_reads_every_session_whose_id_was_encoded_for_it(evals: Evals) -> None:
    ids = await evals.ids()

    def use() -> list[Any]:
        with sdk(evals.base_url) as client:
            return [client.api.sessions.get(quote(one, safe="")) for one in ids]

    found = await to_thread(use)
    assert [one.id for one in found] == ids
    assert len(next(one for one in found if one.id == HUGE_ID).traces) == 1000
    for one in found:
        ours = (await evals.session(one.id))["traces"]
        assert [(row.id, row.name, row.user_id, row.tags, row.input, row.output) for row in one.traces] == [
            (row["id"], row["name"], row["userId"], row["tags"], row["input"], row["output"]) for row in ours
        ]


async def test_the_sdk_does_not_encode_ids_by_itself(evals: Evals) -> None:
    def use() -> None:
        with sdk(evals.base_url) as client:
            for one in ("order?id=7&page=2#top", "returns%2F2026"):
                with pytest.raises(NotFoundError):
                    client.api.sessions.get(one, request_options=ONCE)
            with pytest.raises(ApiError) as another_route:
                client.api.sessions.get("tenant/acme/chat/42", request_options=ONCE)
            assert another_route.value.status_code == 404
            assert str(another_route.value.body).startswith("<!DOCTYPE html>")

    await to_thread(use)
    assert {"order?id=7&page=2#top", "returns%2F2026", "tenant/acme/chat/42"} <= set(AWKWARD_IDS)
    assert [path for _, path, _, _ in sent(evals)][-1] == f"{SESSIONS}/tenant/acme/chat/42"


async def test_the_sdk_ingests_a_trace_that_makes_a_session(evals: Evals) -> None:
    def use() -> tuple[Any, Any]:
        with sdk(evals.base_url) as client:
            answer = client.api.ingestion.batch(
                batch=[
                    trace("evt-1", id="t-1", session_id="made", name="turn", input={"q": 1}, tags=["x"]),
                    trace("evt-2", id="t-2", session_id="made", name="n" * 1001),
                    IngestionEvent_SdkLog(id="evt-3", timestamp=EVENT_TIME, body=SdkLogBody(log="x")),
                ]
            )
            return answer, client.api.sessions.get("made")

    answer, session = await to_thread(use)
    assert [(one.id, one.status) for one in answer.successes] == [("evt-1", 201)]
    assert [(one.id, one.status, one.message) for one in answer.errors] == [("evt-2", 400, "Invalid request data")]
    assert [(one.id, one.session_id, one.name, one.input, one.tags) for one in session.traces] == [
        ("t-1", "made", "turn", {"q": 1}, ["x"])
    ]


async def test_the_sdk_lists_and_gets_traces(evals: Evals) -> None:
    def use() -> tuple[Any, Any]:
        with sdk(evals.base_url) as client:
            found = client.api.trace.list(session_id=HUGE_ID, limit=3, fields="core", order_by="timestamp.asc")
            return found, client.api.trace.get(found.data[0].id)

    found, one = await to_thread(use)
    assert [row.name for row in found.data] == ["replay-order-status", "replay-return-request", "replay-product-search"]
    assert (found.meta.total_items, one.id, one.latency) == (1000, found.data[0].id, 0.8)


async def test_the_sdk_knows_our_refusals(evals: Evals) -> None:
    def use() -> None:
        with sdk(evals.base_url) as client:
            with pytest.raises(Error) as invalid:
                client.api.sessions.list(limit=101)
            assert invalid.value.body["message"] == "Invalid request data"
            with pytest.raises(NotFoundError):
                client.api.sessions.get("nobody")
        with httpx.Client() as http:
            writer = LangfuseAPI(
                base_url=evals.base_url, headers={"Authorization": f"Bearer {WRITE_KEY}"}, httpx_client=http
            )
            with pytest.raises(AccessDeniedError):
                writer.sessions.list()
            written = writer.ingestion.batch(batch=[trace("e", id="t", session_id="w")])
            assert [one.id for one in written.successes] == ["e"]
            reader = LangfuseAPI(base_url=evals.base_url, username=PUBLIC_KEY, password=SECRET_KEY, httpx_client=http)
            with pytest.raises(MethodNotAllowedError):
                reader.trace.delete("t", request_options=ONCE)

    await to_thread(use)


@pytest.mark.parametrize("form", TooManyForm)
async def test_the_sdk_reads_both_forms_of_a_429(start_other: Start, form: TooManyForm) -> None:
    async with start_other(manners=LangfuseManners(requests_a_minute=1, too_many=form)) as evals:

        def use() -> ApiError:
            with sdk(evals.base_url) as client, pytest.raises(ApiError) as refused:
                client.api.sessions.list(request_options=ONCE)
            return refused.value

        refused = await to_thread(use)
        body: Any = refused.body
        assert refused.status_code == 429
        assert (refused.headers or {})["retry-after"] == "60"
        if form is TooManyForm.TEXT:
            assert body == "429 - rate limit exceeded"
        else:
            assert body["code"] == "rate_limited"


async def test_the_asynchronous_sdk_lists_and_gets(evals: Evals) -> None:
    async with httpx.AsyncClient() as http:
        client = AsyncLangfuseAPI(base_url=evals.base_url, username=PUBLIC_KEY, password=SECRET_KEY, httpx_client=http)
        found = await client.sessions.list(limit=1)
        assert (await client.sessions.get(quote(found.data[0].id, safe=""))).id == found.data[0].id
