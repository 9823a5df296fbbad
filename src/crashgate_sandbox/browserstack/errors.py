"""Refusals in the vendor's words. Rule: ``error`` is a name, a list of issues, or not there, as it is upstream.

Source: docs/upstreams/browserstack.md#refusals. (G) marks a guess.
"""

from collections.abc import Mapping, Sequence

from starlette.responses import Response

from crashgate_sandbox.browserstack.answers import JsonObject, json_answer

_PAGE = "<!DOCTYPE html><html><head><title>404: This page could not be found</title></head><body>404</body></html>"


class RefusedError(Exception):
    """The request is answered with a status of 400 or more; a ``body`` of text goes out without a content type."""

    def __init__(self, status: int, body: JsonObject | str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(status, body)
        self.status = status
        self.body = body
        self.headers = dict(headers or {})

    def answer(self) -> Response:
        """The refusal as it goes out."""
        if isinstance(self.body, str):
            return Response(self.body, status_code=self.status, headers=self.headers)
        return json_answer(self.body, status=self.status, headers=self.headers)


def refused(status: int, message: str, error: str | None = None) -> RefusedError:
    """``message``, and the name of the error where the vendor gives one."""
    body: JsonObject = {"message": message}
    return RefusedError(status, body if error is None else {**body, "error": error})


def invalid_query(issues: Sequence[JsonObject]) -> RefusedError:
    """400: the parameters of the query, all issues at once."""
    return RefusedError(400, {"message": "Invalid request data", "error": list(issues)})


def invalid_batch(*errors: str) -> RefusedError:
    """400 of the ingestion route, whose key is ``errors``."""
    return RefusedError(400, {"message": "Invalid request data", "errors": list(errors)})


def session_not_found() -> RefusedError:
    """404: no such session here; also one that cannot be read yet."""
    return refused(404, "Session not found within authorized project", "LangfuseNotFoundError")


def trace_not_found(trace_id: str) -> RefusedError:
    """404: the words are a guess (G)."""
    return refused(404, f"Trace {trace_id} not found within authorized project", "LangfuseNotFoundError")


def method_not_allowed() -> RefusedError:
    """405: every route says so before it asks who is calling."""
    return refused(405, "Method not allowed", "MethodNotAllowedError")


def events_only() -> RefusedError:
    """404 of a deployment that has no sessions and traces of their own any more."""
    return refused(
        404,
        "This endpoint is not available on deployments running in Langfuse v4 events_only mode. "
        "Learn more about Langfuse v4 at: https://langfuse.com/docs/v4",
    )


def access_denied() -> RefusedError:
    """403: the key is known and may not do this."""
    return refused(403, "Access denied - insufficient permissions for this endpoint")


def database_down() -> RefusedError:
    """503: nobody can be told apart."""
    return refused(503, "Service Unavailable")


def ingestion_suspended() -> RefusedError:
    """403: the plan is used up."""
    return refused(403, "Ingestion suspended: Usage threshold exceeded. Please upgrade your plan.", "ForbiddenError")


def query_took_too_long() -> RefusedError:
    """422: the advice is in words of ours (G)."""
    return refused(422, "The query took too long. Reduce the limit or narrow the time range.", "Request timed out")


def timed_out() -> RefusedError:
    """500 of versions that had no 422 (langfuse#7898)."""
    return refused(500, "Timeout error")


def server_error(error: str) -> RefusedError:
    """500: something nobody thought of."""
    return refused(500, "Internal Server Error", error)


def no_such_route() -> Response:
    """The page of the web application around the API (G)."""
    return Response(_PAGE, status_code=404, media_type="text/html; charset=utf-8")
