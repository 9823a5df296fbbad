"""The thread that commits. Rule: what waits when a commit ends goes into the next one, and every waiter hears back."""

import asyncio
import contextlib
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from queue import Empty, SimpleQueue

from crashgate.adapters.log_failure import cannot_store
from crashgate.adapters.log_store import LARGEST_BATCH, Draft, LogStore
from crashgate.decisions.chain import Row
from crashgate.errors import LogUnavailableError


@dataclass(frozen=True, kw_only=True, slots=True)
class Waiting:
    """A draft, and who waits for it: a future of that event loop."""

    draft: Draft
    loop: asyncio.AbstractEventLoop
    answer: asyncio.Future[Row]


class LogWriter:
    """Owns a store from its start on, and closes it at the end."""

    def __init__(self, store: LogStore) -> None:
        """Start the thread. It never keeps the process alive: what is not acknowledged may be lost."""
        self._store = store
        self._queue: SimpleQueue[Waiting | None] = SimpleQueue()
        self._gate = threading.Lock()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name=f"decision log {store.chain}", daemon=True)
        self._thread.start()

    def put(self, draft: Draft) -> asyncio.Future[Row]:
        """Hand in a draft from a running event loop; the future is done when the row is durable, or fails.

        Raises LogUnavailableError when the log is closed.
        """
        loop = asyncio.get_running_loop()
        waiting = Waiting(draft=draft, loop=loop, answer=loop.create_future())
        with self._gate:
            if self._closed:
                raise LogUnavailableError(
                    "The decision log is closed.", why="crashgate is shutting down.", remedy="Start it again."
                )
            self._queue.put(waiting)
        return waiting.answer

    def close(self) -> None:
        """Take nothing more; the thread ends when the queue is empty."""
        with self._gate:
            if not self._closed:
                self._closed = True
                self._queue.put(None)

    def join(self) -> None:
        """Wait for the thread to end."""
        self._thread.join()

    def _run(self) -> None:
        more = True
        while more:
            batch, more = self._batch()
            if batch:
                self._commit(batch)
        self._store.close()

    def _batch(self) -> tuple[list[Waiting], bool]:
        """All that waits now, at least one; false with it when nothing will follow."""
        batch: list[Waiting] = []
        waiting = self._queue.get()
        with contextlib.suppress(Empty):
            while waiting is not None:
                batch.append(waiting)
                if len(batch) == LARGEST_BATCH:
                    break
                waiting = self._queue.get_nowait()
        return batch, waiting is not None

    def _commit(self, batch: Sequence[Waiting]) -> None:
        answers: Sequence[Row | Exception]
        try:
            answers = self._store.append([waiting.draft for waiting in batch])
        except LogUnavailableError as error:
            answers = [LogUnavailableError(error.what, why=error.why, remedy=error.remedy) for _ in batch]
        except Exception as error:  # noqa: BLE001 - whatever it is, nobody may wait for ever (THREATS row 28)
            answers = [cannot_store(error, self._store.folder) for _ in batch]
        for loop in {waiting.loop for waiting in batch}:
            mine = [(w.answer, answer) for w, answer in zip(batch, answers, strict=True) if w.loop is loop]
            with contextlib.suppress(RuntimeError):  # that loop is closed: nobody is left to tell
                loop.call_soon_threadsafe(_tell, mine)


def _tell(answers: Sequence[tuple[asyncio.Future[Row], Row | Exception]]) -> None:
    for future, answer in answers:
        if future.done():  # the caller was cancelled; its record is stored all the same
            continue
        if isinstance(answer, Exception):
            future.set_exception(answer)
        else:
            future.set_result(answer)
