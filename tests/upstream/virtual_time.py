"""An event loop whose time passes at once when everybody waits. Rule: nothing here opens a socket or sleeps.

A test that runs in it sees pauses of minutes end in no time, and the loop's clock says exactly how long they were.
"""

import asyncio
import selectors
from collections.abc import Coroutine, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from _typeshed import FileDescriptorLike

T = TypeVar("T")


class _NobodyThere(selectors.BaseSelector):
    """A selector that waits by moving the clock; the loop's own pipe is the one file it ever knows."""

    def __init__(self) -> None:
        self.now = 0.0
        self._known: dict[FileDescriptorLike, selectors.SelectorKey] = {}

    def register(self, fileobj: "FileDescriptorLike", events: int, data: Any = None) -> selectors.SelectorKey:  # noqa: ANN401 - as the base has it
        key = selectors.SelectorKey(fileobj, fileobj if isinstance(fileobj, int) else fileobj.fileno(), events, data)
        self._known[fileobj] = key
        return key

    def unregister(self, fileobj: "FileDescriptorLike") -> selectors.SelectorKey:
        return self._known.pop(fileobj)

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise RuntimeError("everybody waits for something that never comes")
        self.now += max(0.0, timeout)
        return []

    def get_map(self) -> "Mapping[FileDescriptorLike, selectors.SelectorKey]":
        return self._known


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """asyncio's loop on that clock."""

    def __init__(self) -> None:
        self._clock = _NobodyThere()
        super().__init__(self._clock)

    def time(self) -> float:
        return self._clock.now


def run(main: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine in virtual time."""
    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        return runner.run(main)
