"""The sandbox as one web application. Rule: no globals; whoever makes it holds its world, faults and request log."""

from starlette.applications import Starlette
from starlette.routing import BaseRoute, Mount, Route

from crashgate.clock import Clock
from crashgate_sandbox.bugsnag.auth import MEMBER_TOKEN, READ_ONLY_TOKEN, SANDBOX_TOKEN
from crashgate_sandbox.bugsnag.budget import UNLIMITED, Budgets
from crashgate_sandbox.bugsnag.call import Manners
from crashgate_sandbox.bugsnag.service import BugSnag
from crashgate_sandbox.bugsnag_sessions.service import Sessions
from crashgate_sandbox.controls import Controls
from crashgate_sandbox.faults import Faults
from crashgate_sandbox.front import Front
from crashgate_sandbox.machine_clock import MachineClock
from crashgate_sandbox.received import RequestLog
from crashgate_sandbox.session_providers import SessionProviders
from crashgate_sandbox.world.world import World

__all__ = [
    "MEMBER_TOKEN",
    "READ_ONLY_TOKEN",
    "SANDBOX_TOKEN",
    "SESSIONS_PREFIX",
    "UNLIMITED",
    "Budgets",
    "Faults",
    "Manners",
    "RequestLog",
    "SessionProviders",
    "World",
    "create_app",
    "create_sessions_app",
]

SESSIONS_PREFIX = "/bugsnag-sessions"
"""Where the Session Tracking API is beside the others; upstream it has a host of its own."""


def create_app(  # noqa: PLR0913 - the parts of the sandbox, each with a usable default
    world: World | None = None,
    *,
    faults: Faults | None = None,
    log: RequestLog | None = None,
    token: str | None = SANDBOX_TOKEN,
    budgets: Budgets | None = None,
    manners: Manners | None = None,
    clock: Clock | None = None,
    session_providers: SessionProviders | None = None,
    controls: bool = True,
) -> Starlette:
    """The upstreams over ``world``; BugSnag is at ``/``, the others each at a prefix of their own.

    ``token`` is the administrator's, None takes any; MEMBER_TOKEN and READ_ONLY_TOKEN are there beside it. ``budgets``
    are the vendor's own unless given (``UNLIMITED`` switches them off). ``log`` and ``faults`` may be kept by the
    caller to look at what arrived and to switch faults on while it runs. ``session_providers`` are as their vendors
    have them, or without limits where BugSnag has none.
    """
    faults = faults if faults is not None else Faults()
    log = log if log is not None else RequestLog()
    world = world or World()
    bugsnag = BugSnag(
        world,
        token=token,
        budgets=budgets or Budgets(),
        manners=manners or Manners(),
        clock=clock or MachineClock(),
    )
    sessions = Sessions(world, prefix=SESSIONS_PREFIX)
    others = session_providers or SessionProviders.usual(
        world.now, clock or MachineClock(), limited=budgets is not UNLIMITED
    )
    reporting = Front(sessions, faults, log)
    return _application(
        Controls([bugsnag, sessions, *others.by_prefix.values()], faults, log, world) if controls else None,
        *(Mount(prefix, app=Front(each, faults, log)) for prefix, each in others.by_prefix.items()),
        # A mount alone does not take its own path without a slash at the end, which is what notifiers are given.
        Route(SESSIONS_PREFIX, reporting),
        Mount(SESSIONS_PREFIX, app=reporting),
        Mount("/", app=Front(bugsnag, faults, log)),
    )


def create_sessions_app(
    world: World | None = None, *, faults: Faults | None = None, log: RequestLog | None = None, controls: bool = True
) -> Starlette:
    """The Session Tracking API alone, at ``/``, for a port of its own; ``world`` may be that of another sandbox."""
    faults = faults if faults is not None else Faults()
    log = log if log is not None else RequestLog()
    sessions = Sessions(world or World())
    return _application(
        Controls([sessions], faults, log, sessions.world) if controls else None,
        Mount("/", app=Front(sessions, faults, log)),
    )


def _application(controls: Controls | None, *upstreams: BaseRoute) -> Starlette:
    app = Starlette(routes=[*(controls.routes if controls else ()), *upstreams])
    app.router.redirect_slashes = False
    return app
