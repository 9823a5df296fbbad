"""How far an export has come, as stored: never further than what is safely in the data file.

What the data file holds beyond ``size`` was written after the checkpoint, and is cut off before the export goes on.
"""

from dataclasses import dataclass, field, replace

from pydantic import TypeAdapter

from crashgate.exports.page import ExportPage, Mark
from crashgate.exports.plan import Permission, Plan
from crashgate.exports.summary import Summary
from crashgate.model.export import Tally

FORMAT = 1


@dataclass(frozen=True, kw_only=True, slots=True)
class Checkpoint:
    """The state between two pages.

    ``next`` is the mark to go on from; ``complete`` says that there is nothing to go on to. ``size`` is in bytes, of
    the data file as it is while in progress. ``neutralised`` counts the cells that got an apostrophe, ``unusable`` the
    rows that could not be read; ``truncated`` is as in a page.
    """

    format: int = FORMAT
    next: Mark = None
    complete: bool = False
    rows: int = 0
    pages: int = 0
    size: int = 0
    total: int | None = None
    neutralised: int = 0
    unusable: int = 0
    truncated: bool = False
    summary: Summary = field(default_factory=Summary)
    permissions: tuple[Permission, ...]

    def after(
        self,
        page: ExportPage,
        *,
        size: int,
        neutralised: int,
        tally: Tally = Tally(),  # noqa: B008 - a frozen value
    ) -> "Checkpoint":
        """The state after one more page, which took ``size`` bytes."""
        return replace(
            self,
            next=page.next,
            complete=page.next is None,
            rows=self.rows + len(page.rows),
            pages=self.pages + 1,
            size=self.size + size,
            total=self.total if page.total is None else page.total,
            neutralised=self.neutralised + neutralised,
            unusable=self.unusable + page.unusable,
            truncated=self.truncated or page.truncated,
            summary=self.summary.after(page.rows, tally),
        )

    def allowed_by(self, permission: Permission) -> "Checkpoint":
        """The same state, with one more decision that the rows stand on."""
        known = permission in self.permissions
        return self if known else replace(self, permissions=(*self.permissions, permission))


def first(plan: Plan) -> Checkpoint:
    """The state before the first page."""
    return Checkpoint(permissions=(plan.permission,))


_PLAN = TypeAdapter(Plan)
_CHECKPOINT = TypeAdapter(Checkpoint)


def encode_plan(plan: Plan) -> bytes:
    """The plan as JSON."""
    return _PLAN.dump_json(plan)


def decode_plan(body: bytes) -> Plan:
    """The plan of a stored body. Raises ValueError for anything else."""
    return _PLAN.validate_json(body)


def encode(checkpoint: Checkpoint) -> bytes:
    """The checkpoint as JSON."""
    return _CHECKPOINT.dump_json(checkpoint)


def decode(body: bytes) -> Checkpoint:
    """The checkpoint of a stored body. Raises ValueError for anything else, also for another format."""
    checkpoint = _CHECKPOINT.validate_json(body)
    if checkpoint.format != FORMAT:
        raise ValueError(f"this is not a checkpoint of format {FORMAT}")
    return checkpoint
