"""The sandbox as one web application, made of the installed parts. It has no globals."""

from collections.abc import Iterator, Mapping

from starlette.applications import Starlette
from starlette.routing import BaseRoute, Mount, Route

from crashgate.clock import Clock
from crashgate_sandbox.controls import Controls
from crashgate_sandbox.faults import Faults
from crashgate_sandbox.front import Front
from crashgate_sandbox.machine_clock import MachineClock
from crashgate_sandbox.parts import Service, installed_parts
from crashgate_sandbox.received import RequestLog
from crashgate_sandbox.world.world import World


def create_app(  # noqa: PLR0913 - what a sandbox may differ in, each with a usable default
    world: World | None = None,
    *,
    services: Mapping[str, Service] | None = None,
    limits: int | None = 1,
    faults: Faults | None = None,
    log: RequestLog | None = None,
    clock: Clock | None = None,
    controls: bool = True,
) -> Starlette:
    """The installed upstreams over ``world``, each at its own prefix.

    ``services`` replace the usual ones of the providers that they are named after; each has to answer at the prefix of
    its part. ``limits`` is how many times the vendors' own limits on requests are allowed; None means no limits.
    ``log`` and ``faults`` may be kept by the caller, to see what arrived and to switch faults on while it runs.
    Raises ConfigurationError where no part is installed, or one that cannot be used.
    """
    faults = faults if faults is not None else Faults()
    log = log if log is not None else RequestLog()
    world = world or World()
    clock = clock or MachineClock()
    given = services or {}
    by_prefix = {part.prefix: given.get(part.provider) or part.open(world, clock, limits) for part in installed_parts()}
    routes: list[BaseRoute] = []
    if controls:
        routes += Controls(list(by_prefix.values()), faults, log, world).routes
    # The root would answer everything, so it comes last.
    for prefix in sorted(by_prefix, reverse=True):
        routes += _mount(prefix, Front(by_prefix[prefix], faults, log))
    app = Starlette(routes=routes)
    app.router.redirect_slashes = False
    return app


def _mount(prefix: str, front: Front) -> Iterator[BaseRoute]:
    """The routes of one service. A mount alone does not take its own path without a slash at the end."""
    if prefix:
        yield Route(prefix, front)
    yield Mount(prefix or "/", app=front)
