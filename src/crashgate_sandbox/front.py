"""What stands before each service: it notes the request and lets at most one fault spoil the answer."""

import json
from collections.abc import AsyncIterator

import anyio
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from crashgate_sandbox.faults import Fault, FaultKind, Faults
from crashgate_sandbox.parts import Service
from crashgate_sandbox.received import RequestLog

_CHUNK = 64 * 1024
_SIGN_IN = "<!doctype html><html><head><title>Sign in</title></head><body><form>Please sign in.</form></body></html>"
_GATEWAY = "<html><head><title>{status}</title></head><body><center><h1>{status}</h1></center></body></html>"


class Front:
    """An ASGI application around a service."""

    def __init__(self, service: Service, faults: Faults, log: RequestLog) -> None:
        self._service = service
        self._faults = faults
        self._log = log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = Request(scope, receive)
        try:
            body = await request.body()
        except ClientDisconnect:
            return
        raw: bytes = scope.get("raw_path") or request.url.path.encode()
        path = raw.decode("latin-1").partition("?")[0]
        number = self._log.arrived(method=request.method, path=path, query=request.url.query, body=body)
        fault = self._faults.take(request.method, path)
        if fault is not None and fault.kind is FaultKind.SLOW and await _left_within(receive, fault.seconds):
            self._log.hung_up(number)
            return
        response = self._response(request, body, fault)
        self._log.answered(number, response.status_code)
        if fault is not None and fault.kind is FaultKind.CUT_OFF:
            await _send_half(response, send)
        else:
            await response(scope, receive, send)

    def _response(self, request: Request, body: bytes, fault: Fault | None) -> Response:
        if fault is not None and fault.kind is FaultKind.STATUS:
            return _failure(fault)
        if fault is not None and fault.kind is FaultKind.REDIRECT:
            return Response(status_code=302, headers={"Location": fault.location})
        response = self._service.answer(request, body)
        return response if fault is None else _spoiled(response, fault)


async def _left_within(receive: Receive, seconds: float) -> bool:
    """Wait that long; True as soon as the caller has gone."""
    with anyio.move_on_after(seconds):
        while (await receive())["type"] != "http.disconnect":
            pass
        return True
    return False


async def _send_half(response: Response, send: Send) -> None:
    """Promise the whole body, give half of it, and stop: the server then closes the connection."""
    body = bytes(response.body)
    await send({"type": "http.response.start", "status": response.status_code, "headers": response.raw_headers})
    await send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})


def _failure(fault: Fault) -> Response:
    headers = {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
    if fault.status == 500:  # noqa: PLR2004 - the application's own failure; the others are a gateway's
        text = json.dumps({"status": 500, "error": "Internal Server Error"})
        return Response(text, status_code=500, headers=headers, media_type="application/json; charset=utf-8")
    return Response(
        _GATEWAY.format(status=fault.status), status_code=fault.status, headers=headers, media_type="text/html"
    )


def _spoiled(response: Response, fault: Fault) -> Response:
    body = bytes(response.body)
    match fault.kind:
        case FaultKind.INVALID_JSON:
            response = _instead(response, body[: max(1, len(body) * 2 // 3)])
        case FaultKind.WRONG_TYPE:
            response = _instead(response, b'{"rows":1}' if body.startswith(b"[") else b"[1]")
        case FaultKind.WRONG_CONTENT_TYPE:
            response = Response(_SIGN_IN, media_type="text/html; charset=utf-8")
        case FaultKind.HUGE:
            response = _streamed(response, _padded(body, fault.size))
        case FaultKind.DRIP:
            response = _streamed(response, _drops(body, fault.seconds))
        case FaultKind.FOREIGN_LINK:
            response.headers["Link"] = f'<{fault.location.rstrip("/")}/next?offset=30>; rel="next"'
        case _:
            pass
    return response


def _instead(response: Response, body: bytes) -> Response:
    headers = {name: value for name, value in response.headers.items() if name != "content-length"}
    return Response(body, status_code=response.status_code, headers=headers)


def _streamed(response: Response, content: AsyncIterator[bytes]) -> Response:
    headers = {name: value for name, value in response.headers.items() if name != "content-length"}
    return StreamingResponse(content, status_code=response.status_code, headers=headers)


async def _padded(body: bytes, size: int) -> AsyncIterator[bytes]:
    """The answer after as much white space as it takes, so that it stays valid JSON."""
    left = max(0, size - len(body))
    while left > 0:
        chunk = b" " * min(left, _CHUNK)
        left -= len(chunk)
        yield chunk
    yield body


async def _drops(body: bytes, seconds: float) -> AsyncIterator[bytes]:
    for place in range(len(body)):
        yield body[place : place + 1]
        await anyio.sleep(seconds)
