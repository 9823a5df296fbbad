"""Looks for calls by their keys. Rule: the keys say where to look, the records say what is shown."""

import sqlite3
from collections.abc import Iterator
from itertools import islice

from crashgate.adapters.log_schema import COLUMNS, to_row
from crashgate.decisions.chain import Row
from crashgate.decisions.search import Query

_DECISION = f"SELECT {COLUMNS} FROM records WHERE position = ?"  # noqa: S608 - no value of anyone's in it
_OUTCOME = f"SELECT {COLUMNS} FROM records WHERE call = ? AND kind = 'outcome'"  # noqa: S608 - the same
_MANY = 500


def search(database: sqlite3.Connection, query: Query) -> Iterator[tuple[Row, Row | None]]:
    """The decisions that fit, each with its outcome; what ``fits`` says and ``limit`` are for the caller to look at."""
    clauses, values = _where(query)
    order = "ASC" if query.oldest_first else "DESC"
    found = database.execute(
        f"SELECT position FROM found WHERE {clauses} ORDER BY position {order}",  # noqa: S608 - no value in it
        values,
    )
    while positions := list(islice(found, _MANY)):
        for (position,) in positions:
            decision = database.execute(_DECISION, (position,)).fetchone()
            if decision is None:
                continue  # pruned meanwhile
            row = to_row(decision)
            yield row, outcome_of(database, row)


def outcome_of(database: sqlite3.Connection, decision: Row) -> Row | None:
    """The outcome of a decision, or None while there is none."""
    outcome = database.execute(_OUTCOME, (decision.call,)).fetchone()
    return None if outcome is None else to_row(outcome)


def _where(query: Query) -> tuple[str, list[str]]:
    equal = {
        "agent": query.agent,
        "tool": query.tool,
        "resource": query.resource,
        "connection": query.connection,
        "effect": query.effect,
    }
    clauses = {f"{name} = ?": value for name, value in equal.items() if value is not None}
    if query.since is not None:
        clauses["at >= ?"] = query.since
    if query.until is not None:
        clauses["at < ?"] = query.until
    values = [str(value) for value in clauses.values()]
    parts = list(clauses)
    if query.project is not None:
        parts.append("(project = ? OR project_slug = ?)")
        values += [query.project, query.project]
    return " AND ".join(parts) or "1", values
