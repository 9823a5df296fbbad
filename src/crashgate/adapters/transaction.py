"""A transaction of SQLite. Rule: all of it or nothing, whatever goes wrong inside."""

import sqlite3
from collections.abc import Generator
from contextlib import contextmanager


@contextmanager
def transaction(database: sqlite3.Connection) -> Generator[None]:
    """Hold it for writing from the start, so that nothing read inside is out of date. Raises sqlite3.Error."""
    database.execute("BEGIN IMMEDIATE")
    try:
        yield
        database.execute("COMMIT")
    except BaseException:
        if database.in_transaction:  # SQLite has rolled it back already after some errors
            database.execute("ROLLBACK")
        raise
