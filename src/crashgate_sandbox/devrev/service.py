"""One request from path to answer. Rule: counted first, then route, budget, token and size, then the handler.

The order is a guess (G), as is that requests of nobody in particular share one budget and that a wrong method is the
gateway's 404.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from enum import StrEnum, unique

from starlette.requests import Request
from starlette.responses import Response

from crashgate.clock import Clock
from crashgate_sandbox.devrev import developer_info, session_data, session_get, session_list
from crashgate_sandbox.devrev.answers import json_answer
from crashgate_sandbox.devrev.auth import DEVREV_TOKEN, check_token, is_known, presented_token
from crashgate_sandbox.devrev.budget import Meter, Standing
from crashgate_sandbox.devrev.call import Call, Route
from crashgate_sandbox.devrev.errors import RefusedError, no_such_route
from crashgate_sandbox.devrev.fields import from_body, from_query
from crashgate_sandbox.devrev.store import Store
from crashgate_sandbox.parts import Part
from crashgate_sandbox.world.visits import Visit
from crashgate_sandbox.world.world import DEFAULT_SEED, World

MOST_BYTES = 256 * 1024
"""The largest body that is read (G)."""
_NOBODY = ""
_REQUESTS = 1000
"""In five minutes."""

ROUTES: tuple[Route, ...] = (*session_get.ROUTES, *session_list.ROUTES, *session_data.ROUTES, *developer_info.ROUTES)


@unique
class Outage(StrEnum):
    """How the service fails while it fails; the values are the types of its answers."""

    INTERNAL_ERROR = "internal_error"
    SERVICE_UNAVAILABLE = "service_unavailable"


class DevRev:
    """The observability API at ``prefix``.

    ``token`` None takes any token. ``limit`` is requests in five minutes for each token over all routes, None for no
    limit and no headers. ``sessions`` is how many each app has on each of its platforms, the newest shortly before
    ``now``, and ``visits`` are sessions beside them. Setting ``outage`` makes every route fail with one of the
    documented types until the next reset.
    """

    def __init__(  # noqa: PLR0913 - what a sandbox may differ in, nearly all with a usable default
        self,
        *,
        prefix: str = "",
        token: str | None = DEVREV_TOKEN,
        limit: int | None = _REQUESTS,
        sessions: int = 120,
        now: datetime,
        clock: Clock,
        seed: int = DEFAULT_SEED,
        visits: Callable[[], Sequence[Visit]] = tuple,
    ) -> None:
        self.store = Store(seed=seed, sessions=sessions, now=now, visits=visits)
        self.meter = Meter(limit, clock)
        self.outage: Outage | None = None
        self._prefix = prefix
        self._token = token

    def answer(self, request: Request, body: bytes) -> Response:
        """The answer to one request whose body has been read."""
        token = presented_token(request.headers.get("Authorization"))
        standing = self.meter.count(token if token is not None and is_known(token, self._token) else _NOBODY)
        try:
            response = self._answer(request, body, token, standing)
        except RefusedError as refused:
            response = refused.answer()
        if standing is not None:
            response.headers.update(standing.headers)
        return response

    def reset(self) -> None:
        """Full budgets, and no outage; sessions never change."""
        self.meter.reset()
        self.outage = None

    def _answer(self, request: Request, body: bytes, token: str | None, standing: Standing | None) -> Response:
        route = self._route(request)
        if route is None:
            return no_such_route()
        if standing is not None:
            standing.check()
        check_token(token, self._token)
        self._check_outage()
        if len(body) > MOST_BYTES:
            message = f"The body is larger than {MOST_BYTES} bytes"
            raise RefusedError(413, "request_entity_too_large", message, max_bytes=MOST_BYTES)
        fields = from_body(body) if route.method == "POST" else from_query(request.url.query)
        return json_answer(route.handler(Call(store=self.store, method=route.method, fields=fields)))

    def _route(self, request: Request) -> Route | None:
        path: str = request.scope["path"].removeprefix(self._prefix)
        return next((one for one in ROUTES if (one.method, one.path) == (request.method, path)), None)

    def _check_outage(self) -> None:
        match self.outage:
            case Outage.INTERNAL_ERROR:
                raise RefusedError(500, self.outage, "Internal error", reference_id="sandbox-reference-1")
            case Outage.SERVICE_UNAVAILABLE:
                raise RefusedError(503, self.outage, "Service unavailable")
            case None:
                pass


def _open(world: World, clock: Clock, limits: int | None) -> DevRev:
    allowed = None if limits is None else _REQUESTS * limits
    return DevRev(prefix=PART.prefix, limit=allowed, now=world.now, clock=clock, visits=world.visits)


PART = Part(provider="devrev", prefix="/devrev", credential=DEVREV_TOKEN, open=_open)
