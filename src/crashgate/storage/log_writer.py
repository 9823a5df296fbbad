"""How records get into the store. Rule: what waits when the disk is asked goes along, and every waiter hears back.

A draft is stored by whoever hands it in, if the store is free: that takes less time than to wake a thread. The thread
waits for the disk, so that nobody else is held up; what is stored meanwhile shares its next wait.
"""

import asyncio
import contextlib
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, unique
from queue import Empty, SimpleQueue

from crashgate.audit.chain import Row
from crashgate.errors import LogUnavailableError
from crashgate.storage.log_draft import Draft
from crashgate.storage.log_failure import cannot_store
from crashgate.storage.log_store import LARGEST_BATCH, LogStore

SETTLE_SECONDS = 0.2
"""So long what nobody waits for may be with the operating system only."""


@unique
class _Wish(Enum):
    SETTLE = "settle"
    END = "end"


@dataclass(frozen=True, kw_only=True, slots=True)
class Waiting:
    """A draft, and who waits for it: a future of that event loop. ``row`` is there when it is stored already."""

    draft: Draft
    row: Row | None
    durable: bool
    loop: asyncio.AbstractEventLoop
    answer: asyncio.Future[Row]


Answer = Row | LogUnavailableError


class LogWriter:
    """Owns a store from its start on, and closes it at the end."""

    def __init__(self, store: LogStore) -> None:
        """Start the thread. It never keeps the process alive: what is not acknowledged may be lost."""
        self._store = store
        self._queue: SimpleQueue[Waiting | _Wish] = SimpleQueue()
        self._gate = threading.Lock()
        self._at_store = threading.Lock()
        self._settling = False
        self._closed = False
        self._thread = threading.Thread(target=self._run, name=f"decision log {store.chain}", daemon=True)
        self._thread.start()

    def put(self, draft: Draft, *, durable: bool) -> "asyncio.Future[Row] | Row":
        """Hand in a draft from a running event loop: the row when it is stored already, or a future that is done then.

        ``durable``: stored is what the disk has. The future fails when the row cannot be stored. Raises
        LogUnavailableError for that too, and when the log is closed.
        """
        loop = asyncio.get_running_loop()
        with self._gate:
            if self._closed:
                raise LogUnavailableError(
                    "The decision log is closed.", why="crashgate is shutting down.", remedy="Start it again."
                )
            row = self._stored_at_once(draft)
            if not durable:
                self._ask_to_settle(loop)
                if row is not None:
                    return row
            waiting = Waiting(draft=draft, row=row, durable=durable, loop=loop, answer=loop.create_future())
            self._queue.put(waiting)
        return waiting.answer

    def close(self) -> None:
        """Take nothing more; the thread ends when the queue is empty."""
        with self._gate:
            if not self._closed:
                self._closed = True
                self._queue.put(_Wish.END)

    def join(self) -> None:
        """Wait for the thread to end."""
        self._thread.join()

    def _run(self) -> None:
        more = True
        while more:
            batch, wishes = self._batch()
            more = _Wish.END not in wishes
            answers = self._stored(batch)
            if _Wish.SETTLE in wishes or any(waiting.durable for waiting in batch):
                answers = self._settled(batch, answers)
            self._answer(batch, answers)
            if self._store.is_long:
                with self._at_store:
                    self._store.fold()
        with self._at_store:
            self._store.close()

    def _stored_at_once(self, draft: Draft) -> Row | None:
        """The row, if the store is free and has to wait for nothing."""
        if not self._at_store.acquire(blocking=False):
            return None
        try:
            return self._store.append_at_once(draft)
        except Exception as error:
            raise self._told(error) from error
        finally:
            self._at_store.release()

    def _ask_to_settle(self, loop: asyncio.AbstractEventLoop) -> None:
        if not self._settling:
            self._settling = True
            loop.call_later(SETTLE_SECONDS, self._wake)

    def _wake(self) -> None:
        self._settling = False
        self._queue.put(_Wish.SETTLE)

    def _batch(self) -> tuple[list[Waiting], set[_Wish]]:
        """All that waits now, once there is anything to do; nothing follows the wish to end."""
        batch: list[Waiting] = []
        wishes: set[_Wish] = set()
        waiting = self._queue.get()
        with contextlib.suppress(Empty):
            while True:
                if isinstance(waiting, Waiting):
                    batch.append(waiting)
                else:
                    wishes.add(waiting)
                if waiting is _Wish.END or len(batch) == LARGEST_BATCH:
                    break
                waiting = self._queue.get_nowait()
        return batch, wishes

    def _stored(self, batch: Sequence[Waiting]) -> Sequence[Answer]:
        """The rows of the batch; those that were not stored at once are now, together."""
        late = [waiting for waiting in batch if waiting.row is None]
        if not late:
            return [waiting.row for waiting in batch if waiting.row is not None]
        try:
            with self._at_store:
                rows: Sequence[Answer] = self._store.append([waiting.draft for waiting in late])
        except Exception as error:  # noqa: BLE001 - whatever it is, nobody may wait for ever (THREATS row 28)
            rows = [self._told(error) for _ in late]
        left = iter(rows)
        return [waiting.row or next(left) for waiting in batch]

    def _settled(self, batch: Sequence[Waiting], answers: Sequence[Answer]) -> Sequence[Answer]:
        """The same answers, for whom the disk has what was stored; what nobody waits for is tried again later."""
        try:
            self._store.settle()
        except Exception as error:  # noqa: BLE001 - as above
            return [
                self._told(error) if waiting.durable else answer for waiting, answer in zip(batch, answers, strict=True)
            ]
        return answers

    def _told(self, error: Exception) -> LogUnavailableError:
        """Of one failure, an error of its own for each who waits."""
        if isinstance(error, LogUnavailableError):
            return LogUnavailableError(error.what, why=error.why, remedy=error.remedy)
        return cannot_store(error, self._store.folder)

    def _answer(self, batch: Sequence[Waiting], answers: Sequence[Answer]) -> None:
        for loop in {waiting.loop for waiting in batch}:
            mine = [(w.answer, answer) for w, answer in zip(batch, answers, strict=True) if w.loop is loop]
            with contextlib.suppress(RuntimeError):  # that loop is closed: nobody is left to tell
                loop.call_soon_threadsafe(_tell, mine)


def _tell(answers: Sequence[tuple[asyncio.Future[Row], Answer]]) -> None:
    for future, answer in answers:
        if future.done():  # the caller was cancelled; its record is stored all the same
            continue
        if isinstance(answer, Exception):
            future.set_exception(answer)
        else:
            future.set_result(answer)
