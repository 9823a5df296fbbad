"""Answers as Langfuse gives them. Rule: a list carries its page and its totals, and an empty one has no pages."""

import json
from collections.abc import Mapping, Sequence

from starlette.responses import Response

JsonObject = dict[str, object]
JSON_TYPE = "application/json; charset=utf-8"


def json_answer(body: object, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """``body`` as JSON. Half a surrogate pair, which only JSON can carry, becomes a question mark."""
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode(errors="replace")
    return Response(text, status_code=status, headers=dict(headers or {}), media_type=JSON_TYPE)


def listed(rows: Sequence[object], *, page: int, limit: int, total: int) -> JsonObject:
    """One page of ``total`` rows."""
    pages = -(-total // limit)
    return {
        "data": list(rows),
        "meta": {"page": page, "limit": limit, "totalItems": total, "totalPages": pages},
    }
