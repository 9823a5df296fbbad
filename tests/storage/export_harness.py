"""An exporter over a directory, for tests of what happens to files."""

import hashlib
from pathlib import Path
from typing import Final

from crashgate.exports.exporter import Encoders, Exporter
from crashgate.exports.manifest import Manifest
from crashgate.exports.plan import Format, Plan
from crashgate.exports.port import Unfinished
from crashgate.exports.text_formats import CsvLines, JsonLines
from crashgate.storage.export_storage import Directory, ExportStorage
from crashgate.storage.parquet import Parquet
from tests.exports.samples import COLUMNS, FIRST, STARTED
from tests.held_clock import HeldClock

ENCODERS: Final[Encoders] = {Format.JSONL: JsonLines, Format.CSV: CsvLines, Format.PARQUET: Parquet}


def exporter(storage: ExportStorage, *, commit_after: float = 0.0) -> Exporter:
    """Commits after every page, unless ``commit_after`` says otherwise."""
    return Exporter(storage=storage, encoders=ENCODERS, clock=HeldClock(), commit_after=commit_after)


def exporter_to(folder: Path, *, commit_after: float = 0.0) -> Exporter:
    return exporter(ExportStorage(folder, Directory(folder)), commit_after=commit_after)


def names(folder: Path) -> set[str]:
    """What there is, without the empty folder for work in progress."""
    return {str(path.relative_to(folder)) for path in folder.rglob("*")} - {".in-progress"}


def manifest_of_source(plan: Plan, data: bytes, *, rows: int, pages: int, neutralised: int = 0) -> Manifest:
    """The manifest that an export of that data has to have."""
    return Manifest(
        id=plan.id,
        subject="sessions",
        file=f"sessions-{plan.id}.{plan.format}",
        format=plan.format,
        agent="reader",
        connection="bugspulse-main",
        operation="bugspulse.sessions.export",
        query={"start": "2026-11-01", "tags": ["a", 1, None]},
        permissions=(FIRST,),
        rows=rows,
        pages=pages,
        columns=COLUMNS,
        size=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
        redacted=(),
        neutralised=neutralised,
        started_at=STARTED,
        finished_at="2026-11-20T15:30:00.000Z",
    )


def everything(_: Manifest | Unfinished) -> bool:
    """Nothing is withheld from the agent."""
    return True
