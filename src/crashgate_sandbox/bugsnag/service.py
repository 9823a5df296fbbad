"""One request from path to answer. Rule: no such route, then no such token, then no budget, then the handler.

Paths are matched as Rails does: doubled and trailing slashes do not count, so ``DELETE …/errors/`` is
``DELETE …/errors`` (the trap of an empty error id), and a percent-encoded slash stays inside its segment.
"""

from collections.abc import Mapping
from urllib.parse import parse_qsl, unquote

from starlette.requests import Request
from starlette.responses import Response

from crashgate.clock import Clock
from crashgate_sandbox.bugsnag import (
    bulk_changes,
    collaborators,
    comments,
    error_changes,
    errors,
    event_fields,
    events,
    organizations,
    pivots,
    project_changes,
    projects,
    release_groups,
    releases,
    saved_searches,
    spans,
    stability_trend,
    trends,
)
from crashgate_sandbox.bugsnag.answers import RefusedError, finish, json_answer, no_such_route
from crashgate_sandbox.bugsnag.auth import SANDBOX_TOKEN, holder, presented_token, token_holders
from crashgate_sandbox.bugsnag.budget import UNLIMITED, Budgets, EndpointClass, Meter
from crashgate_sandbox.bugsnag.call import Call, Manners, Route
from crashgate_sandbox.parts import Part
from crashgate_sandbox.world.world import World


def get_root(call: Call) -> Response:
    """``GET /``: answered without credentials and without a budget (C)."""
    return json_answer({"organizations_url": call.url("/user/organizations")})


ROUTES: tuple[Route, ...] = (
    Route(method="GET", path="/", handler=get_root, open=True),
    *organizations.ROUTES,
    *projects.ROUTES,
    *project_changes.ROUTES,
    *errors.ROUTES,
    *error_changes.ROUTES,
    *bulk_changes.ROUTES,
    *comments.ROUTES,
    *events.ROUTES,
    *pivots.ROUTES,
    *trends.ROUTES,
    *releases.ROUTES,
    *release_groups.ROUTES,
    *stability_trend.ROUTES,
    *collaborators.ROUTES,
    *event_fields.ROUTES,
    *saved_searches.ROUTES,
    *spans.ROUTES,
)


class BugSnag:
    """The Data Access API over a world. ``token`` None takes any token for the administrator's."""

    def __init__(self, world: World, *, token: str | None, budgets: Budgets, manners: Manners, clock: Clock) -> None:
        self.world = world
        self.meter = Meter(budgets, clock)
        self._manners = manners
        self._clock = clock
        self._holders = token_holders(token)

    def answer(self, request: Request, body: bytes) -> Response:
        """The answer to one request whose body has been read."""
        started = self._clock.monotonic()
        try:
            response = self._answer(request, body)
        except RefusedError as refused:
            response = refused.answer()
        return finish(response, seconds=self._clock.monotonic() - started)

    def reset(self) -> None:
        """Forget every change and every spent budget."""
        self.world.reset()
        self.meter.reset()

    def _answer(self, request: Request, body: bytes) -> Response:
        segments = path_segments(request)
        match = _match(request.method, segments)
        if match is None:
            return no_such_route()
        route, params = match
        query = tuple(parse_qsl(request.url.query, keep_blank_values=True))
        token = presented_token(request.headers.get("authorization"), query)
        if route.open:
            token = token or ""
            email = self.world.people[0].email
        else:
            email = holder(token, self._holders)
        budget = {} if route.open else self.meter.take(token or "", EndpointClass.of(route.path))
        call = Call(
            world=self.world,
            manners=self._manners,
            person=self.world.person(email),
            base_url=str(request.base_url).rstrip("/"),
            path="/" + "/".join(segments),
            query=query,
            body=body,
            filtering=_says_version_two(request),
            params=params,
        )
        try:
            response = route.handler(call)
        except RefusedError as refused:
            response = refused.answer()
        response.headers.update(budget)
        return response


def path_segments(request: Request) -> tuple[str, ...]:
    """The path's segments, still percent-encoded."""
    raw: bytes = request.scope.get("raw_path") or request.url.path.encode()
    return tuple(part for part in raw.decode("latin-1").partition("?")[0].split("/") if part)


def _match(method: str, segments: tuple[str, ...]) -> tuple[Route, Mapping[str, str]] | None:
    for route in ROUTES:
        template = tuple(part for part in route.path.split("/") if part)
        if route.method != method or len(template) != len(segments):
            continue
        params = {
            part[1:-1]: unquote(segment) for part, segment in zip(template, segments, strict=True) if part[0] == "{"
        }
        fixed = all(part[0] == "{" or part == segment for part, segment in zip(template, segments, strict=True))
        if fixed:
            return route, params
    return None


def _says_version_two(request: Request) -> bool:
    """``X-Version: 2`` or ``Accept: application/json; version=2``; without it filters were found ignored (T)."""
    accept = request.headers.get("accept", "").replace(" ", "")
    return request.headers.get("x-version") == "2" or "version=2" in accept.split(";")


def _open(world: World, clock: Clock, limits: int | None) -> BugSnag:
    vendor = Budgets()
    budgets = UNLIMITED
    if limits is not None:
        budgets = Budgets(organizations=(vendor.organizations or 0) * limits, projects=(vendor.projects or 0) * limits)
    return BugSnag(world, token=SANDBOX_TOKEN, budgets=budgets, manners=Manners(), clock=clock)


PART = Part(
    provider="bugsnag",
    prefix="",
    credential=SANDBOX_TOKEN,
    open=_open,
    environment={"BUGSNAG_ENDPOINT": "{url}", "BUGSNAG_AUTH_TOKEN": SANDBOX_TOKEN},
)
