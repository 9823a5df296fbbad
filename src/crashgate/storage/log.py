"""The decision log in SQLite. Rule: a decision is on the disk when its append comes back; nothing waits in the loop.

An outcome is with the operating system when its append comes back: it outlives this process, and a power cut within
``log_writer.SETTLE_SECONDS`` can take it away, which shows as a call whose outcome is unknown. Everything else waits
for the disk, in a thread.
"""

import asyncio
from pathlib import Path
from typing import Self, TypeVar

from crashgate.audit.chain import Row
from crashgate.audit.record import OutcomeRecord, Record, Stored
from crashgate.storage.log_draft import draft
from crashgate.storage.log_failure import cannot_store
from crashgate.storage.log_store import LogStore
from crashgate.storage.log_writer import LogWriter

T = TypeVar("T", bound=Record)


class SqliteLog:
    """A ``DecisionLog`` that writes one chain of the database in a folder. Needs asyncio as the event loop."""

    def __init__(self, store: LogStore) -> None:
        """Take over an opened store; ``open`` is the usual way."""
        self._writer = LogWriter(store)
        self.folder = store.folder
        self.chain = store.chain
        self.lost_head = store.lost_head
        """Where the chain ended when its head was missing: to be told to the operator too."""
        self.passed_over = store.passed_over
        """Free chains whose end is not the one that was stored: left alone as evidence, to be told to the operator."""

    @classmethod
    def open(cls, folder: Path, *, chain: str | None = None, patience: float = 5.0) -> Self:
        """Open the log in ``folder``, made where it is missing, and claim a chain for this process.

        Without ``chain`` it is the first free one of main, main-2, main-3 and so on. ``patience`` is how many seconds
        to wait for another process. Raises LogUnavailableError, also when another process has the named chain.
        """
        return cls(LogStore(folder, chain=chain, patience=patience))

    async def append(self, record: T) -> Stored[T]:
        """Store the record. Raises LogUnavailableError when that is not possible."""
        try:
            drafted = draft(record)
        except (TypeError, ValueError, RecursionError) as error:
            raise cannot_store(error, self.folder) from error
        answer = self._writer.put(drafted, durable=not isinstance(record, OutcomeRecord))
        row = answer if isinstance(answer, Row) else await answer
        return Stored(chain=row.chain, seq=row.seq, previous=row.previous, hash=row.hash, record=record)

    async def aclose(self) -> None:
        """Store what was handed in, close the database, and let another process have the chain."""
        self._writer.close()
        await asyncio.to_thread(self._writer.join)
