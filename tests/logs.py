"""A decision log in a folder, as the wiring opens it, for tests of what stands above or below it."""

from pathlib import Path

from crashgate.audit.log import LogWriter
from crashgate.audit.reader import LogReader
from crashgate.audit.retention import LogKeeper
from crashgate.clock import SystemClock
from crashgate.config.wiring import operator
from crashgate.storage.log_keys import LogKeys
from crashgate.storage.log_sqlite import SqliteRowStore


def open_log(folder: Path, *, chain: str | None = None, patience: float = 5.0) -> LogWriter:
    return LogWriter.open(SqliteRowStore(folder), SystemClock(), chain=chain, patience=patience)


def read_log(folder: Path) -> LogReader:
    return LogReader(SqliteRowStore(folder), LogKeys(folder))


def keep_log(folder: Path) -> LogKeeper:
    return LogKeeper(SqliteRowStore(folder), LogKeys(folder), SystemClock(), user=operator())
