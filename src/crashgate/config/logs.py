"""What a server tells its operator on stderr, as lines of JSON: for each request over HTTP and each call, too.

No line holds a header, a query, a body or a path that is not one of ours: any of them may be a secret.
"""

import json
import logging
import time
from datetime import UTC, datetime
from ipaddress import ip_address

from opentelemetry.trace import format_trace_id, get_current_span
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from crashgate.clock import timestamp

ACCESS = "crashgate.access"
_PATHS = frozenset({"/mcp", "/livez", "/readyz"})
_METHODS = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"})


def write_json_logs() -> None:
    """From here on, write what is logged as JSON lines on stderr, and requests over HTTP too."""
    handler = logging.StreamHandler()
    handler.setFormatter(_Json())
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    logging.getLogger("crashgate").setLevel(logging.INFO)


class _Json(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        """One line: time, level, logger, message, and the trace, the fields and the traceback where there are any."""
        span = get_current_span().get_span_context()
        fields: dict[str, object] = getattr(record, "fields", {})
        told = {
            "time": timestamp(datetime.fromtimestamp(record.created, UTC)),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **({"trace": format_trace_id(span.trace_id)} if span.is_valid else {}),
            **fields,
            **({"traceback": self.formatException(record.exc_info)} if record.exc_info else {}),
        }
        return json.dumps(told, default=str)


class AccessLog:
    """Logs each request when it has been answered."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._log = logging.getLogger(ACCESS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; where such lines are not wanted, that is all."""
        if scope["type"] != "http" or not self._log.isEnabledFor(logging.INFO):
            await self._app(scope, receive, send)
            return
        started, status = time.perf_counter(), 0

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, noting)
        finally:
            method, path = scope["method"], scope["path"]
            fields = {
                "method": method if method in _METHODS else "other",
                "path": path if path in _PATHS else "other",
                "status": status,
                "duration_ms": round((time.perf_counter() - started) * 1000, 1),
                "from": _address(scope),
            }
            self._log.info("request", extra={"fields": fields})


def _address(scope: Scope) -> str:
    """The client's address: that of the connection, or what a trusted proxy says; empty where that is no address."""
    client = scope.get("client")
    try:
        return str(ip_address(client[0])) if client else ""
    except ValueError:
        return ""
