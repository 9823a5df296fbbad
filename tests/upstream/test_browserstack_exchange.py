"""Whole exchanges with BrowserStack AI Evals: with the sandbox over real HTTP, and with sessions of every size."""

import json
from collections.abc import AsyncGenerator, Iterator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

import pytest
from starlette.responses import Response

from crashgate.errors import Code, UpstreamError
from crashgate.model.result import Page
from crashgate.providers.browserstack.new_sessions import CREATE_SESSION, CreateSession
from crashgate.providers.browserstack.sessions import (
    GET_SESSION,
    LIST_SESSIONS,
    GetSession,
    ListSessions,
    SessionWithTraces,
)
from crashgate.sanitise import DEEPEST, LONGEST_STRING
from crashgate.upstream.client import Call, Trace, Upstream, exchange
from crashgate.upstream.http import http_transport
from crashgate.upstream.retry import Patience
from crashgate.upstream.transport import LARGEST_ANSWER, InProcess
from crashgate_sandbox.browserstack.auth import PUBLIC_KEY, SECRET_KEY, WRITE_KEY
from crashgate_sandbox.browserstack.drawn import AWKWARD_IDS, EMPTY_ID, HUGE_ID, HUGE_TRACES
from crashgate_sandbox.browserstack.manners import HugeSession, LangfuseManners, TooManyForm
from tests.held_clock import HeldClock
from tests.sandbox.browserstack.harness import NOW, start_evals
from tests.upstream.test_browserstack import EVALS, connection

IN_PARTS = "It does not come in parts: look at it in the pages of BrowserStack AI Evals."
ONCE = Patience(attempts=1)


@asynccontextmanager
async def sandbox(credential: str = f"{PUBLIC_KEY}:{SECRET_KEY}", **more: Any) -> AsyncGenerator[Upstream]:  # noqa: ANN401 - as it is started
    """The sandbox as an upstream below a prefix, as a self-hosted server may be."""
    async with start_evals(prefix="/tools/evals", **more) as evals, http_transport() as transport:
        at = connection(credential, base=evals.base_url)
        yield Upstream(connection=at, transport=transport, patience=ONCE, clock=HeldClock())


async def session(upstream: Upstream, session_id: str) -> SessionWithTraces:
    page = await exchange(upstream, Call(operation=GET_SESSION, params=GetSession(session_id=session_id)), Trace())
    (row,) = page.rows
    return row


async def listed(upstream: Upstream, params: ListSessions, mark: str | None = None) -> Page[Any]:
    return await exchange(upstream, Call(operation=LIST_SESSIONS, params=params, mark=mark), Trace())


async def created(upstream: Upstream, **given: Any) -> str | None:  # noqa: ANN401 - any parameters
    call = Call(operation=CREATE_SESSION, params=CreateSession.model_validate({"name": "turn", **given}))
    (row,) = (await exchange(upstream, call, Trace())).rows
    return row.trace_id


async def test_the_pages_of_a_list_hold_each_session_once_newest_first() -> None:
    async with sandbox(sessions=60) as upstream:
        page = await listed(upstream, ListSessions(per_page=25))
        rows = list(page.rows)
        while page.next_mark is not None:
            page = await listed(upstream, ListSessions(per_page=25), page.next_mark)
            rows += page.rows

    assert (len(rows), len({row.id for row in rows}), page.total) == (60, 60, 60)
    assert [row.started_at for row in rows] == sorted((row.started_at for row in rows), reverse=True)


async def test_a_list_can_be_narrowed_to_a_time_and_to_several_environments() -> None:
    async with sandbox(sessions=200) as upstream:
        everything = await listed(upstream, ListSessions(per_page=100))
        names = tuple(sorted({row.environment for row in everything.rows}))[:2]
        start = everything.rows[60].started_at
        given = ListSessions.model_validate({"since": start, "environment": names, "per_page": 100})
        page = await listed(upstream, given)

    assert [row.id for row in page.rows] == [row.id for row in everything.rows[:61] if row.environment in names]


@pytest.mark.threats(13)
@pytest.mark.parametrize("session_id", [*AWKWARD_IDS, EMPTY_ID])
async def test_a_session_whose_id_looks_like_an_address_is_found_by_it(session_id: str) -> None:
    async with sandbox() as upstream:
        found = await session(upstream, session_id)

    assert found.id == session_id.replace("\u202e", "")


async def test_a_session_that_is_created_is_found_with_what_was_given_and_nothing_is_written_over() -> None:
    data = {"question": "Where is my parcel?", "note": None, "tries": [1, 2.5, True]}
    async with sandbox() as upstream:
        given = {"session_id": "chat/1?", "environment": "staging", "user_id": "u-1", "tags": ["a"], "release": "1.0"}
        ids = [await created(upstream, **given, input=data), await created(upstream, **given, input="again")]
        found = await session(upstream, "chat/1?")

    assert (found.id, found.environment) == ("chat/1?", "staging")
    assert sorted(trace.id for trace in found.traces) == sorted(str(one) for one in ids)
    assert len(set(ids)) == 2
    traces = {trace.id: trace for trace in found.traces}
    first = traces[str(ids[0])]
    assert (first.input, first.user_id, first.tags, first.release, first.name) == (data, "u-1", ("a",), "1.0", "turn")
    assert datetime.fromisoformat(first.at or "") == NOW


async def test_a_key_that_may_only_write_creates_and_cannot_look() -> None:
    async with sandbox(WRITE_KEY) as upstream:
        assert await created(upstream, session_id="written") is not None
        with pytest.raises(UpstreamError) as caught:
            await session(upstream, "written")

    assert (caught.value.code, caught.value.status) == (Code.UPSTREAM_FORBIDDEN, None)


@pytest.mark.parametrize("form", TooManyForm)
async def test_both_forms_of_a_429_are_understood_from_the_wire(form: TooManyForm) -> None:
    async with sandbox(manners=LangfuseManners(too_many=form, requests_a_minute=2)) as upstream:
        # Langfuse refuses once nothing is left after a call: a limit of two allows one.
        await listed(upstream, ListSessions())
        with pytest.raises(UpstreamError) as caught:
            await listed(upstream, ListSessions())

    assert caught.value.code is Code.UPSTREAM_RATE_LIMITED
    assert caught.value.retry_after is not None
    assert 0 < caught.value.retry_after <= 60


@pytest.mark.parametrize(
    ("manners", "code"),
    [
        (LangfuseManners(events_only=True), Code.UPSTREAM_REJECTED),
        (LangfuseManners(huge_session=HugeSession.UNPROCESSABLE), Code.UPSTREAM_TIMEOUT),
        (LangfuseManners(huge_session=HugeSession.SERVER_ERROR), Code.UPSTREAM_TIMEOUT),
        (LangfuseManners(database_down=True), Code.UPSTREAM_UNAVAILABLE),
    ],
)
async def test_what_a_server_cannot_give_is_told_from_the_wire(manners: LangfuseManners, code: Code) -> None:
    async with sandbox(manners=manners) as upstream:
        with pytest.raises(UpstreamError) as caught:
            await session(upstream, HUGE_ID)

    assert caught.value.code is code


async def test_a_session_that_there_is_not_is_not_available() -> None:
    async with sandbox() as upstream:
        with pytest.raises(UpstreamError) as caught:
            await session(upstream, "nobody")

    assert caught.value.code is Code.NOT_AVAILABLE


async def test_a_session_of_a_thousand_traces_is_read_whole() -> None:
    async with sandbox() as upstream:
        found = await session(upstream, HUGE_ID)

    assert len({trace.id for trace in found.traces}) == HUGE_TRACES == 1000


def body_with(data: object, *, traces: int) -> bytes:
    """A session whose traces all have the same input and output."""
    trace: Mapping[str, object] = {"id": "trace", "environment": "production", "input": data, "output": data}
    return json.dumps({"id": "huge", "environment": "production", "traces": [trace] * traces}).encode()


def answering(body: bytes) -> Upstream:
    return Upstream(connection=EVALS, transport=InProcess(Response(body)), clock=HeldClock())


async def answered(body: bytes) -> SessionWithTraces:
    return await session(answering(body), "huge")


@pytest.mark.threats(24)
async def test_a_thousand_traces_with_texts_of_three_and_a_half_kilobytes_each_way_fit() -> None:
    body = body_with({"text": "x" * 3_500}, traces=1000)
    found = await answered(body)

    assert 0.8 < len(body) / LARGEST_ANSWER < 1
    assert len(found.traces) == 1000
    assert found.traces[-1].input == {"text": "x" * 3_500}


def too_large() -> Iterator[Any]:
    """Bodies beyond a limit, with what is told of each."""
    bytes_told = f"BrowserStack AI Evals's answer is larger than crashgate reads. {IN_PARTS}"
    nodes_told = f"BrowserStack AI Evals's answer cannot be used: it is nested too deep or holds too much. {IN_PARTS}"
    yield pytest.param(body_with("x" * 5_000, traces=1000), Code.UPSTREAM_UNAVAILABLE, bytes_told, id="bytes")
    yield pytest.param(body_with([0] * 300, traces=1000), Code.UPSTREAM_MALFORMED, nodes_told, id="values")


@pytest.mark.threats(24)
@pytest.mark.parametrize(("body", "code", "told"), list(too_large()))
async def test_a_session_that_is_too_large_is_an_error_that_says_what_to_do(body: bytes, code: Code, told: str) -> None:
    with pytest.raises(UpstreamError) as caught:
        await answered(body)

    assert (caught.value.code, str(caught.value)) == (code, told)


@pytest.mark.threats(24)
async def test_what_a_trace_nests_too_deep_is_left_out_and_the_session_is_there() -> None:
    nested = json.loads("[" * 50 + "]" * 50)
    found = await answered(body_with(nested, traces=2))

    assert len(found.traces) == 2
    assert 0 < json.dumps(found.traces[0].input).count("[") < DEEPEST


@pytest.mark.threats(24, 25)
async def test_a_long_text_is_cut_and_a_dangerous_character_taken_out() -> None:
    found = await answered(body_with("\x1b[31m" + "x" * 2_000_000, traces=1))

    assert found.traces[0].input == "[31m" + "x" * (LONGEST_STRING - 5) + "…"


async def test_a_page_that_is_too_large_can_be_asked_for_in_smaller_ones() -> None:
    rows = [{"id": "x" * 200_000, "environment": "production"}] * 50
    body = json.dumps({"data": rows, "meta": {}}).encode()
    with pytest.raises(UpstreamError) as caught:
        await listed(answering(body), ListSessions())

    assert str(caught.value).endswith("Ask for fewer rows per page.")
