"""Running asynchronous code. Rule: on uvloop where there is one, and a request to stop lets it clean up first."""

import asyncio
import signal
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any, TypeVar

T = TypeVar("T")


def run(main: Coroutine[Any, Any, T]) -> T:
    """Run ``main`` to its end. Raises KeyboardInterrupt after Ctrl-C, when ``main`` has cleaned up."""
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
