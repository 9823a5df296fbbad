"""Making exports and reading them back. Rule: each run and each reading is one decision at the door.

What the agent gets is a link, a summary and the first rows; only the agent that made an export may read it.
"""

import secrets
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, cast

from crashgate.catalogue.result import Page, Result
from crashgate.clock import Clock, timestamp
from crashgate.errors import CrashgateError, InvalidArgumentsError, NotAvailableError
from crashgate.exports.column import Column, Kind
from crashgate.exports.exporter import Exporter
from crashgate.exports.failure import ExportError
from crashgate.exports.manifest import Manifest
from crashgate.exports.page import ExportPage, Mark, Progress
from crashgate.exports.plan import Format, Permission, Plan
from crashgate.exports.port import LARGEST_READ, Unfinished
from crashgate.exports.shelf import ExportShelf
from crashgate.gateway.ask import Ask
from crashgate.gateway.door import Gateway
from crashgate.gateway.reading import Reading
from crashgate.tools.export import Export, columns
from crashgate.tools.present import plain, present
from crashgate.tools.tool import Link, Shown
from crashgate.tools.views.fields import cut
from crashgate.tools.views.page import noticed

if TYPE_CHECKING:
    from crashgate.catalogue.operation import AnyOperation

_FIRST_ROWS = 3
_TEXT = 200
MIME_TYPES: Mapping[Format, str] = {
    Format.JSONL: "application/jsonl",
    Format.CSV: "text/csv",
    Format.PARQUET: "application/vnd.apache.parquet",
}
Watch = Callable[[float, float | None, str], Awaitable[None]]
"""Told of progress: rows so far, rows in all where that is known, and words."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Order:
    """What the caller wants besides the operation's own arguments."""

    format: Format = Format.JSONL
    resume: str | None = None


class Exports:
    """The exports of one place."""

    def __init__(self, *, exporter: Exporter, shelf: ExportShelf, clock: Clock) -> None:
        self._exporter = exporter
        self.shelf = shelf
        self._clock = clock

    async def make(self, gateway: Gateway, ask: Ask, export: Export, order: Order, watch: Watch) -> tuple[Shown, Link]:
        """Make an export, or go on with one. Raises what the door raises, and ExportError."""
        before = await self._interrupted(ask, order.resume) if order.resume is not None else None
        plan = before.plan if before else None
        if order.resume is not None and plan is None:
            ask = replace(ask, fault=ask.fault or _nothing_to_resume())
        export_id = plan.id if plan else secrets.token_hex(12)
        first: list[dict[str, Any]] = []
        try:
            async with gateway.reading(self._whole(ask, plan)) as reading:
                manifest = await self._run(reading, ask, export, before or (export_id, order.format), first, watch)
        except (InvalidArgumentsError, NotAvailableError):
            raise
        except CrashgateError as problem:
            raise ExportError(
                problem.what,
                why=problem.why,
                remedy=f"What arrived is kept: call {export.name} with resume = {export_id} to go on.",
                code=problem.code,
            ) from problem
        return _told(manifest, first), link(manifest)

    async def _run(  # noqa: PLR0913, PLR0917 - the parts of one run
        self,
        reading: Reading,
        ask: Ask,
        export: Export,
        begun: Unfinished | tuple[str, Format],
        first: list[dict[str, Any]],
        watch: Watch,
    ) -> Manifest:
        operation = cast("AnyOperation", ask.operation)
        permission = Permission(decision=reading.reply.call, policy_hash=reading.reply.policy_hash or "")
        described = columns(cast("type[Result]", operation.result))

        held = begun.checkpoint.rows if isinstance(begun, Unfinished) else 0

        async def pages(mark: Mark) -> AsyncGenerator[ExportPage]:
            # The policy's limit is on the file, however many runs it took.
            async for page in reading.pages(None if mark is None else str(mark), before=held):
                if not held and not first:
                    first.extend(_first(page, described))
                yield _exported(page, described)

        if isinstance(begun, Unfinished):
            export_id = begun.plan.id
            return await self._exporter.resume(export_id, pages, permission, _told_to(watch, export_id))
        export_id, format_ = begun
        fresh = Plan(
            id=export_id,
            subject=export.subject,
            format=format_,
            columns=described,
            agent=ask.principal.agent,
            connection=reading.reply.connection,
            operation=operation.id,
            query=dict(reading.arguments),
            permission=permission,
            created_at=timestamp(self._clock.now()),
        )
        return await self._exporter.run(fresh, pages, _told_to(watch, export_id))

    async def _interrupted(self, ask: Ask, export_id: str) -> Unfinished | None:
        """The agent's own export of that id, made by the same operation on the same connection."""
        for each in await self.shelf.unfinished(ask.principal.agent):
            plan = each.plan
            same = ask.operation is not None and (plan.operation, plan.connection) == (ask.operation.id, ask.connection)
            if plan.id == export_id and same:
                return each
        return None

    def _whole(self, ask: Ask, plan: Plan | None) -> Ask:
        """The question of an interrupted export again; a new one gets an end, so that no new rows shift its pages."""
        if plan is not None:
            return replace(ask, arguments=dict(plan.query), resumed=True)
        takes: set[str] = {each.name for each in ask.operation.fields} if ask.operation else set()
        if "until" in takes and ask.arguments.get("until") is None:
            return replace(ask, bounds={"until": timestamp(self._clock.now())})
        return ask

    async def read(self, export_id: str, agent: str, part: int | None) -> tuple[Manifest, bytes]:
        """A file of the agent's, or one part of it. Raises NotAvailableError, InvalidArgumentsError, ExportError."""
        manifest = await self.shelf.find(export_id, agent)
        if part is None and manifest.size > LARGEST_READ:
            parts = -(-manifest.size // LARGEST_READ)
            raise InvalidArgumentsError(
                f"The file has {manifest.size} bytes, more than one answer holds.",
                remedy=f"Read its {parts} parts instead: {uri(export_id)}/0 to {uri(export_id)}/{parts - 1}.",
            )
        return manifest, await self.shelf.read(manifest, (part or 0) * LARGEST_READ)


def uri(export_id: str) -> str:
    """The address of an export's file."""
    return f"crashgate://exports/{export_id}"


def link(manifest: Manifest) -> Link:
    """A link to the file, which only its maker can follow."""
    return Link(
        uri=uri(manifest.id),
        name=manifest.file,
        description=f"{manifest.rows} rows of {manifest.subject.replace('_', ' ')}, {manifest.finished_at}",
        mime_type=MIME_TYPES[manifest.format],
        size=manifest.size,
    )


def summary(manifest: Manifest) -> dict[str, Any]:
    """What an agent is told of a finished export."""
    return {
        "id": manifest.id,
        "file": manifest.file,
        "uri": uri(manifest.id),
        "format": manifest.format.value,
        "connection": manifest.connection,
        "rows": manifest.rows,
        "pages": manifest.pages,
        "bytes": manifest.size,
        "sha256": manifest.sha256,
        "columns": [column.name for column in manifest.columns],
        "query": dict(manifest.query),
        "finished_at": manifest.finished_at,
        **({"redacted": list(manifest.redacted)} if manifest.redacted else {}),
        **({"cells_neutralised": manifest.neutralised} if manifest.neutralised else {}),
    }


def _told(manifest: Manifest, first: list[dict[str, Any]]) -> Shown:
    content = {"export": {**summary(manifest), **({"first_rows": first} if first else {})}}
    text = f"{manifest.rows} rows of {manifest.subject.replace('_', ' ')} written to {manifest.file}."
    return Shown(content=noticed(content), text=text)


def _told_to(watch: Watch, export_id: str) -> Callable[[Progress], Awaitable[None]]:
    async def told(progress: Progress) -> None:
        of = f" of {progress.total}" if progress.total is not None else ""
        await watch(progress.rows, progress.total, f"export {export_id}: {progress.rows}{of} rows")

    return told


def _first(page: Page[Any], described: tuple[Column, ...]) -> list[dict[str, Any]]:
    names = [column.name for column in described]
    return [cut(present(row, names), _TEXT) for row in page.rows[:_FIRST_ROWS]]


def _exported(page: Page[Any], described: tuple[Column, ...]) -> ExportPage:
    flat = [column.name for column in described if column.kind is not Kind.JSON]
    nested = [column.name for column in described if column.kind is Kind.JSON]
    # pydantic keeps a model's fields in the instance's own mapping: a good deal faster than asking for each.
    rows = [_row(row, flat, nested) for row in page.rows] if nested else [row.__dict__ for row in page.rows]
    return ExportPage(
        rows=rows,
        next=page.next_mark,
        total=page.total,
        redacted=page.redacted,
    )


def _row(row: Result, flat: list[str], nested: list[str]) -> dict[str, object]:
    values = row.__dict__
    found: dict[str, object] = {name: values[name] for name in flat}
    for name in nested:
        found[name] = plain(values[name])
    return found


def _nothing_to_resume() -> InvalidArgumentsError:
    return InvalidArgumentsError(
        "resume names no interrupted export of yours by this tool.", remedy="list_exports names them. Nothing was sent."
    )
