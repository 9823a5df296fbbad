"""Answers as JSON. Rule: text that others wrote goes out as it is."""

import json
from collections.abc import Mapping

from starlette.responses import Response

JsonObject = dict[str, object]


def json_answer(body: object, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """``body`` as JSON; half a surrogate pair, which has no bytes, becomes a question mark."""
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
    return Response(text, status_code=status, headers=dict(headers or {}), media_type="application/json")
