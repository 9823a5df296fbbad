"""Exports as their operator sees them: what is kept, and what may be removed. An export being written never is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum, unique
from typing import Protocol


@unique
class Standing(StrEnum):
    """How far an export is."""

    FINISHED = "finished"
    UNFINISHED = "unfinished"
    """It is being made, or was interrupted and can be resumed."""
    LEFT_BEHIND = "left behind"
    """Of a finished export that was not wholly removed: of no use to anybody."""
    UNACCOUNTED = "unaccounted"
    """Called like a data file of ours, but nothing shows that it is: it may be another's, and is never removed."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Kept:
    """One export. ``at`` is when it was finished or last worked on, in UTC; ``size`` is in bytes.

    ``agent``, ``connection`` and ``rows`` are None where nothing tells them any more.
    """

    id: str
    name: str
    standing: Standing
    at: datetime
    agent: str | None = None
    connection: str | None = None
    rows: int | None = None
    size: int | None = None


class Keeper(Protocol):
    """Lists and removes exports. All methods block, and raise ExportError when the storage cannot be used."""

    def kept(self, agent: str | None = None) -> Sequence[Kept]:
        """Everybody's, or one agent's, the oldest first."""
        ...

    def prune(self, before: datetime, agent: str | None = None, *, dry_run: bool = False) -> Sequence[Kept]:
        """Remove what was finished or last worked on before that time, and tell what went, the oldest first.

        With ``dry_run`` nothing is removed.
        """
        ...
