"""The decision log in SQLite. Rule: an append comes back after the disk has it, and it never blocks the event loop."""

import asyncio
from pathlib import Path
from typing import Self, TypeVar

from crashgate.adapters.log_failure import cannot_store
from crashgate.adapters.log_store import Draft, LogStore
from crashgate.adapters.log_writer import LogWriter
from crashgate.decisions.canonical import encode
from crashgate.decisions.record import DecisionRecord, Record, Stored

T = TypeVar("T", bound=Record)


class SqliteLog:
    """A ``DecisionLog`` that writes one chain of the database in a folder. Needs asyncio as the event loop."""

    def __init__(self, store: LogStore) -> None:
        """Take over an opened store; ``open`` is the usual way."""
        self._writer = LogWriter(store)
        self.folder = store.folder
        self.chain = store.chain
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
        """Store the record durably. Raises LogUnavailableError when that is not possible."""
        try:
            draft = _draft(record)
        except (TypeError, ValueError, RecursionError) as error:
            raise cannot_store(error, self.folder) from error
        row = await self._writer.put(draft)
        return Stored(chain=row.chain, seq=row.seq, previous=row.previous, hash=row.hash, record=record)

    async def aclose(self) -> None:
        """Store what was handed in, close the database, and let another process have the chain."""
        self._writer.close()
        await asyncio.to_thread(self._writer.join)


def _draft(record: Record) -> Draft:
    agent = record.agent if isinstance(record, DecisionRecord) else ""
    return Draft(at=record.at, kind=record.KIND, call=record.call, agent=agent, body=encode(record))
