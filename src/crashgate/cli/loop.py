"""Running asynchronous code. Rule: on uvloop where there is one, and a request to stop lets it clean up first."""

import asyncio
import gc
import signal
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any, TypeVar

T = TypeVar("T")

_COLLECT_AFTER = (50_000, 20, 50)
"""Objects of generation 0, and collections of the younger generations. By default the collector would start seven times
for each page of a thousand rows, of which nothing is ever part of a cycle: that is a sixth of an export's time."""


def run(main: Coroutine[Any, Any, T]) -> T:
    """Run ``main`` to its end. Raises KeyboardInterrupt after Ctrl-C, when ``main`` has cleaned up.

    It is the process's own work: what was imported until now is not looked through for garbage any more.
    """
    gc.freeze()
    gc.set_threshold(*_COLLECT_AFTER)
    with asyncio.Runner(loop_factory=_uvloop()) as runner:
        return runner.run(main)


async def until_told_to_stop(main: Coroutine[Any, Any, None]) -> bool:
    """Run ``main``; on SIGTERM cancel it, wait for its end, and give False."""
    task = asyncio.ensure_future(main)
    told = False

    def stop() -> None:
        nonlocal told
        told = True
        task.cancel()

    loop = asyncio.get_running_loop()
    with suppress(NotImplementedError):
        loop.add_signal_handler(signal.SIGTERM, stop)
    try:
        await task
    except asyncio.CancelledError:
        if not told:
            raise
    return not told


def _uvloop() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop
