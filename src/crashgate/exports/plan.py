"""What is to be exported, for whom, and by which decisions. Fixed when the export begins, also for resuming.

Every part of a file's name comes from here and has a pattern, so that no text from outside becomes a path.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum, unique

from pydantic import JsonValue

from crashgate.model.export import Column, Tally, checked

_ID = re.compile(r"[0-9a-f]{16,32}")
_SUBJECT = re.compile(r"[a-z][a-z0-9]{0,31}(?:_[a-z0-9]{1,31}){0,3}")


@unique
class Format(StrEnum):
    """What the file is. The value is also the ending of its name."""

    JSONL = "jsonl"
    CSV = "csv"
    PARQUET = "parquet"


@dataclass(frozen=True, kw_only=True, slots=True)
class Permission:
    """A decision of the log that allowed the export to run, or to go on, and the policy that it was made under."""

    decision: str
    policy_hash: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """One export.

    ``id`` is 16 to 32 lower case hexadecimal digits and cannot be guessed; ``subject`` is what the rows are, such as
    ``session_events``; ``query`` is what was asked, as plain JSON. ``redacted`` names what the policy takes out of
    every row, and ``tally`` what is added up of them. ``created_at`` is RFC 3339 in UTC. Raises ValueError where a part
    breaks its pattern.
    """

    id: str
    subject: str
    format: Format
    columns: tuple[Column, ...]
    agent: str
    connection: str
    operation: str
    query: Mapping[str, JsonValue]
    permission: Permission
    created_at: str
    redacted: tuple[str, ...] = ()
    tally: Tally = Tally()  # noqa: RUF009 - a frozen value

    def __post_init__(self) -> None:
        check_id(self.id)
        if not _SUBJECT.fullmatch(self.subject):
            raise ValueError(f"{self.subject!r} is not an export subject: lower case words joined by underscores")
        checked(self.columns)

    @property
    def name(self) -> str:
        """The name that data and manifest share, without an ending."""
        return f"{self.subject}-{self.id}"

    @property
    def file(self) -> str:
        """The name of the data file."""
        return f"{self.name}.{self.format}"

    def owned_by(self, agent: str) -> bool:
        """Whether ``agent`` made the export, and may therefore resume it."""
        return self.agent == agent


def check_id(export_id: str) -> str:
    """``export_id`` itself. Raises ValueError for everything that cannot be one."""
    # check: an export's id is hexadecimal
    if not _ID.fullmatch(export_id):
        raise ValueError("an export's id is 16 to 32 lower case hexadecimal digits")
    return export_id
