"""One report from headers to answer. Rule: a session is counted once for each time that it is reported.

``POST`` to the configured address as it is, as notifiers do, or to ``/sessions``, as the vendor's page has it. Source:
docs/upstreams/bugsnag-sessions.md#reports and #answers. That an unknown key is a 401 is on that page alone.
"""

import hmac
from hashlib import sha1

from starlette.requests import Request
from starlette.responses import Response

from crashgate.clock import Clock
from crashgate_sandbox.bugsnag_sessions.answers import RefusedReportError, accepted
from crashgate_sandbox.bugsnag_sessions.payload import Payload, read_payload
from crashgate_sandbox.bugsnag_sessions.started_at import read_time
from crashgate_sandbox.parts import Part
from crashgate_sandbox.world.projects import Project, project_key
from crashgate_sandbox.world.session_log import Started
from crashgate_sandbox.world.world import DEFAULT_SEED, World

MOST_BYTES = 1_000_000
_REQUIRED = ("Bugsnag-Api-Key", "Bugsnag-Payload-Version", "Bugsnag-Sent-At", "Content-Type")
_VERSIONS = frozenset({"1.0", "4.0"})
"""4.0 is the Python notifier, which reuses the header of its crash reports."""


class Sessions:
    """The Session Tracking API over a world, at ``prefix``."""

    def __init__(self, world: World, *, prefix: str = "") -> None:
        self.world = world
        self._prefix = prefix

    def answer(self, request: Request, body: bytes) -> Response:
        """The answer to one request whose body has been read."""
        try:
            self._check_route(request)
            _check_headers(request, body)
            project = self._project(request.headers["Bugsnag-Api-Key"])
            self._keep(project, read_payload(body))
        except RefusedReportError as refused:
            return refused.answer()
        return accepted()

    def reset(self) -> None:
        """Forget every report."""
        self.world.sessions.clear()

    def _check_route(self, request: Request) -> None:
        if request.scope["path"].removeprefix(self._prefix) not in {"", "/", "/sessions"}:
            raise RefusedReportError(404, "Not found")
        if request.method != "POST":
            raise RefusedReportError(405, "Only POST is allowed", headers={"Allow": "POST"})

    def _project(self, api_key: str) -> Project:
        found = self.world.project_of_key(api_key)
        if found is None:
            raise RefusedReportError(401, "The API key is invalid")
        return found

    def _keep(self, project: Project, payload: Payload) -> None:
        for minute, number in payload.minutes.items():
            started = Started(project_id=project.id, minute=minute, stage=payload.stage, version=payload.version)
            self.world.sessions.add(started, number)


def _check_headers(request: Request, body: bytes) -> None:
    headers = request.headers
    missing = [f"{name} is required" for name in _REQUIRED if name not in headers]
    if missing:
        raise RefusedReportError(400, *missing)
    wrong: list[str] = []
    if headers["Bugsnag-Payload-Version"] not in _VERSIONS:
        wrong.append(f"Bugsnag-Payload-Version must be one of {', '.join(sorted(_VERSIONS))}")
    if read_time(headers["Bugsnag-Sent-At"]) is None:
        wrong.append("Bugsnag-Sent-At must be an ISO 8601 time")
    if headers["Content-Type"].partition(";")[0].strip().lower() != "application/json":
        wrong.append("Content-Type must be application/json")
    if len(body) > MOST_BYTES:
        wrong.append(f"The body is larger than {MOST_BYTES} bytes")
    if not _whole(headers.get("Bugsnag-Integrity", ""), body):
        wrong.append("Bugsnag-Integrity does not fit the body")
    if wrong:
        raise RefusedReportError(400, *wrong)


def _whole(integrity: str, body: bytes) -> bool:
    """Whether the body is what was sent; without ``sha1 <hexadecimal>`` nobody can tell, and it counts as whole."""
    scheme, _, digest = integrity.partition(" ")
    expected = sha1(body, usedforsecurity=False).hexdigest()
    return scheme != "sha1" or hmac.compare_digest(digest.strip().lower().encode(), expected.encode())


def _open(world: World, clock: Clock, limits: int | None) -> Sessions:
    del clock, limits  # the vendor limits no reports
    return Sessions(world, prefix=PART.prefix)


PART = Part(
    provider="bugsnag-sessions",
    prefix="/bugsnag-sessions",
    credential=project_key(DEFAULT_SEED, "checkout-ios", 0),
    open=_open,
)
