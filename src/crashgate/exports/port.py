"""Where exports are kept, as ports: for the agents that make them, and for the operator who removes them.

Everything here blocks, so call it in a worker thread.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum, unique
from typing import Protocol

from crashgate.errors import NotAvailableError
from crashgate.exports.checkpoint import Checkpoint
from crashgate.exports.encoder import Encoder
from crashgate.exports.manifest import Digest, Manifest
from crashgate.exports.plan import Plan

LARGEST_READ = 1024 * 1024
"""Bytes that one read gives at most."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Unfinished:
    """An export that can be resumed, and how far it is."""

    plan: Plan
    checkpoint: Checkpoint


class Work(Protocol):
    """An export in progress, held against every other process. All methods raise ExportError."""

    @property
    def plan(self) -> Plan:
        """What is being exported."""
        ...

    @property
    def checkpoint(self) -> Checkpoint:
        """How far it was when it was opened; the data file has been cut back to that."""
        ...

    @property
    def ready(self) -> Manifest | None:
        """The manifest, where all that is missing is to publish."""
        ...

    def append(self, data: bytes | bytearray) -> None:
        """Write at the end of the data file."""
        ...

    def commit(self, checkpoint: Checkpoint) -> None:
        """Make what was appended durable, and then, in one step, the checkpoint."""
        ...

    def build(self, encoder: Encoder) -> Digest:
        """Make the finished file, beside the one in progress; may be repeated."""
        ...

    def publish(self, manifest: Manifest) -> None:
        """Let the finished file appear, then its manifest, and clear up; may be repeated. Never overwrites a file."""
        ...

    def close(self) -> None:
        """Let another process have it. May be called twice."""
        ...


class FinishedExports(Protocol):
    """Finished exports."""

    def finished(self, whose: str = "", before: str | None = None) -> Iterator[Manifest]:
        """Those whose ids begin with ``whose``; those of one agent newest first. Raises ExportError.

        ``before`` leaves out what does not come after that id. Each is opened when it is asked for.
        """
        ...

    def find(self, export_id: str) -> Manifest | None:
        """The manifest of one. Raises ExportError."""
        ...

    def read(self, manifest: Manifest, start: int, length: int) -> bytes:
        """Bytes of the data file from ``start``, at most LARGEST_READ; empty behind the end. Raises ExportError."""
        ...

    def path(self, manifest: Manifest) -> str | None:
        """Where the data file is on this machine; None where it is elsewhere. Looks at no file."""
        ...


class Storage(FinishedExports, Protocol):
    """Finished exports and those in progress."""

    def begin(self, plan: Plan) -> Work:
        """Start an export. Raises ExportError when there is one of that id, or something in the way."""
        ...

    def reopen(self, export_id: str) -> Work:
        """Go on with an export. Raises NotAvailableError when there is none, ExportError when it cannot go on."""
        ...

    def clear(self, export_id: str) -> None:
        """Remove what a finished export may have left behind in its working folder."""
        ...

    def unfinished(self, whose: str = "") -> Sequence[Unfinished]:
        """The exports that are in progress, or were interrupted, whose ids begin so. Raises ExportError."""
        ...

    def ids(self, whose: str = "") -> frozenset[str]:
        """The ids that begin so, of finished and unfinished exports; no file is opened. Raises ExportError."""
        ...


def not_available(export_id: str) -> NotAvailableError:
    """One answer for an export that does not exist and for one of another agent (THREATS row 21)."""
    return NotAvailableError(
        f"There is no export {export_id} for this agent.",
        why="It does not exist, or it was not made by this agent.",
        remedy="Ask for the list of exports, or make a new one.",
    )


@unique
class ExportState(StrEnum):
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
    state: ExportState
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
