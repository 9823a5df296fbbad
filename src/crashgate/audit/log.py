"""Writes the decision log for callers on an event loop: what arrives together is stored together.

A record is stored by whoever hands it in, if the store is free: that takes less time than waking a thread. The thread
waits for the disk, so that nobody else is held up; what is stored meanwhile shares its next wait.
"""

import asyncio
import contextlib
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, unique
from queue import Empty, SimpleQueue
from typing import Self, TypeVar

from crashgate.audit.chain import Row
from crashgate.audit.chain_writer import LARGEST_BATCH, ChainWriter, Draft, draft
from crashgate.audit.port import RowStore, cannot_store
from crashgate.audit.record import OutcomeRecord, Record, Stored
from crashgate.clock import Clock
from crashgate.errors import LogUnavailableError

T = TypeVar("T", bound=Record)

SETTLE_SECONDS = 0.2
"""How long an outcome may be with the operating system only."""

FAILING_SECONDS = 5.0
"""After a record could not be stored, in which a server says that it is not ready; then the next call tries again."""

_UNWRITABLE = "The record cannot be written down."


class LogWriter:
    """A ``DecisionLog`` that writes one chain. Needs asyncio as the event loop.

    A decision is on the disk when its append returns. An outcome is with the operating system: it outlives this
    process, and a power cut within ``SETTLE_SECONDS`` can take it away, which shows as a call whose outcome is unknown.
    """

    def __init__(self, writer: ChainWriter) -> None:
        """Take over a claimed chain; ``open`` is the usual way."""
        self._commits = GroupCommit(writer)
        self._place = writer.place
        self.chain = writer.chain
        self.lost_head = writer.lost_head
        self.passed_over = writer.passed_over

    @classmethod
    def open(cls, store: RowStore, clock: Clock, *, chain: str | None = None, patience: float = 5.0) -> Self:
        """Open the log in ``store`` and claim a chain for this process.

        Without ``chain`` it is the first free one of main, main-2, main-3 and so on. ``patience`` is how many seconds
        to wait for another process. Raises LogUnavailableError, also when another process has the named chain.
        """
        return cls(ChainWriter(store, clock, chain=chain, patience=patience))

    async def append(self, record: T) -> Stored[T]:
        """Store the record. Raises LogUnavailableError when that is not possible."""
        try:
            drafted = draft(record)
        except (TypeError, ValueError, RecursionError) as error:
            raise cannot_store(_UNWRITABLE, self._place) from error
        answer = self._commits.put(drafted, durable=not isinstance(record, OutcomeRecord))
        row = answer if isinstance(answer, Row) else await answer
        return Stored(chain=row.chain, seq=row.seq, previous=row.previous, hash=row.hash, record=record)

    @property
    def has_just_failed(self) -> bool:
        """Whether within ``FAILING_SECONDS`` a record could not be stored, and none was stored since."""
        failed = self._commits.failed_at
        return failed is not None and time.monotonic() - failed < FAILING_SECONDS

    async def aclose(self) -> None:
        """Store what was handed in, close the store, and let another process have the chain."""
        self._commits.close()
        await asyncio.to_thread(self._commits.join)


@unique
class _Command(Enum):
    SETTLE = "settle"
    END = "end"


@dataclass(frozen=True, kw_only=True, slots=True)
class _Waiting:
    """A draft, and who waits for it: a future of that event loop. ``row`` is there when it is stored already."""

    draft: Draft
    row: Row | None
    durable: bool
    loop: asyncio.AbstractEventLoop
    answer: asyncio.Future[Row]


_Answer = Row | LogUnavailableError


class GroupCommit:
    """Owns a chain from its start on, and closes it at the end. Whatever fails, every waiter gets an answer."""

    def __init__(self, writer: ChainWriter) -> None:
        """Start the thread. It never keeps the process alive: what is not acknowledged may be lost."""
        self._writer = writer
        self._queue: SimpleQueue[_Waiting | _Command] = SimpleQueue()
        self._gate = threading.Lock()
        self._at_store = threading.Lock()
        self._settling = False
        self._closed = False
        self.failed_at: float | None = None
        """When a record could not be stored, on the monotonic clock; None once one was stored again."""
        self._thread = threading.Thread(target=self._run, name=f"decision log {writer.chain}", daemon=True)
        self._thread.start()

    def put(self, draft: Draft, *, durable: bool) -> "asyncio.Future[Row] | Row":
        """Hand in a draft from a running event loop. Returns the row if it is stored already, else a future of it.

        ``durable``: it counts as stored when the disk has it. The future fails when the row cannot be stored. Raises
        LogUnavailableError for that too, and when the log is closed.
        """
        loop = asyncio.get_running_loop()
        with self._gate:
            if self._closed:
                raise LogUnavailableError(
                    "The decision log is closed.", why="crashgate is shutting down.", remedy="Start it again."
                )
            row = self._append_at_once(draft)
            if not durable:
                self._settle_later(loop)
                if row is not None:
                    return row
            waiting = _Waiting(draft=draft, row=row, durable=durable, loop=loop, answer=loop.create_future())
            self._queue.put(waiting)
        return waiting.answer

    def close(self) -> None:
        """Take nothing more; the thread ends when the queue is empty."""
        with self._gate:
            if not self._closed:
                self._closed = True
                self._queue.put(_Command.END)

    def join(self) -> None:
        """Wait for the thread to end."""
        self._thread.join()

    def _run(self) -> None:
        store, more = self._writer.writer, True
        while more:
            batch, commands = self._next_batch()
            more = _Command.END not in commands
            answers = self._append(batch)
            if (
                _Command.SETTLE in commands
                # check: a decision waits for the disk
                or any(waiting.durable for waiting in batch)
            ):
                answers = self._settle(batch, answers)
            self._answer(batch, answers)
            if store.needs_maintenance:
                with self._at_store:
                    store.maintain()
        with self._at_store:
            self._writer.close()

    def _append_at_once(self, draft: Draft) -> Row | None:
        """The row, if the store is free and has to wait for nothing."""
        if not self._at_store.acquire(blocking=False):
            return None
        try:
            return self._writer.append_at_once(draft)
        except Exception as error:
            raise self._unavailable(error) from error
        finally:
            self._at_store.release()

    def _settle_later(self, loop: asyncio.AbstractEventLoop) -> None:
        if not self._settling:
            self._settling = True
            loop.call_later(SETTLE_SECONDS, self._request_settle)

    def _request_settle(self) -> None:
        self._settling = False
        self._queue.put(_Command.SETTLE)

    def _next_batch(self) -> tuple[list[_Waiting], set[_Command]]:
        """All that waits now, once there is anything to do; nothing follows the command to end."""
        batch: list[_Waiting] = []
        commands: set[_Command] = set()
        item = self._queue.get()
        with contextlib.suppress(Empty):
            while True:
                if isinstance(item, _Waiting):
                    batch.append(item)
                else:
                    commands.add(item)
                if item is _Command.END or len(batch) == LARGEST_BATCH:
                    break
                item = self._queue.get_nowait()
        return batch, commands

    def _append(self, batch: Sequence[_Waiting]) -> Sequence[_Answer]:
        """The rows of the batch; those that were not stored at once are now, together."""
        late = [waiting for waiting in batch if waiting.row is None]
        if not late:
            return [waiting.row for waiting in batch if waiting.row is not None]
        try:
            with self._at_store:
                rows: Sequence[_Answer] = self._writer.append([waiting.draft for waiting in late])
        except Exception as error:  # noqa: BLE001 - whatever it is, nobody may wait for ever (THREATS row 28)
            rows = [self._unavailable(error) for _ in late]
        left = iter(rows)
        return [waiting.row or next(left) for waiting in batch]

    def _settle(self, batch: Sequence[_Waiting], answers: Sequence[_Answer]) -> Sequence[_Answer]:
        """The same answers once the disk has what was stored; what nobody waits for is tried again later."""
        try:
            self._writer.writer.settle()
        except Exception as error:  # noqa: BLE001 - as above
            return [
                self._unavailable(error) if waiting.durable else answer
                for waiting, answer in zip(batch, answers, strict=True)
            ]
        return answers

    def _unavailable(self, error: Exception) -> LogUnavailableError:
        """Of one failure, an error of its own for each who waits."""
        self.failed_at = time.monotonic()
        if isinstance(error, LogUnavailableError):
            return LogUnavailableError(error.what, why=error.why, remedy=error.remedy)
        return cannot_store(_UNWRITABLE, self._writer.place)

    def _answer(self, batch: Sequence[_Waiting], answers: Sequence[_Answer]) -> None:
        if any(isinstance(answer, Row) for answer in answers):
            self.failed_at = None
        for loop in {waiting.loop for waiting in batch}:
            mine = [(w.answer, answer) for w, answer in zip(batch, answers, strict=True) if w.loop is loop]
            with contextlib.suppress(RuntimeError):  # that loop is closed: nobody is left to answer
                loop.call_soon_threadsafe(_resolve, mine)


def _resolve(answers: Sequence[tuple[asyncio.Future[Row], _Answer]]) -> None:
    for future, answer in answers:
        if future.done():  # the caller was cancelled; its record is stored all the same
            continue
        if isinstance(answer, Exception):
            future.set_exception(answer)
        else:
            future.set_result(answer)
