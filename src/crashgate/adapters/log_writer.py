"""The thread that commits. Rule: what waits when a commit ends goes into the next one, and every waiter hears back.

A draft that need not wait for the disk is stored at once, by whoever hands it in, if the store is free: that takes less
time than to wake the thread. The thread sees to it that the disk has it a moment later. Where many calls run together
it goes to the thread like the others, because one commit for many takes less time than one for each.
"""

import asyncio
import contextlib
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, unique
from queue import Empty, SimpleQueue

from crashgate.adapters.log_draft import Draft
from crashgate.adapters.log_failure import cannot_store
from crashgate.adapters.log_store import LARGEST_BATCH, LogStore
from crashgate.decisions.chain import Row
from crashgate.errors import LogUnavailableError

SETTLE_SECONDS = 0.2
"""So long what was stored at once may be with the operating system only."""


_CROWD = 3
"""Drafts in the last commit from which on many calls run together."""


@unique
class _Wish(Enum):
    SETTLE = "settle"
    END = "end"


@dataclass(frozen=True, kw_only=True, slots=True)
class Waiting:
    """A draft, and who waits for it: a future of that event loop."""

    draft: Draft
    durable: bool
    loop: asyncio.AbstractEventLoop
    answer: asyncio.Future[Row]


class LogWriter:
    """Owns a store from its start on, and closes it at the end."""

    def __init__(self, store: LogStore) -> None:
        """Start the thread. It never keeps the process alive: what is not acknowledged may be lost."""
        self._store = store
        self._queue: SimpleQueue[Waiting | _Wish] = SimpleQueue()
        self._gate = threading.Lock()
        self._at_store = threading.Lock()
        self._settling = False
        self._crowded = False
        self._closed = False
        self._thread = threading.Thread(target=self._run, name=f"decision log {store.chain}", daemon=True)
        self._thread.start()

    def put(self, draft: Draft, *, durable: bool) -> "asyncio.Future[Row] | Row":
        """Hand in a draft from a running event loop: the row when it is stored already, or a future that is done then.

        The future fails when the row cannot be stored. Raises LogUnavailableError for that too, and when the log is
        closed.
        """
        loop = asyncio.get_running_loop()
        with self._gate:
            if self._closed:
                raise LogUnavailableError(
                    "The decision log is closed.", why="crashgate is shutting down.", remedy="Start it again."
                )
            if not durable:
                self._ask_to_settle(loop)
                if not self._crowded and (row := self._stored_at_once(draft)) is not None:
                    return row
            waiting = Waiting(draft=draft, durable=durable, loop=loop, answer=loop.create_future())
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
            with self._at_store:
                answers = self._stored(batch)
            self._answer(batch, answers)
            with self._at_store:
                self._keep_house(settle=_Wish.SETTLE in wishes)
        with self._at_store:
            self._store.close()

    def _stored_at_once(self, draft: Draft) -> Row | None:
        """The row, if the store is free and has to wait for nothing."""
        if not self._at_store.acquire(blocking=False):
            return None
        try:
            return self._store.append_at_once(draft)
        finally:
            self._at_store.release()

    def _ask_to_settle(self, loop: asyncio.AbstractEventLoop) -> None:
        if not self._settling:
            self._settling = True
            loop.call_later(SETTLE_SECONDS, self._wake)

    def _wake(self) -> None:
        self._settling = False
        self._queue.put(_Wish.SETTLE)

    def _keep_house(self, *, settle: bool) -> None:
        """What nobody waits for: outcomes go to the disk, and the write-ahead log into the database."""
        if settle:
            with contextlib.suppress(OSError):  # the next commit tries again, and refuses if it cannot
                self._store.settle()
        self._store.fold()

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

    def _stored(self, batch: Sequence[Waiting]) -> Sequence[Row | Exception]:
        if not batch:
            return []
        self._crowded = len(batch) >= _CROWD
        try:
            return self._store.append(
                [waiting.draft for waiting in batch], durable=any(waiting.durable for waiting in batch)
            )
        except LogUnavailableError as error:
            return [LogUnavailableError(error.what, why=error.why, remedy=error.remedy) for _ in batch]
        except Exception as error:  # noqa: BLE001 - whatever it is, nobody may wait for ever (THREATS row 28)
            return [cannot_store(error, self._store.folder) for _ in batch]

    def _answer(self, batch: Sequence[Waiting], answers: Sequence[Row | Exception]) -> None:
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
