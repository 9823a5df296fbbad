"""Policies that change while we serve. Rule: after a mistake the last good policy stays, and it is told.

A mistake in one document keeps its own agent's policy, and all others get theirs; with ``strict`` files it keeps all.

The folder is looked at now and then: there is no notice of changes in the standard library, and looking costs next to
nothing. A folder is read only when it has stood still between two looks, so that a document that is being written is
not taken for a shorter one, which could allow more (THREATS rows 30 and 31).
"""

import asyncio
import logging
import signal
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

from crashgate.adapters.policy_files import Mark, PolicyFiles
from crashgate.errors import ConfigurationError
from crashgate.policy.policy import PolicySet

_log = logging.getLogger(__name__)

SECONDS = 0.5
"""Between two looks; a change is in force after one to two of them."""

Changed = Callable[[frozenset[str]], Awaitable[None]]


class PolicyWatch:
    """Keeps ``files`` as their folder is; ``changed`` is told the agents whose policy is another one now."""

    def __init__(self, files: PolicyFiles, changed: Changed) -> None:
        self._files = files
        self._changed = changed
        self._last = files.mark
        self._failed: Mark | None = None

    async def look(self) -> None:
        """Look once, and reload if there is something new that has stood still since the last look."""
        mark = await asyncio.to_thread(self._files.look)
        still, self._last = mark == self._last, mark
        if still and mark not in {self._files.mark, self._failed}:
            await self._reload(mark)

    async def reload(self) -> None:
        """Reload at once: somebody says that the folder is as it should be. Says what came of it in any case."""
        self._failed = None
        self._last = await asyncio.to_thread(self._files.look)
        if not await self._reload(self._last):
            return
        if not self._files.current().broken:
            _log.warning("The policies in force are those of the folder.")

    async def _reload(self, mark: Mark) -> bool:
        before = self._files.current()
        try:
            found = await asyncio.to_thread(self._files.read)
        except ConfigurationError as problem:
            self._failed = mark
            _log.error("THE POLICIES WERE NOT RELOADED, those in force before stay in force. %s", problem)
            return False
        if await asyncio.to_thread(self._files.look) != mark:
            return False  # it changed while it was read; the next look finds it
        self._files.put(found, mark)
        self._failed = None
        agents = _differing(before, self._files.current())
        if agents:
            _log.warning("Policies reloaded; changed for: %s.", ", ".join(sorted(agents)))
            await self._changed(agents)
        return True


@asynccontextmanager
async def watching(files: PolicyFiles, changed: Changed, *, seconds: float = SECONDS) -> AsyncGenerator[PolicyWatch]:
    """Look every ``seconds`` and, where there are signals, reload on SIGHUP."""
    watch, wanted = PolicyWatch(files, changed), asyncio.Event()

    async def now_and_then() -> None:
        while True:
            asked = False
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    asked = await wanted.wait()
            wanted.clear()
            try:
                await (watch.reload() if asked else watch.look())
            except Exception:  # noqa: BLE001 - the watch must outlive whatever one look met; what is in force stays
                _log.exception("The policy folder could not be looked at; please report it.")

    task = asyncio.create_task(now_and_then())
    loop = asyncio.get_running_loop()
    hang_up = getattr(signal, "SIGHUP", None)
    if hang_up is not None:
        with suppress(NotImplementedError, RuntimeError, ValueError):
            loop.add_signal_handler(hang_up, wanted.set)
    try:
        yield watch
    finally:
        if hang_up is not None:
            with suppress(NotImplementedError, RuntimeError, ValueError):
                loop.remove_signal_handler(hang_up)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def _differing(before: PolicySet, after: PolicySet) -> frozenset[str]:
    agents = {*before, *after}
    return frozenset(name for name in agents if _hash(before, name) != _hash(after, name))


def _hash(policies: PolicySet, agent: str) -> str | None:
    policy = policies.get(agent)
    return policy.hash if policy else None
