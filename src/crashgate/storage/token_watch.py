"""Tokens that are revoked while we serve. Rule: what they began ends within two seconds."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

_log = logging.getLogger(__name__)

SECONDS = 0.5
"""Between two looks."""


@asynccontextmanager
async def watching_tokens(
    end_revoked: Callable[[], Awaitable[None]], *, seconds: float = SECONDS
) -> AsyncGenerator[None]:
    """Call ``end_revoked`` every ``seconds`` while the block runs."""

    async def now_and_then() -> None:
        while True:
            await asyncio.sleep(seconds)
            try:
                await end_revoked()
            except Exception:  # noqa: BLE001 - the watch must outlive whatever one look met
                _log.exception("It could not be seen whether tokens were revoked; please report it.")

    task = asyncio.create_task(now_and_then())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
