"""Answers of the Session Tracking API. Rule: a refusal says all that is wrong, in a list.

Source: docs/upstreams/bugsnag-sessions.md#answers; the words of the refusals are ours (G).
"""

from collections.abc import Mapping
from uuid import uuid4

from starlette.responses import Response

from crashgate_sandbox.bugsnag.answers import json_answer


class RefusedReportError(Exception):
    """Nothing of the report was counted; ``errors`` say why."""

    def __init__(self, status: int, *errors: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(status, *errors)
        self.status = status
        self.errors = errors
        self.headers = dict(headers or {})

    def answer(self) -> Response:
        """The refusal as it goes out."""
        return json_answer({"status": "error", "errors": list(self.errors)}, status=self.status, headers=self.headers)


def accepted() -> Response:
    """202: counted, or going to be."""
    return json_answer({"status": "accepted"}, status=202, headers={"Bugsnag-Session-UUID": str(uuid4())})
