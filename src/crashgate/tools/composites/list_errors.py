"""Errors of several projects in one list, and of one or several those that are new since a time.

It stands behind the tool of the same name, for calls that one list of one project does not answer.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Annotated, Any, Final

from pydantic import Field, StringConstraints

from crashgate.model.capability import LIST_ERRORS, LIST_ORGANIZATIONS, LIST_PROJECTS, ErrorFacts
from crashgate.model.composite import CompositeTool, StepResult, Steps
from crashgate.model.params import In, Params, Ref, RowsAPage, UtcTime
from crashgate.model.reads import Reads
from crashgate.model.tool import Shown
from crashgate.tools.composites.projects import MOST_PROJECTS, ProjectsRead, find_projects, read_projects
from crashgate.views.present import first_that_fit
from crashgate.views.rows import counted, noticed

_USUAL_ROWS: Final = 10
_MOST_READ: Final = 100
_LONGEST_WORD: Final = 200
_MOST_NAMED: Final = 5
_NEVER: Final = datetime.min.replace(tzinfo=UTC)

_Text = Annotated[str, StringConstraints(max_length=_LONGEST_WORD)]


class ListErrorsAcross(Params):
    """What the operation takes, and of which projects. The operation reads its own parameters itself."""

    project_id: Annotated[Ref | None, In.NOWHERE] = None
    projects: Annotated[Annotated[tuple[Ref, ...], Field(max_length=MOST_PROJECTS)] | None, In.NOWHERE] = None
    new_since: Annotated[UtcTime | None, In.NOWHERE, Reads(("error.first_seen", "error.first_seen_unfiltered"))] = None
    query: Annotated[_Text | None, In.NOWHERE] = None
    status: Annotated[_Text | None, In.NOWHERE] = None
    release: Annotated[_Text | None, In.NOWHERE] = None
    filters: Annotated[dict[str, Any] | None, Field(max_length=20), In.NOWHERE] = None
    sort: Annotated[_Text | None, In.NOWHERE] = None
    per_page: Annotated[int | None, In.NOWHERE, RowsAPage(most=_MOST_READ)] = None


async def take_steps(steps: Steps, params: ListErrorsAcross) -> Shown:
    """The errors of all that could be read, merged in their order."""
    named = [*([params.project_id] if params.project_id else ()), *(params.projects or ())]
    projects = await find_projects(steps, named, LIST_ERRORS)
    since = None if params.new_since is None else _moment(params.new_since)
    size = params.per_page or _USUAL_ROWS
    order = params.sort or ("last_seen" if since is None else "users")
    read = await read_projects(
        steps,
        projects,
        LIST_ERRORS,
        {
            "query": params.query,
            "status": params.status,
            "release": params.release,
            "filters": params.filters,
            # New ones stand first, so that the list can end where they do.
            "sort": order if since is None else "first_seen",
            "most": size if since is None else _MOST_READ,
        },
    )
    every = [(name, row) for name, each in read.found.items() for row in each.rows]
    rows = every if since is None else [each for each in every if _is_new(each[1], since)]
    if order in _ORDERS:
        rows.sort(key=lambda each: _ORDERS[order](each[1]), reverse=True)
    whole = len(rows) if since is not None else sum(each.total or len(each.rows) for each in read.found.values())
    status = params.status or steps.usual.get("status")
    is_one = all(row.status == status for _, row in rows) and bool(rows or not params.filters)
    made = [{"project": name, **row.shown} for name, row in rows[:size]]
    for each in made:
        if is_one:  # as the text says
            each.pop("status", None)
    shown = first_that_fit(made)
    content = {"errors": shown, **_totals(read, since, rows), **read.beside}
    return Shown(
        content=noticed(content),
        text=_sentence(
            params,
            read,
            status=status if is_one else None,
            shown=len(shown),
            whole=whole,
            order=order,
            more=_more(read, since),
        ),
        next_mark=read.next_mark,
    )


def _moment(text: str | None) -> datetime:
    """The moment; the beginning of time for what is none."""
    with suppress(ValueError):
        found = datetime.fromisoformat(text or "")
        return found if found.tzinfo is not None else found.replace(tzinfo=UTC)
    return _NEVER


def _is_new(row: ErrorFacts, since: datetime) -> bool:
    """Whether no event of it is older, those included that the filters leave out."""
    return _moment(row.first_ever or row.first_seen) >= since


_ORDERS: Final[Mapping[str, Callable[[ErrorFacts], tuple[float, float]]]] = {
    "users": lambda row: (row.users or 0, row.events or 0),
    "events": lambda row: (row.events or 0, row.users or 0),
    "last_seen": lambda row: (_moment(row.last_seen).timestamp() if row.last_seen else 0, row.events or 0),
    "first_seen": lambda row: (_moment(row.first_seen).timestamp() if row.first_seen else 0, row.events or 0),
}


def _totals(
    read: ProjectsRead[ErrorFacts], since: datetime | None, rows: list[tuple[str, ErrorFacts]]
) -> Mapping[str, Any]:
    """How many there are in each project."""
    if since is not None:
        counts: dict[str, int | None] = {name: sum(each == name for each, _ in rows) for name in read.found}
    else:
        counts = {name: each.total for name, each in read.found.items()}
    told = {name: count for name, count in counts.items() if count is not None}
    return {"totals": told} if told else {}


def _more(read: ProjectsRead[ErrorFacts], since: datetime | None) -> list[str]:
    """The projects of which there may be more new errors than were read."""
    if since is None:
        return []
    return [name for name, each in read.found.items() if each.next_mark and each.rows and _goes_on(each, since)]


def _goes_on(result: StepResult[ErrorFacts], since: datetime) -> bool:
    return _moment(result.rows[-1].first_seen) >= since


def _sentence(  # noqa: PLR0913 - what was asked, and what was found
    params: ListErrorsAcross,
    read: ProjectsRead[ErrorFacts],
    *,
    status: str | None,
    shown: int,
    whole: int,
    order: str,
    more: list[str],
) -> str:
    kind = "new errors" if params.new_since else "errors"
    number = counted(whole, kind) if shown == whole else f"{shown} of {counted(whole, kind)}"
    since = f" since {params.new_since}" if params.new_since else ""
    few = len(read.found) <= _MOST_NAMED
    where = (", ".join(read.found) if few else counted(len(read.found), "projects")) or "no project"
    by = {"users": ", most users first", "events": ", most events first", "first_seen": ", newest first"}
    told = f"{number if whole else f'No {kind}'}{since} in {where}{by.get(order, '') if shown > 1 else ''}."
    if status == "open" and params.status is None:
        told += " Open errors only; give status to see others."
    elif status not in {None, "any"}:
        told += f" Only {status}."
    if more:
        told += f" There may be more in {', '.join(more)}: name a later time."
    if shown < whole:
        told += " For more rows give per_page, or one project."
    return told + read.told


LIST_ERRORS_ACROSS = CompositeTool(
    name="list_errors",
    title="List errors",
    description="Errors of several projects, or new ones.",
    params=ListErrorsAcross,
    first=LIST_ERRORS,
    others=(LIST_PROJECTS, LIST_ORGANIZATIONS),
    take_steps=take_steps,
    notes={
        "projects": "several; with none, all that are open",
        "new_since": "first seen since: UTC time, 24h, yesterday",
    },
    holds=("errors", "array"),
    shows=("project",),
    pages=True,
)
