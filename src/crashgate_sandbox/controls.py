"""``/_sandbox/…``: for people and tests, about the sandbox itself. Rule: never counted as API requests.

Open to whoever reaches the port, because there is only invented data behind it; ``create_app(controls=False)`` leaves
them out.
"""

from collections.abc import Sequence
from dataclasses import asdict
from typing import cast

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from crashgate_sandbox.faults import Faults, fault_json, read_fault
from crashgate_sandbox.parts import Service
from crashgate_sandbox.received import RequestLog
from crashgate_sandbox.world.world import World


class Controls:
    """The routes over one sandbox's parts."""

    def __init__(self, services: Sequence[Service], faults: Faults, log: RequestLog, world: World) -> None:
        self._services = services
        self._faults = faults
        self._log = log
        self._world = world

    @property
    def routes(self) -> list[Route]:
        """What to mount."""
        return [
            Route("/_sandbox/requests", self._get_requests, methods=["GET"]),
            Route("/_sandbox/requests", self._clear_requests, methods=["DELETE"]),
            Route("/_sandbox/faults", self._get_faults, methods=["GET"]),
            Route("/_sandbox/faults", self._put_faults, methods=["PUT"]),
            Route("/_sandbox/sessions", self._get_sessions, methods=["GET"]),
            Route("/_sandbox/reset", self._reset, methods=["POST"]),
        ]

    async def _get_requests(self, _: Request) -> Response:
        return JSONResponse([asdict(one) for one in self._log.received])

    async def _clear_requests(self, _: Request) -> Response:
        self._log.clear()
        return Response(status_code=204)

    async def _get_faults(self, _: Request) -> Response:
        return JSONResponse([fault_json(one) for one in self._faults.current])

    async def _put_faults(self, request: Request) -> Response:
        try:
            given = await request.json()
            if not isinstance(given, list):
                raise ValueError("faults are a list")  # noqa: TRY004, TRY301 - one refusal for whatever is wrong
            faults = [
                read_fault(cast("dict[str, object]", one)) for one in cast("list[object]", given) if _is_object(one)
            ]
        except ValueError as error:
            return JSONResponse({"errors": [str(error)]}, status_code=400)
        self._faults.replace(faults)
        return JSONResponse([fault_json(one) for one in faults])

    async def _get_sessions(self, _: Request) -> Response:
        """Sessions that were reported, by project and UTC minute."""
        return JSONResponse(
            [
                {"project_id": project_id, "minute": minute.strftime("%Y-%m-%dT%H:%MZ"), "sessions": number}
                for (project_id, minute), number in self._world.sessions.minutes().items()
            ]
        )

    async def _reset(self, _: Request) -> Response:
        """As just started: no changes, no faults, no requests, full budgets."""
        for service in self._services:
            service.reset()
        self._faults.replace(())
        self._log.clear()
        return Response(status_code=204)


def _is_object(given: object) -> bool:
    if isinstance(given, dict):
        return True
    raise ValueError("a fault is an object")
