"""Being told to stop. Rule: the first signal asks for an orderly end, and the second one insists; neither kills."""

import signal
from collections.abc import Generator
from contextlib import contextmanager
from types import FrameType


class Stop:
    """How often we were told to stop."""

    def __init__(self) -> None:
        self.asked = 0

    def __call__(self, _signal: int, _frame: FrameType | None) -> None:
        """Take note; whoever serves looks here."""
        self.asked += 1


@contextmanager
def told_to_stop() -> Generator[Stop]:
    """SIGTERM and SIGINT as requests, from before anything is open until after all is closed."""
    stop = Stop()
    before = {each: signal.signal(each, stop) for each in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield stop
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
