"""``/livez`` and ``/readyz``, for whatever starts, watches and balances servers. They name no agent and no data.

Both answer before Host and token are checked: a probe sends the address of its pod as Host, and has no token.
"""

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus

from starlette.types import ASGIApp, Receive, Scope, Send

from crashgate.mcp.body import reply

PATHS = frozenset({"/livez", "/readyz"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Readiness:
    """Whether calls should be sent here. ``faults`` says in words why not, and is empty where they should.

    ``frozen`` is the number of agents that an operator has frozen, and ``all_frozen`` says that all are.
    """

    faults: tuple[str, ...] = ()
    frozen: int = 0
    all_frozen: bool = False


class HealthLayer:
    """Answers the two paths, and passes everything else on."""

    def __init__(self, app: ASGIApp, readiness: Callable[[], Readiness]) -> None:
        self._app = app
        self._readiness = readiness

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or pass the request on."""
        if scope["type"] != "http" or scope["path"] not in PATHS:
            await self._app(scope, receive, send)
        elif scope["path"] == "/livez":
            await reply(HTTPStatus.OK, {"status": "live"})(scope, receive, send)
        else:
            found = self._readiness()
            status = HTTPStatus.SERVICE_UNAVAILABLE if found.faults else HTTPStatus.OK
            frozen = {"frozen": "every agent" if found.all_frozen else found.frozen}
            content = {
                "status": "not ready" if found.faults else "ready",
                **({"why": list(found.faults)} if found.faults else {}),
                **(frozen if found.frozen or found.all_frozen else {}),
            }
            await reply(status, content)(scope, receive, send)
