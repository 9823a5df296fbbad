"""Work on a large answer in a worker thread. Rule: a small answer never pays for it, and few are worked on at once.

A thread is no quicker, but the interpreter gives the event loop its turn every few milliseconds meanwhile, so that what
one agent asked for does not delay the others.
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

# check[huge]: large answers are read one after the other
AT_ONCE: Final = 1
"""Two would take their turns with each other, and with the loop."""

_T = TypeVar("_T")
_limiters = RunVar[anyio.CapacityLimiter]("_limiters")


async def offload(size: int, work: Callable[..., _T], *given: Any, bulk: bool = False) -> _T:  # noqa: ANN401 - whatever the work takes
    """The result of ``work``: in a worker thread where the answer, of ``size`` bytes, is large; otherwise at once.

    ``bulk`` marks one page of many that are read in a row. The work must touch nothing that another task may change
    meanwhile; what it raises is raised here. A cancelled caller waits until work that was begun has ended, which our
    limits bound: no agent can have more done at once by cancelling.
    """
    if size <= (LARGE_PAGE if bulk else LARGE):
        return work(*given)
    result = await to_thread.run_sync(work, *given, limiter=limiter())
    # check: who gives up while an answer is worked on is told so
    await checkpoint_if_cancelled()  # nobody was cancelled while the thread was at work
    return result


def limiter() -> anyio.CapacityLimiter:
    """How many large answers the running event loop has worked on at once, and who waits."""
    found = _limiters.get(None)
    if found is None:
        found = anyio.CapacityLimiter(AT_ONCE)
        _limiters.set(found)
    return found
