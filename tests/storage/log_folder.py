"""A decision log in a folder, filled and tampered with. Rule: filled only through the product's own writer."""

import asyncio
import sqlite3
from collections.abc import Iterable
from contextlib import aclosing, closing
from dataclasses import replace
from pathlib import Path

from crashgate.audit.chain import Fault
from crashgate.audit.record import DecisionRecord, Record
from tests.audit.samples import decision
from tests.logs import open_log, read_log


def asked(number: int) -> DecisionRecord:
    """The decision of the ``number``-th second of an hour."""
    return replace(decision(number), at=f"2026-11-20T17:{number // 60:02}:{number % 60:02}.000Z")


def at(number: int) -> str:
    """The time of that decision."""
    return asked(number).at


def fill(folder: Path, records: Iterable[Record], chain: str | None = None) -> str:
    """Append the records; the name of the chain that got them."""

    async def store() -> str:
        async with aclosing(open_log(folder, chain=chain)) as log:
            for record in records:
                await log.append(record)
            return log.chain

    return asyncio.run(store())


def tamper(folder: Path, script: str) -> None:
    """Run the script on the database, past the triggers."""
    with closing(sqlite3.connect(folder / "decisions.sqlite3", isolation_level=None)) as database:
        for (trigger,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            database.execute(f"DROP TRIGGER {trigger}")
        database.executescript(script)


def faults(folder: Path) -> list[tuple[str, Fault | None, int | None]]:
    """Of each chain: the fault, and the first bad record."""
    return [(verdict.chain, verdict.fault, verdict.seq) for verdict in read_log(folder).verify()]


def as_first_version(folder: Path) -> None:
    """Make it what the first release wrote."""
    tamper(
        folder,
        "DROP TABLE found; DROP INDEX records_outcomes; DROP INDEX records_checkpoints; PRAGMA user_version = 1;"
        "CREATE TRIGGER records_are_not_changed BEFORE UPDATE ON records "
        "BEGIN SELECT RAISE(ABORT, 'the decision log is append-only'); END;"
        "CREATE TRIGGER records_are_not_deleted BEFORE DELETE ON records "
        "BEGIN SELECT RAISE(ABORT, 'the decision log is append-only'); END;",
    )
