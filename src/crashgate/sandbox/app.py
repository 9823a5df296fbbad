"""The sandbox as one web application. Rule: no globals; whoever makes it holds its world, faults and request log."""

from starlette.applications import Starlette
from starlette.routing import Mount

from crashgate.clock import Clock
from crashgate.sandbox.bugsnag.auth import MEMBER_TOKEN, READ_ONLY_TOKEN, SANDBOX_TOKEN
from crashgate.sandbox.bugsnag.budget import UNLIMITED, Budgets
from crashgate.sandbox.bugsnag.call import Manners
from crashgate.sandbox.bugsnag.service import BugSnag
from crashgate.sandbox.controls import Controls
from crashgate.sandbox.faults import Faults
from crashgate.sandbox.front import Front
from crashgate.sandbox.machine_clock import MachineClock
from crashgate.sandbox.received import RequestLog
from crashgate.sandbox.world.world import World

__all__ = [
    "MEMBER_TOKEN",
    "READ_ONLY_TOKEN",
    "SANDBOX_TOKEN",
    "UNLIMITED",
    "Budgets",
    "Faults",
    "Manners",
    "RequestLog",
    "World",
    "create_app",
]


def create_app(  # noqa: PLR0913 - the parts of the sandbox, each with a usable default
    world: World | None = None,
    *,
    faults: Faults | None = None,
    log: RequestLog | None = None,
    token: str | None = SANDBOX_TOKEN,
    budgets: Budgets | None = None,
    manners: Manners | None = None,
    clock: Clock | None = None,
    controls: bool = True,
) -> Starlette:
    """The upstreams over ``world``; BugSnag is at ``/``.

    ``token`` is the administrator's, None takes any; MEMBER_TOKEN and READ_ONLY_TOKEN are there beside it. ``budgets``
    are the vendor's own unless given (``UNLIMITED`` switches them off). ``log`` and ``faults`` may be kept by the
    caller to look at what arrived and to switch faults on while it runs.
    """
    faults = faults if faults is not None else Faults()
    log = log if log is not None else RequestLog()
    bugsnag = BugSnag(
        world or World(),
        token=token,
        budgets=budgets or Budgets(),
        manners=manners or Manners(),
        clock=clock or MachineClock(),
    )
    routes = list(Controls([bugsnag], faults, log).routes) if controls else []
    app = Starlette(routes=[*routes, Mount("/", app=Front(bugsnag, faults, log))])
    app.router.redirect_slashes = False
    return app
