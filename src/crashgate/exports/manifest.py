"""The id of an export, the names of its files, and the manifest that stands beside a finished data file.

An id alone tells whose export it is and when it was begun, so that a list need not open other agents' files, nor all of
one's own. It grants nothing: the owner stands in the plan and in the manifest.

    sessions-5d2b8f0c691f4a7e3f2a9c0d41b7e658.jsonl
             whose   begun   chance

The manifest appears after the data; an export without one is not finished.
"""

import hashlib
import re
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from pydantic import JsonValue, TypeAdapter

from crashgate.exports.checkpoint import Checkpoint
from crashgate.exports.plan import Format, Permission, Plan
from crashgate.exports.summary import Summary
from crashgate.model.export import Column

ENDING = ".manifest.json"
_OWNER = 8
_SECONDS = 8
_CHANCE_BYTES = 8
_BASE = 16
_FIRST = datetime(2026, 1, 1, tzinfo=UTC)
"""Nothing of ours was begun before crashgate existed."""
_id = re.compile(rf"[0-9a-f]{{{_OWNER + _SECONDS + 2 * _CHANCE_BYTES}}}").fullmatch
_data = re.compile(rf"[a-z][a-z0-9_]*-(?P<id>[0-9a-f]{{16,32}})\.(?:{'|'.join(Format)})").fullmatch


def new_id(agent: str, now: datetime) -> str:
    """An id for an export that ``agent`` begins; 64 bits of it are chance."""
    return f"{owner(agent)}{int(now.timestamp()):0{_SECONDS}x}{secrets.token_hex(_CHANCE_BYTES)}"


def owner(agent: str) -> str:
    """How the ids of the agent's exports begin; with bad luck another's do, too."""
    return hashlib.sha256(agent.encode()).hexdigest()[:_OWNER]


def begun(export_id: str) -> datetime | None:
    """When the export was begun, to the second; None where the id does not tell."""
    if not _id(export_id):
        return None
    at = datetime.fromtimestamp(int(export_id[_OWNER : _OWNER + _SECONDS], _BASE), UTC)
    return at if at >= _FIRST else None


def id_of(manifest_file: str) -> str:
    """The id in the name of a manifest."""
    return manifest_file.removesuffix(ENDING).rpartition("-")[2]


def id_of_data(file: str) -> str | None:
    """The id in the name of a data file; None where it is called otherwise. Others' files may be called so, too."""
    found = _data(file)
    return found["id"] if found else None


def manifests(names: Iterable[str], *, whose: str = "", before: str | None = None) -> list[str]:
    """The names of manifests among ``names`` whose ids begin with ``whose``, those of an agent newest first.

    ``before`` leaves out what does not come after that id in this order.
    """
    found = ((id_of(name), name) for name in names if name.endswith(ENDING))
    mine = [(each, name) for each, name in found if each.startswith(whose) and (before is None or each < before)]
    return [name for _, name in sorted(mine, reverse=True)]


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
    apostrophe so that no spreadsheet runs them, and ``unusable`` the rows that could not be read and are not in the
    file. ``truncated``: there may be more rows, to which the upstream does not page. Times are RFC 3339 in UTC.
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
    unusable: int = 0
    truncated: bool = False
    summary: Summary = field(default_factory=Summary)
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
        unusable=checkpoint.unusable,
        truncated=checkpoint.truncated,
        summary=checkpoint.summary,
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
    # check: a manifest names its own file
    if (manifest.manifest_file, manifest.file) != (stored_as, f"{stored_as.removesuffix(ENDING)}.{manifest.format}"):
        raise ValueError("the manifest has another name than its file")
    return manifest
