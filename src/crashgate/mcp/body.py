"""The request body, and HTTP answers of our own. Rule: read once, bounded in size and time, and strictly.

THREATS rows 16 and 24. The protocol gets the very bytes that were checked. What still arrives of a body that was
refused is bounded by ``connections``. Our own answers are short, and never repeat a word of the request.
"""

import asyncio
from collections.abc import Mapping
from typing import Any

from mcp_types.jsonrpc import INVALID_REQUEST, PARSE_ERROR
from starlette.datastructures import Headers
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from crashgate.audit.attempt import Attempt
from crashgate.errors import Code
from crashgate.mcp.attempts import Attempts, Refusals, agent_of
from crashgate.strict_json import NotStrictError, parse


def reply(status: int, content: Mapping[str, Any], *, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """An answer that nobody may store."""
    return JSONResponse(dict(content), status_code=status, headers={"Cache-Control": "no-store", **(headers or {})})


def refusal(status: int, what: str, *, remedy: str, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """An error before the protocol began: what happened, and what to do."""
    return reply(status, {"error": what, "remedy": remedy}, headers=headers)


class _RefusedError(Exception):
    """The body is not taken: what kind of attempt it was, why as a code of ours, and the answer."""

    def __init__(self, what: Attempt, reason: str, answer: Response) -> None:
        super().__init__(reason)
        self.what = what
        self.reason = reason
        self.answer = answer


class BodyLayer:
    """Refuses bodies that are too large (413), too slow (408), not JSON by their type (415) or by their form (400).

    ``largest`` is in bytes; a body must be here ``seconds`` after its headers.
    """

    def __init__(self, app: ASGIApp, attempts: Attempts, refusals: Refusals, *, largest: int, seconds: float) -> None:
        self._app = app
        self._attempts = attempts
        self._refusals = refusals
        self._largest = largest
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Read the body of a POST and pass it on; other methods have none that matters."""
        if scope["method"] != "POST":
            await self._app(scope, receive, send)
            return
        try:
            self._check_headers(Headers(scope=scope))
            body = await self._read_in_time(receive)
            _check_form(body)
        except _RefusedError as refused:
            agent = agent_of(scope)
            # check: bodies that are refused count
            self._refusals.note(agent or "", Code.INVALID_ARGUMENTS)
            # check: a refused body has a record
            await self._attempts.note(refused.what, refused.reason, agent=agent)
            await refused.answer(scope, receive, send)
            return
        await self._app(scope, _replay(body, receive), send)

    def _check_headers(self, headers: Headers) -> None:
        types, length = headers.getlist("content-type"), headers.get("content-length", "0")
        # check: a body is JSON by its type
        if len(types) != 1 or types[0].partition(";")[0].strip().lower() != "application/json":
            answer = refusal(415, "The body must be JSON.", remedy="Send Content-Type: application/json.")
            raise _RefusedError(Attempt.MALFORMED, "type_not_json", answer)
        # check: a body is not compressed
        if headers.get("content-encoding", "identity") != "identity":
            answer = refusal(415, "The body must not be compressed.", remedy="Send it without Content-Encoding.")
            raise _RefusedError(Attempt.MALFORMED, "compressed", answer)
        # check: a body that says it is too large
        if not length.isdigit() or int(length) > self._largest:
            raise _too_large()

    async def _read_in_time(self, receive: Receive) -> bytes:
        try:
            async with asyncio.timeout(
                # check[none]: a body comes in time
                self._seconds
            ):
                return await self._read(receive)
        except TimeoutError:
            remedy = f"Send the whole of it within {self._seconds:g} seconds."
            answer = refusal(408, "The request arrived too slowly.", remedy=remedy)
            raise _RefusedError(Attempt.TIMED_OUT, "slow_body", answer) from None

    async def _read(self, receive: Receive) -> bytes:
        body = bytearray()
        while True:
            message = await receive()
            # check: a body that breaks off is no message
            if message["type"] != "http.request":
                # Whatever came of it is not the message, even if it could be read as one.
                raise _RefusedError(Attempt.TIMED_OUT, "body_broken_off", Response(status_code=499))
            body += message.get("body", b"")
            # check: a body that is too large
            if len(body) > self._largest:
                raise _too_large()
            if not message.get("more_body", False):
                return bytes(body)


def _too_large() -> _RefusedError:
    remedy = "Send a smaller request, with fewer or shorter arguments."
    answer = refusal(413, "The request is too large.", remedy=remedy)
    return _RefusedError(Attempt.OVERSIZED, "body_too_large", answer)


def _check_form(body: bytes) -> None:
    try:
        document = parse(body)
    except NotStrictError as problem:
        answer = _rpc_error(PARSE_ERROR, f"Message refused: {problem}.")
        raise _RefusedError(Attempt.MALFORMED, "not_strict_json", answer) from None
    # check: a batch is no message
    if not isinstance(document, dict):
        batch = isinstance(document, list)
        answer = _rpc_error(INVALID_REQUEST, "Message refused: it is not one JSON-RPC message.")
        raise _RefusedError(
            Attempt.BATCH if batch else Attempt.MALFORMED, "batch" if batch else "not_a_message", answer
        )


def _rpc_error(code: int, message: str) -> Response:
    return reply(400, {"jsonrpc": "2.0", "id": None, "error": {"code": code, "message": message}})


def _replay(body: bytes, receive: Receive) -> Receive:
    """The body again in one piece, then whatever the client does next (a disconnect cancels the call)."""
    pending: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def again() -> Message:
        return pending.pop() if pending else await receive()

    return again
