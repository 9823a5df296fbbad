"""Something that is done again and again while a server runs."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

_log = logging.getLogger(__name__)

HALF_A_SECOND = 0.5
"""Between two looks at what another process may change: tokens and freezes."""


@asynccontextmanager
async def repeat(do: Callable[[], Awaitable[None]], *, seconds: float = HALF_A_SECOND) -> AsyncGenerator[None]:
    """Call ``do`` every ``seconds`` while the block runs. What goes wrong in it is logged, and it is called again."""

    async def run() -> None:
        while True:
            await asyncio.sleep(seconds)
            try:
                await do()
            except Exception:  # noqa: BLE001 - the task must outlive whatever one call met
                _log.exception("What is looked at now and then could not be; please report it.")

    task = asyncio.create_task(run())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
