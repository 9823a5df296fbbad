"""HTTP answers of our own. Rule: JSON, short, and never a word of the request in it."""

from collections.abc import Mapping
from typing import Any

from starlette.responses import JSONResponse


def reply(status: int, content: Mapping[str, Any], *, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """An answer that nobody may store."""
    return JSONResponse(dict(content), status_code=status, headers={"Cache-Control": "no-store", **(headers or {})})


def refusal(status: int, what: str, *, remedy: str, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """An error before the protocol began: what happened, and what to do."""
    return reply(status, {"error": what, "remedy": remedy}, headers=headers)
