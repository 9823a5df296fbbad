"""Making exports and reading them back. Rule: each run and each reading is one decision at the door.

What the agent gets is a link, a summary and the first rows; only the agent that made an export may read it.
"""

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from itertools import takewhile
from typing import Any, cast

from msgspec.structs import asdict

from crashgate.clock import Clock, timestamp
from crashgate.errors import Code, CrashgateError, ExportError, InvalidArgumentsError, NotAvailableError, NotNowError
from crashgate.exports.catalogue import ExportCatalogue
from crashgate.exports.exporter import Exporter
from crashgate.exports.manifest import Manifest, new_id
from crashgate.exports.page import ExportPage, Mark, Progress
from crashgate.exports.plan import Format, Permission, Plan
from crashgate.exports.port import LARGEST_READ, Unfinished
from crashgate.gate.call import Ask
from crashgate.gate.export_access import ExportAccess, taken_out
from crashgate.gate.gateway import Gateway
from crashgate.gate.paged_reading import Reading
from crashgate.identity import Principal, Via
from crashgate.model.export import Column, Export, Kind, Tally, columns
from crashgate.model.field_table import read_fields
from crashgate.model.operation import AnyOperation
from crashgate.model.result import Page, Result
from crashgate.model.tool import Link, Shown
from crashgate.views.present import cut, plain, present
from crashgate.views.rows import counted, noticed

_FIRST_ROWS = 3
_TEXT = 200
MIME_TYPES: Mapping[Format, str] = {
    Format.JSONL: "application/jsonl",
    Format.CSV: "text/csv",
    Format.PARQUET: "application/vnd.apache.parquet",
}
SUMMARY = (
    "id", "file", "uri", "format", "connection", "rows", "pages", "bytes", "sha256", "columns", "query",
    "finished_at", "redacted", "cells_neutralised", "unusable_rows", "truncated", "path", "summary",
)  # fmt: skip
"""What ``summary`` tells of a finished export."""
Watch = Callable[[float, float | None, str], Awaitable[None]]
"""Told of progress: rows so far, rows in all where that is known, and words."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Order:
    """What the caller wants besides the operation's own arguments."""

    format: Format = Format.JSONL
    resume: str | None = None


class Exports:
    """The exports of one place."""

    def __init__(
        self, *, exporter: Exporter, catalogue: ExportCatalogue, clock: Clock, operations: Mapping[str, AnyOperation]
    ) -> None:
        self._exporter = exporter
        self._operations = operations
        self.catalogue = catalogue
        self._clock = clock
        self._starting: dict[str, str] = {}

    async def start(
        self, gateway: Gateway, ask: Ask, export: Export, format_: Format, watch: Watch
    ) -> tuple[Shown, Link]:
        """Make an export. Raises what the door raises, and ExportError."""
        agent, first = ask.principal.agent, list[dict[str, Any]]()
        export_id = new_id(agent, self._clock.now())
        counted = replace(self._with_end(ask), kept=partial(self._kept, agent, export_id))
        self._starting[export_id] = agent
        try:
            async with _reading(gateway, counted, export, export_id) as reading:
                plan = self._plan(gateway, ask, reading, export_id=export_id, export=export, format_=format_)
                pages = _pages(reading, plan.columns, first)
                manifest = await self._exporter.run(plan, pages, _told_to(watch, export_id))
        finally:
            del self._starting[export_id]
        return self._told(manifest, first, ask.principal), link(manifest)

    async def _kept(self, agent: str, export_id: str) -> int:
        """How many exports of the agent there are beside this one, with those that were called for before it."""
        earlier = takewhile(lambda each: each != export_id, tuple(self._starting))
        started = {each for each in earlier if self._starting[each] == agent}
        return len(
            (
                await self.catalogue.ids(agent)
                # check: exports that begin at the same moment count one another
                | started
            )
            - {export_id}
        )

    def holding(self, kept: Manifest | Unfinished) -> ExportAccess:
        """What is in the file of an export, for the policy to be asked about."""
        made, permissions = (
            (kept, kept.permissions) if isinstance(kept, Manifest) else (kept.plan, kept.checkpoint.permissions)
        )
        return ExportAccess(
            operation=self._operations.get(made.operation),
            connection=made.connection,
            query=made.query,
            redacted=made.redacted,
            policies=frozenset(each.policy_hash for each in permissions),
        )

    async def go_on(
        self, gateway: Gateway, ask: Ask, export: Export, export_id: str, watch: Watch
    ) -> tuple[Shown, Link]:
        """Go on with an interrupted export of the agent. Raises as ``start`` does.

        It has to be one by the same tool on the same connection, and one that the policy in force lets go on.
        """
        before = await self._interrupted(ask, export_id)
        if before is None:
            fault = ask.fault or _nothing_to_resume(ask.principal)
            await gateway.run(replace(ask, fault=fault))
            raise fault
        plan, held, first = before.plan, before.checkpoint.rows, list[dict[str, Any]]()
        again = replace(ask, arguments=dict(plan.query), resumed=True, holding=self.holding(before))
        async with _reading(gateway, again, export, export_id) as reading:
            pages = _pages(reading, plan.columns, first, held=held)
            permission = _permission(reading)
            manifest = await self._exporter.resume(export_id, pages, permission, _told_to(watch, export_id))
        return self._told(manifest, first, ask.principal), link(manifest)

    def _told(self, manifest: Manifest, first: list[dict[str, Any]], principal: Principal) -> Shown:
        """The answer; who runs on this machine is told where the file is, to read it without asking for its parts."""
        # check: only who runs on this machine is told where a file is
        if principal.via not in {Via.STDIO, Via.CLI}:
            return _told(manifest, first, None)
        return _told(manifest, first, self.catalogue.path(manifest))

    def _plan(  # noqa: PLR0913 - the parts of one plan
        self, gateway: Gateway, ask: Ask, reading: Reading, *, export_id: str, export: Export, format_: Format
    ) -> Plan:
        """What was decided, as a plan. Raises NotAvailableError where the policy is another one already."""
        operation, policy = cast("AnyOperation", ask.operation), gateway.policy_of(ask.principal.agent)
        if policy is None or policy.hash != reading.reply.policy_hash:
            raise NotAvailableError("Another policy came into force meanwhile.")
        return Plan(
            id=export_id,
            subject=export.subject,
            format=format_,
            columns=columns(cast("type[Result]", operation.result)),
            agent=ask.principal.agent,
            connection=reading.reply.connection,
            operation=operation.id,
            query=dict(reading.arguments),
            permission=_permission(reading),
            created_at=timestamp(self._clock.now()),
            redacted=taken_out(policy, operation),
            tally=_tally(export, operation),
        )

    async def _interrupted(self, ask: Ask, export_id: str) -> Unfinished | None:
        """The agent's own export of that id, made by the same operation on the same connection."""
        for each in await self.catalogue.unfinished(ask.principal.agent):
            plan = each.plan
            same = ask.operation is not None and (plan.operation, plan.connection) == (ask.operation.id, ask.connection)
            if (
                plan.id == export_id
                # check: only its own tool goes on with an export
                and same
            ):
                return each
        return None

    def _with_end(self, ask: Ask) -> Ask:
        """The question of a new export gets an end, so that no new rows shift its pages."""
        takes: set[str] = {each.name for each in ask.operation.fields} if ask.operation else set()
        if "until" in takes and ask.arguments.get("until") is None:
            return replace(ask, bounds={"until": timestamp(self._clock.now())})
        return ask

    async def find(self, export_id: str, agent: str) -> Manifest:
        """A finished export of the agent. Raises NotAvailableError, ExportError."""
        return await self.catalogue.find(export_id, agent)

    async def read(self, manifest: Manifest, part: int | None) -> bytes:
        """A file, or one part of it. Raises InvalidArgumentsError, ExportError."""
        if part is None and manifest.size > LARGEST_READ:
            parts, address = -(-manifest.size // LARGEST_READ), uri(manifest.id)
            raise InvalidArgumentsError(
                f"The file has {manifest.size} bytes, more than one answer holds.",
                remedy=f"Read its {parts} parts instead: {address}/0 to {address}/{parts - 1}.",
            )
        return await self.catalogue.read(manifest, (part or 0) * LARGEST_READ)


@asynccontextmanager
async def _reading(gateway: Gateway, ask: Ask, export: Export, export_id: str) -> AsyncGenerator[Reading]:
    """The reading whose rows go to the file; what breaks it off is told with how to go on.

    What is refused, and what fails before there is a decision, is told as it is: there is nothing to go on with.
    """
    decided = False
    try:
        async with gateway.reading(replace(ask, to_file=True)) as reading:
            decided = True
            yield reading
    except (InvalidArgumentsError, NotAvailableError, NotNowError):
        raise
    except CrashgateError as problem:
        if not decided or problem.code is Code.CONFIGURATION:  # the remedy is then another one, such as an extra
            raise
        raise ExportError(
            problem.what,
            why=problem.why,
            remedy=f"What arrived is kept: {_way_on(ask.principal, export, export_id)} to continue.",
            code=problem.code,
        ) from problem


def _pages(
    reading: Reading, described: tuple[Column, ...], first: list[dict[str, Any]], *, held: int = 0
) -> Callable[[Mark], AsyncGenerator[ExportPage]]:
    """The pages as the file has them; of a file that held no rows, the first few rows are put in ``first``."""

    async def pages(mark: Mark) -> AsyncGenerator[ExportPage]:
        # The policy's limit is on the file, however many runs it took.
        async for page in reading.pages(None if mark is None else str(mark), before=held):
            if not held and not first:
                first.extend(_first(page, described))
            yield _exported(page, described)

    return pages


def _permission(reading: Reading) -> Permission:
    return Permission(decision=reading.reply.call, policy_hash=reading.reply.policy_hash or "")


def uri(export_id: str) -> str:
    """The address of an export's file."""
    return f"crashgate://exports/{export_id}"


def link(manifest: Manifest) -> Link:
    """A link to the file, which only its maker can follow."""
    return Link(
        uri=uri(manifest.id),
        name=manifest.file,
        title=f"Export of {manifest.subject.replace('_', ' ')}",
        description=f"{counted(manifest.rows, 'rows')} of {manifest.subject.replace('_', ' ')}, {manifest.finished_at}",
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
        **({"unusable_rows": manifest.unusable} if manifest.unusable else {}),
        **({"truncated": True} if manifest.truncated else {}),
        **({"summary": told} if (told := manifest.summary.shown()) else {}),
    }


def _told(manifest: Manifest, first: list[dict[str, Any]], path: str | None) -> Shown:
    where = {"path": path} if path is not None else {}
    content = {"export": {**summary(manifest), **where, **({"first_rows": first} if first else {})}}
    text = f"{counted(manifest.rows, 'rows')} of {manifest.subject.replace('_', ' ')} written to {manifest.file}."
    rate = manifest.summary.shown().get("crash_free_rate")
    if rate is not None:
        text += f" {rate:.2%} without a crash."
    if manifest.unusable:
        text += f" Left out because they could not be read: {manifest.unusable}."
    if manifest.truncated:
        text += " The upstream pages no deeper: there may be more; filter to get the rest."
    return Shown(content=noticed(content), text=text)


def _tally(export: Export, operation: AnyOperation) -> Tally:
    """What is added up of the rows, as far as they have it."""
    there = read_fields(operation.result)
    day, crashed = export.tally.day, export.tally.crashed
    return Tally(
        counts=tuple(name for name in export.tally.counts if name in there),
        day=day if day in there else None,
        crashed=crashed if crashed in there else None,
    )


def _told_to(watch: Watch, export_id: str) -> Callable[[Progress], Awaitable[None]]:
    async def told(progress: Progress) -> None:
        of = "" if progress.total is None else f"{progress.rows} of "
        rows = of + counted(progress.rows if progress.total is None else progress.total, "rows")
        await watch(progress.rows, progress.total, f"export {export_id}: {rows}")

    return told


def _first(page: Page[Any], described: tuple[Column, ...]) -> list[dict[str, Any]]:
    names = [column.name for column in described]
    return [cut(present(row, names), _TEXT) for row in page.rows[:_FIRST_ROWS]]


def _exported(page: Page[Any], described: tuple[Column, ...]) -> ExportPage:
    nested = [column.name for column in described if column.kind is Kind.JSON]
    rows = list(map(asdict, page.rows))
    for row in rows if nested else ():
        row.update({name: plain(row[name]) for name in nested})
    return ExportPage(
        rows=rows, next=page.next_mark, total=page.total, unusable=page.unusable, truncated=page.truncated
    )


def _way_on(principal: Principal, export: Export, export_id: str) -> str:
    """How whoever asked goes on: an agent, or a person at the command line."""
    if principal.via is Via.CLI:
        return f"repeat the command with --resume {export_id}"
    return f"call {export.name} with resume = {export_id}"


def _nothing_to_resume(principal: Principal) -> InvalidArgumentsError:
    if principal.via is Via.CLI:
        what, where = "--resume names no interrupted export of this agent by this command", "`crashgate exports list`"
    else:
        what, where = "resume names no interrupted export of yours by this tool", "list_exports"
    return InvalidArgumentsError(f"{what}.", remedy=f"{where} names them. Nothing was sent.")


async def unwatched(_: float, __: float | None, ___: str) -> None:
    """Progress that nobody looks at."""
