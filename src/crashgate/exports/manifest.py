"""What stands beside a finished data file. Rule: it appears after the data; an export without one is not finished."""

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import JsonValue, TypeAdapter

from crashgate.exports.checkpoint import Checkpoint
from crashgate.exports.column import Column
from crashgate.exports.naming import ENDING
from crashgate.exports.plan import Format, Permission, Plan

FORMAT = 1


@dataclass(frozen=True, kw_only=True, slots=True)
class Digest:
    """Size in bytes and SHA-256, in hexadecimal, of a file."""

    size: int
    sha256: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Manifest:
    """One finished export, as stored.

    ``permissions`` has a decision for the start and for every resumption, each with the hash of its policy. ``size``
    is in bytes. ``redacted`` names what is taken out of every row; ``neutralised`` counts the cells that got an
    apostrophe so that no spreadsheet runs them. Times are RFC 3339 in UTC.
    """

    manifest_format: int = FORMAT
    id: str
    subject: str
    file: str
    format: Format
    agent: str
    connection: str
    operation: str
    query: Mapping[str, JsonValue]
    permissions: tuple[Permission, ...]
    rows: int
    pages: int
    columns: tuple[Column, ...]
    size: int
    sha256: str
    redacted: tuple[str, ...]
    neutralised: int
    started_at: str
    finished_at: str

    @property
    def manifest_file(self) -> str:
        """The name under which it is stored."""
        return f"{self.subject}-{self.id}{ENDING}"

    def owned_by(self, agent: str) -> bool:
        """Whether ``agent`` made the export, and may therefore read it."""
        return self.agent == agent


def manifest_of(plan: Plan, checkpoint: Checkpoint, digest: Digest, *, finished_at: str) -> Manifest:
    """The manifest of an export whose pages are all there."""
    return Manifest(
        id=plan.id,
        subject=plan.subject,
        file=plan.file,
        format=plan.format,
        agent=plan.agent,
        connection=plan.connection,
        operation=plan.operation,
        query=plan.query,
        permissions=checkpoint.permissions,
        rows=checkpoint.rows,
        pages=checkpoint.pages,
        columns=plan.columns,
        size=digest.size,
        sha256=digest.sha256,
        redacted=plan.redacted,
        neutralised=checkpoint.neutralised,
        started_at=plan.created_at,
        finished_at=finished_at,
    )


_MANIFEST = TypeAdapter(Manifest)


def encode(manifest: Manifest) -> bytes:
    """The manifest as indented JSON, for people too."""
    return _MANIFEST.dump_json(manifest, indent=2) + b"\n"


def decode(body: bytes, *, stored_as: str) -> Manifest:
    """The manifest of a file called ``stored_as``. Raises ValueError for anything else.

    Its own names must agree with the file's, so that a manifest that was put there by hand names no other file.
    """
    manifest = _MANIFEST.validate_json(body)
    if manifest.manifest_format != FORMAT:
        raise ValueError(f"this is not a manifest of format {FORMAT}")
    if (manifest.manifest_file, manifest.file) != (stored_as, f"{stored_as.removesuffix(ENDING)}.{manifest.format}"):
        raise ValueError("the manifest has another name than its file")
    return manifest
