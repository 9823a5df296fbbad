"""Refusals as the vendor words them. Rule: each has a message and a type; only the gateway's own has no type.

Source: docs/upstreams/devrev.md#refusals. The types are the vendor's, the messages are ours (G).
"""

from collections.abc import Mapping

from starlette.responses import Response

from crashgate_sandbox.devrev.answers import JsonObject, json_answer


class RefusedError(Exception):
    """The request is answered with a status of 400 or more; ``more`` are the fields that its type adds."""

    def __init__(
        self, status: int, kind: str, message: str, *, headers: Mapping[str, str] | None = None, **more: object
    ) -> None:
        super().__init__(status, kind, message)
        self.status = status
        self.kind = kind
        self.message = message
        self.headers = dict(headers or {})
        self.more = more

    def answer(self) -> Response:
        """The refusal as it goes out."""
        body: JsonObject = {"message": self.message, "type": self.kind, **self.more}
        return json_answer(body, status=self.status, headers=self.headers)


def bad_request(kind: str, message: str, *, field: str | None = None) -> RefusedError:
    """400 with one of the vendor's types, and the field that it is about."""
    if field is None:
        return RefusedError(400, kind, message)
    return RefusedError(400, kind, message, field_name=field)


def not_found() -> RefusedError:
    """404, in the same words for what is not there and what is somewhere else (G: nothing is documented)."""
    return RefusedError(404, "not_found", "Session not found")


def no_such_route() -> Response:
    """The gateway's own answer, which has no type."""
    return json_answer({"message": "route not found"}, status=404)
