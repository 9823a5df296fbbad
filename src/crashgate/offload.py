"""Work on large answers, off the event loop, one at a time. A small answer is worked on at once.

A worker thread is no quicker, but the interpreter gives the loop its turn every few milliseconds meanwhile: what one
agent asked for does not hold up what the others did.
"""

from collections.abc import Callable
from typing import Any, Final, TypeVar

import anyio
from anyio import to_thread
from anyio.lowlevel import RunVar, checkpoint_if_cancelled

LARGE: Final = 64 * 1024
"""Bytes of an upstream's answer. A smaller one is read in a few milliseconds at most, and mostly in less than it takes
to hand it to a thread."""

LARGE_PAGE: Final = 1024 * 1024
"""The same for a page of many that are read in a row: a thousand rows of an export have half of that and are read in
six milliseconds, and to hand over each of these pages would take a fifth of the export's speed."""

AT_ONCE: Final = 1
"""Two would take their turns with each other, and with the loop."""

_T = TypeVar("_T")
_room = RunVar[anyio.CapacityLimiter]("_room")


async def aside(size: int, work: Callable[..., _T], *given: Any, bulk: bool = False) -> _T:  # noqa: ANN401 - whatever the work takes
    """``work`` of what was given: in a worker thread when the answer, of ``size`` bytes, is large; else at once.

    ``bulk`` marks one page of many that are read in a row.

    It must touch nothing that another task may change meanwhile. Raises what it raises. Who gives up waits for the end
    of work that was begun, which our limits bound, so that no agent can have more of it done at once by giving up.
    """
    if size <= (LARGE_PAGE if bulk else LARGE):
        return work(*given)
    done = await to_thread.run_sync(work, *given, limiter=_the_room())
    # Nobody was told to stop while the thread was at work.
    await checkpoint_if_cancelled()
    return done


def _the_room() -> anyio.CapacityLimiter:
    """That of the running event loop."""
    room = _room.get(None)
    if room is None:
        room = anyio.CapacityLimiter(AT_ONCE)
        _room.set(room)
    return room
