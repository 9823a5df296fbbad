"""One request from path to answer. Rule: route, then method, then key, then budget, and only then the parameters.

The path is matched as it came, percent-encoded: what stands for an id is one segment, decoded once, so an id may hold
a slash or a percent sign, and a slash that was not encoded makes another route. (G) marks a guess.
"""

import re
from datetime import datetime
from urllib.parse import parse_qsl, unquote_to_bytes

from starlette.requests import Request
from starlette.responses import Response

from crashgate.clock import Clock
from crashgate_sandbox.browserstack import ingestion, projects, sessions, traces
from crashgate_sandbox.browserstack.auth import PUBLIC_KEY, SECRET_KEY, Access, Keys
from crashgate_sandbox.browserstack.budget import Meter
from crashgate_sandbox.browserstack.call import Call, Route
from crashgate_sandbox.browserstack.drawn import DrawnSessions
from crashgate_sandbox.browserstack.errors import (
    RefusedError,
    access_denied,
    database_down,
    events_only,
    method_not_allowed,
    no_such_route,
    refused,
)
from crashgate_sandbox.browserstack.manners import SELF_HOSTED, LangfuseManners
from crashgate_sandbox.browserstack.store import EvalStore
from crashgate_sandbox.parts import Part
from crashgate_sandbox.world.world import World

ROUTES: tuple[Route, ...] = (*sessions.ROUTES, *traces.ROUTES, *ingestion.ROUTES, *projects.ROUTES)

_UNAUTHORIZED = 401
_BROKEN = re.compile("%(?![0-9A-Fa-f]{2})")
"""A percent sign that encodes nothing."""


class BrowserStack:
    """The Langfuse-compatible API over invented conversations, at ``prefix``.

    ``sessions`` of them are there from the start, made in the fourteen days before ``now``. ``any_key`` takes every
    well-formed key for one of its kind.
    """

    def __init__(  # noqa: PLR0913 - what an operator may choose, each with a usable default
        self,
        *,
        prefix: str = "",
        public_key: str = PUBLIC_KEY,
        secret_key: str = SECRET_KEY,
        any_key: bool = False,
        manners: LangfuseManners = SELF_HOSTED,
        sessions: int = 60,
        now: datetime,
        clock: Clock,
    ) -> None:
        self._prefix = prefix
        self._keys = Keys(public_key=public_key, secret_key=secret_key, any_key=any_key)
        self._manners = manners
        self._reading = Meter(manners.requests_a_minute, clock, manners.too_many)
        self._ingesting = Meter(manners.ingestions_a_minute, clock, manners.too_many)
        self.store = EvalStore(DrawnSessions(sessions, now), clock, manners.read_after_write_seconds)

    def answer(self, request: Request, body: bytes) -> Response:
        """The answer to one request whose body has been read."""
        raw: bytes = request.scope.get("raw_path") or request.url.path.encode()
        path = raw.decode("latin-1").partition("?")[0].removeprefix(self._prefix)
        if path.endswith("/") and path != "/":
            # The web application around the API sends such a request on, before it looks for a route (G).
            query = f"?{request.url.query}" if request.url.query else ""
            return Response(status_code=308, headers={"Location": f"{self._prefix}{path.rstrip('/')}{query}"})
        routes = [route for route in ROUTES if _fits(route.path, path)]
        if not routes:
            return no_such_route()
        try:
            return self._answer(routes, request, path, body)
        except RefusedError as error:
            return error.answer()

    def reset(self) -> None:
        """Forget all that was ingested and every spent budget."""
        self.store.reset()
        self._reading.reset()
        self._ingesting.reset()

    def _answer(self, routes: list[Route], request: Request, path: str, body: bytes) -> Response:
        route = next((one for one in routes if one.method == request.method), None)
        if route is None:
            raise method_not_allowed()
        access = None if route.open else self._access(route, request.headers.get("authorization"))
        if route.ingestion:
            self._ingesting.take(route.name, reading=False)
        elif route.legacy:
            self._reading.take(route.name, reading=True)
        if self._manners.events_only and (route.legacy or route.ingestion):
            raise events_only()
        call = Call(
            store=self.store,
            manners=self._manners,
            access=access,
            query=tuple(parse_qsl(request.url.query, keep_blank_values=True)),
            body=body,
            content_type=request.headers.get("content-type", ""),
            id=_decoded(path.rpartition("/")[2]) if route.path.endswith("}") else "",
        )
        return route.handler(call)

    def _access(self, route: Route, authorization: str | None) -> Access:
        if self._manners.database_down:
            raise database_down()
        try:
            access = self._keys.access(authorization)
            if access is Access.SCORES and not route.ingestion and self._manners.scores_key_is_401:
                # Older versions; their words are a guess (G).
                raise refused(_UNAUTHORIZED, "Access denied - need to use basic auth with secret key to GET")
            if access is Access.ORGANIZATION and route.ingestion:
                raise refused(_UNAUTHORIZED, "Missing projectId in scope. Are you using an organization key?")
        except RefusedError as error:
            named = route.ingestion or self._manners.error_in_401
            if named and isinstance(error.body, dict):
                raise RefusedError(error.status, {"error": "UnauthorizedError", **error.body}) from None
            raise
        if access is not Access.PROJECT and not route.ingestion:
            # For a write-only key the vendor's page says no more than that it reads nothing (G).
            raise access_denied()
        return access


def _fits(template: str, path: str) -> bool:
    fixed, brace, _ = template.partition("{")
    if not brace:
        return path == template
    return path.startswith(fixed) and len(path) > len(fixed) and "/" not in path[len(fixed) :]


def _decoded(segment: str) -> str:
    """The segment's text. The web application around the API refuses what is none, as JavaScript does (G)."""
    try:
        if _BROKEN.search(segment) is None:
            return unquote_to_bytes(segment).decode()
    except UnicodeDecodeError:
        pass
    raise RefusedError(400, "Bad Request")


def _open(world: World, clock: Clock, limits: int | None) -> BrowserStack:
    del limits  # a server of one's own has none
    return BrowserStack(prefix=PART.prefix, now=world.now, clock=clock)


PART = Part(provider="browserstack", prefix="/browserstack", credential=f"{PUBLIC_KEY}:{SECRET_KEY}", open=_open)
