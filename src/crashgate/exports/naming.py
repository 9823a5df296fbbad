"""The id of an export, and the names of its files. Rule: a name alone says whose export it is, and when it was begun.

So that a list need not open what is somebody else's, nor all of what is one's own. It grants nothing: whose an export
is stands in its plan and its manifest.

    sessions-5d2b8f0c691f4a7e3f2a9c0d41b7e658.jsonl
             whose   begun   chance
"""

import hashlib
import re
import secrets
from collections.abc import Iterable
from datetime import UTC, datetime

from crashgate.exports.plan import Format

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
