"""Identical reads in flight. Rule: whoever asks the same while it is under way gets the same answer, asked for once.

Nothing is kept after the answer: this is no cache.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import anyio

from crashgate.model.message import Request, Response

Key = tuple[str, str, bytes | None]


@dataclass(kw_only=True, slots=True)
class _Flight:
    """One request under way. ``answer`` and ``problem`` stay None when whoever sent it was cancelled."""

    landed: anyio.Event = field(default_factory=anyio.Event)
    answer: Response | None = None
    problem: Exception | None = None


class Flights:
    """The reads of one connection that are under way."""

    def __init__(self) -> None:
        self._flying: dict[Key, _Flight] = {}

    async def share(self, request: Request, send: Callable[[], Awaitable[Response]]) -> tuple[Response, bool]:
        """The answer to ``request``, and whether somebody else had asked already. Raises what ``send`` raises.

        When the one who asked gives up, the next one asks in its place.
        """
        key: Key = (request.method, request.url, request.body)
        while True:
            other = self._flying.get(key)
            if other is None:
                return await self._fly(key, send), False
            await other.landed.wait()
            if other.problem is not None:
                raise _again(other.problem)
            if other.answer is not None:
                return other.answer, True

    async def _fly(self, key: Key, send: Callable[[], Awaitable[Response]]) -> Response:
        flight = _Flight()
        self._flying[key] = flight
        try:
            flight.answer = await send()
        except Exception as problem:
            flight.problem = problem
            raise
        else:
            return flight.answer
        finally:
            del self._flying[key]
            flight.landed.set()


def _again(problem: Exception) -> Exception:
    """The same error for another caller: raising one object in two tasks would mix their tracebacks."""
    # Not copy.copy: it would call the constructor, which takes other arguments than those of the base.
    copied = type(problem).__new__(type(problem), *problem.args)
    vars(copied).update(vars(problem))
    return copied
