"""Answers and refusals. Rule: the bodies of refusals are ours (G): the vendor's page has none.

Source: docs/upstreams/bugspulse.md#access. (G) marks a guess here and in the files beside this one.
"""

from collections.abc import Mapping

from starlette.responses import Response

from crashgate_sandbox.bugspulse.written import json_text

JSON_TYPE = "application/json; charset=utf-8"
CSV_TYPE = "text/csv; charset=utf-8"


class RefusedError(Exception):
    """The request is answered with a status of 400 or more, and ``{"error": message}`` (G)."""

    def __init__(self, status: int, message: str, *, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(status, message)
        self.status = status
        self.message = message
        self.headers = dict(headers or {})

    def answer(self) -> Response:
        """The refusal as it goes out."""
        return json_answer(json_text({"error": self.message}).encode(), status=self.status, headers=self.headers)


def json_answer(text: bytes, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """JSON in UTF-8 that has been written already."""
    return Response(text, status_code=status, headers=dict(headers or {}), media_type=JSON_TYPE)


def csv_answer(text: bytes, *, name: str) -> Response:
    """A file to download, called ``name.csv`` (the name is a guess, G)."""
    headers = {"Content-Disposition": f'attachment; filename="{name}.csv"'}
    return Response(text, headers=headers, media_type=CSV_TYPE)
