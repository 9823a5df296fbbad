"""Batches of events. Rule: a batch that can be read is a 207, whatever is in it, and each event has its own answer.

201 means queued, not readable yet. An ``sdk-log`` is in neither list. Of other events than traces nothing is kept.
Source: docs/upstreams/browserstack.md#ingestion.
"""

import json
from collections.abc import Mapping
from typing import NoReturn, cast
from uuid import uuid4

from starlette.responses import Response

from crashgate_sandbox.browserstack.answers import JsonObject, json_answer
from crashgate_sandbox.browserstack.auth import Access
from crashgate_sandbox.browserstack.call import Call, Route
from crashgate_sandbox.browserstack.errors import RefusedError, ingestion_suspended, invalid_batch
from crashgate_sandbox.browserstack.events import (
    SCORE_CREATE,
    SDK_LOG,
    TRACE_CREATE,
    InvalidEventError,
    event_id,
    javascript_type,
    read_event,
)


def ingest(call: Call) -> Response:
    """``POST /api/public/ingestion``."""
    if call.manners.ingestion_suspended:
        raise ingestion_suspended()
    successes: list[JsonObject] = []
    errors: list[JsonObject] = []
    for event in _batch(call):
        answer_to = event_id(event)
        try:
            kind, body = read_event(event, strict_environment=call.manners.strict_environment)
        except InvalidEventError as invalid:
            errors.append({"id": answer_to, "status": 400, "message": "Invalid request data", "error": str(invalid)})
            continue
        if kind == SDK_LOG:
            continue
        if call.access is Access.SCORES and kind != SCORE_CREATE:
            # Its status and message are the vendor's, the rest is a guess (G).
            error = f"Access Scope Denied for event type {kind}"
            errors.append({"id": answer_to, "status": 401, "message": "Authentication error", "error": error})
            continue
        if kind == TRACE_CREATE:
            _keep_trace(call, answer_to, body)
        successes.append({"id": answer_to, "status": 201})
    return json_answer({"successes": successes, "errors": errors}, status=207)


ROUTES = (Route(method="POST", path="/api/public/ingestion", handler=ingest, ingestion=True),)


def _keep_trace(call: Call, answer_to: str, body: Mapping[str, object]) -> None:
    trace_id = body.get("id")
    call.store.ingest(answer_to, trace_id if isinstance(trace_id, str) else str(uuid4()), body)


def _batch(call: Call) -> list[object]:
    """The events. What the web application around the API says of a body that is none is a guess (G)."""
    if len(call.body) > call.manners.largest_batch:
        megabytes = f"{call.manners.largest_batch / 1_048_576:g}mb"
        raise RefusedError(413, f"Body exceeded {megabytes} limit")
    if call.content_type.partition(";")[0].strip().lower() != "application/json":
        raise invalid_batch("Invalid input: expected object, received string")
    try:
        given: object = json.loads(call.body, parse_constant=_no_constant) if call.body else {}
    except (ValueError, RecursionError):
        raise RefusedError(400, "Invalid JSON") from None
    if not isinstance(given, dict):
        raise invalid_batch(f"Invalid input: expected object, received {javascript_type(given)}")
    envelope = cast("Mapping[str, object]", given)
    batch = envelope.get("batch")
    if not isinstance(batch, list):
        received = javascript_type(batch) if "batch" in envelope else "undefined"
        raise invalid_batch(f"Invalid input: expected array, received {received}")
    return cast("list[object]", batch)


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)
