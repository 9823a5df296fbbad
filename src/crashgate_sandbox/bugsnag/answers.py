"""Answers and refusals as the vendor words them. Rule: every refusal's text stands here or beside its check.

Source: docs/upstreams/bugsnag.md#refusals.
"""

import json
from collections.abc import Mapping
from hashlib import md5
from uuid import uuid4

from starlette.responses import Response

JsonObject = dict[str, object]
JSON_TYPE = "application/json; charset=utf-8"

ROLE_TOO_LOW = 40_000
INCOMPLETE = 60_000

NOT_ADMINISTRATOR = "The requesting user should be an Organization Administrator to perform the action"
"""The refusal of most requests that only an administrator may make; it comes without a code (A O)."""


class RefusedError(Exception):
    """The request is answered with a status of 400 or more.

    ``messages`` go out as ``{"errors": [...]}``, with ``code`` where the vendor has one.
    """

    def __init__(
        self, status: int, *messages: str, code: int | None = None, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(status, *messages)
        self.status = status
        self.messages = messages
        self.code = code
        self.headers = dict(headers or {})

    def answer(self) -> Response:
        """The refusal as it goes out."""
        body: JsonObject = {"errors": list(self.messages)}
        if self.code is not None:
            body["code"] = self.code
        return json_answer(body, status=self.status, headers=self.headers)


def not_found(what: str) -> RefusedError:
    """404, which also stands for "not yours" (A D)."""
    return RefusedError(404, f"{what} not found")


def role_too_low() -> RefusedError:
    """403 for somebody whose project role does not reach (A O)."""
    return RefusedError(403, "Insufficient Project Role for performing requested action", code=ROLE_TOO_LOW)


def no_such_route() -> Response:
    """The 2026 form; in 2017 it was an empty HTML page (L, C)."""
    return json_answer({"status": 404, "error": "Not Found"}, status=404)


def json_answer(body: object, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """``body`` as JSON."""
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
    return Response(text, status_code=status, headers=dict(headers or {}), media_type=JSON_TYPE)


def no_content() -> Response:
    """204: done, or nothing there; no body and no content type."""
    return Response(status_code=204)


def finish(response: Response, *, seconds: float) -> Response:
    """Put on what every recorded answer carries (C)."""
    response.headers["X-Request-Id"] = str(uuid4())
    response.headers["X-Runtime"] = f"{seconds:.6f}"
    response.headers["Vary"] = "Origin"
    response.headers["X-Content-Type-Options"] = "nosniff"
    if response.status_code in {200, 201}:
        response.headers["Etag"] = f'W/"{md5(response.body, usedforsecurity=False).hexdigest()}"'
        response.headers["Cache-Control"] = "max-age=0, private, must-revalidate"
    else:
        response.headers["Cache-Control"] = "no-cache"
    return response
