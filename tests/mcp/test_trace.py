"""The trace that a call belongs to, in its record. Rule: a client that traces its calls finds them in the log again."""

from pathlib import Path
from typing import Any

import pytest
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags, format_trace_id, use_span

from tests.house import OPERATOR
from tests.mcp.asked import ERAS, KEEPER, SIDES, Where, open_side
from tests.system.served import Era

TRACE, SPAN = 0x4BF92F3577B34DA6A3CE929D0E0E4736, 0x00F067AA0BA902B7
OF_AGENT = SpanContext(trace_id=TRACE, span_id=SPAN, is_remote=False, trace_flags=TraceFlags(TraceFlags.SAMPLED))


@pytest.mark.parametrize("where", SIDES)
@pytest.mark.parametrize("era", ERAS)
async def test_the_record_names_the_trace_that_the_request_came_with(tmp_path: Path, where: Where, era: Era) -> None:
    # Guards: trace_id in server.identity. The client library writes traceparent into _meta.
    async with open_side(tmp_path, where) as side, side.client(None, era) as client:
        with use_span(NonRecordingSpan(OF_AGENT)):
            await client.call_tool("get_project", {"project_id": side.house.project().id})
        await client.call_tool("get_project", {"project_id": side.house.project().id})

    calls = [entry.decision.record for entry in side.house.entries if entry.decision.record.parent is None]
    assert sorted((record.agent, record.trace or "") for record in calls) == [
        (KEEPER, ""),
        (KEEPER, format_trace_id(TRACE)),
    ]


@pytest.mark.ablation("a span without a trace is none")
@pytest.mark.threats(1, 26)
@pytest.mark.parametrize("era", ERAS)
@pytest.mark.parametrize(
    "made_up", ["00-0-0-00", f"00-{'0' * 32}-00f067aa0ba902b7-01", f"00-{OPERATOR}", "x" * 10_000, 7, {"a": []}]
)
async def test_what_is_no_trace_is_not_recorded(tmp_path: Path, era: Era, made_up: object) -> None:
    async with open_side(tmp_path, "http") as side, side.client(None, era) as client:
        arguments = {"project_id": side.house.project().id}
        meta: Any = {"traceparent": made_up}
        answer = await client.call_tool("get_project", arguments, meta=meta)

    assert answer.is_error is not True
    assert {entry.decision.record.trace for entry in side.house.entries} == {None}
    assert {entry.decision.record.agent for entry in side.house.entries} == {KEEPER}
