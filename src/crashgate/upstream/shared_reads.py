"""Identical reads at the same time. Rule: whoever asks what is under way gets the same answer, asked for once.

Nothing is kept after the answer: this is no cache.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import anyio

from crashgate.model.message import Request, Response

Key = tuple[str, str, bytes | None]


@dataclass(kw_only=True, slots=True)
class _Read:
    """One request under way. ``answer`` and ``problem`` stay None when whoever sent it was cancelled."""

    done: anyio.Event = field(default_factory=anyio.Event)
    answer: Response | None = None
    problem: Exception | None = None


class SharedReads:
    """The reads of one connection that are under way."""

    def __init__(self) -> None:
        self._under_way: dict[Key, _Read] = {}

    async def share(self, request: Request, send: Callable[[], Awaitable[Response]]) -> tuple[Response, bool]:
        """The answer to ``request``, and whether somebody else had asked already. Raises what ``send`` raises.

        When the caller who sent it is cancelled, the next one sends in its place.
        """
        key: Key = (request.method, request.url, request.body)
        while True:
            other = self._under_way.get(key)
            # check[always]: an identical read under way is asked for once
            if other is None:
                return await self._send(key, send), False
            await other.done.wait()
            if other.problem is not None:
                raise _copy(other.problem)
            if other.answer is not None:
                return other.answer, True

    async def _send(self, key: Key, send: Callable[[], Awaitable[Response]]) -> Response:
        read = self._under_way[key] = _Read()
        try:
            read.answer = await send()
        except Exception as problem:
            read.problem = problem
            raise
        else:
            return read.answer
        finally:
            del self._under_way[key]
            read.done.set()


def _copy(problem: Exception) -> Exception:
    """The same error for another caller: raising one object in two tasks would mix their tracebacks."""
    # Not copy.copy: it would call the constructor, which takes other arguments than those of the base.
    copied = type(problem).__new__(type(problem), *problem.args)
    vars(copied).update(vars(problem))
    return copied
