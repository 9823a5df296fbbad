"""Pivots: where an error or a project concentrates, by release, system, device… Rule: values can be people's data.

Where crashes concentrate, as an agent sees it. Rule: a field that upstream did not answer is named.

The tools that tell where crashes concentrate. Rule: values can be people, so they are a resource of their own.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any, cast

from pydantic import Field, StringConstraints

from crashgate.model.access import Access
from crashgate.model.field_table import ROW
from crashgate.model.operation import Operation, Shape, Wording
from crashgate.model.params import In, Logged, ObjectId, Params, Ref, RowsAPage, UtcTime
from crashgate.model.reads import Reads, ReadsNothing
from crashgate.model.result import From, Result, Time, Untrusted, UntrustedData
from crashgate.model.scope import ProjectNamed
from crashgate.model.tool import Detail, Given, Holds, Reply, Row, Shown, Tool, View
from crashgate.providers.bugsnag.conventions import NOT_OFFERED, REFERENCE
from crashgate.providers.bugsnag.field_reads import EVENT_FIELDS
from crashgate.providers.bugsnag.filters import Filters
from crashgate.views.present import UNTRUSTED, squeezed
from crashgate.views.rows import rows

DisplayId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_]+(?:[.-][A-Za-z0-9_]+){0,10}$", max_length=100)]
"""The dotted name of an event field: ``app.release_stage``. Never the pivot's own name."""


class Pivot(Result):
    """One event field with its most frequent values in ``list``, as ``{value, events}``.

    The vendor's document has the counts beside ``summary``; answers seen in 2026 have them inside it.
    """

    event_field_display_id: Annotated[
        Untrusted | None,
        From("event_field_display_id", "summary.event_field_display_id"),
        EVENT_FIELDS,
        ROW,
    ] = None
    name: Annotated[Untrusted | None, From("name", "summary.name")] = None
    cardinality: Annotated[int | None, From("cardinality", "summary.cardinality"), ROW] = None
    summary: UntrustedData = None
    list: Annotated[UntrustedData, From("list", "summary.list"), ROW] = None
    no_value: Annotated[int | None, From("no_value", "summary.no_value"), ROW] = None
    other: Annotated[int | None, From("other", "summary.other"), ROW] = None
    average: Annotated[float | None, From("average", "summary.average"), ROW] = None


class PivotValue(Result):
    """One value of a field; ``proportion`` is a share from 0 to 1."""

    event_field_value: Annotated[Untrusted | None, ROW] = None
    events: Annotated[int | None, ROW] = None
    proportion: Annotated[float | None, ROW] = None
    first_seen: Annotated[Time, ROW] = None
    last_seen: Annotated[Time, ROW] = None
    fields_: Annotated[UntrustedData, From("fields"), ROW] = None
    aggregates: UntrustedData = None


class ListProjectPivots(Params):
    """Parameters of listing a project's pivots; ``pivots`` are event fields, ``summary_size`` values for each."""

    project_id: Annotated[Ref, In.PATH]
    pivots: Annotated[tuple[DisplayId, ...] | None, In.QUERY, Field(max_length=20), EVENT_FIELDS] = None
    summary_size: Annotated[
        int | None,
        In.QUERY,
        Field(ge=1, le=50),
        Logged(),
        ReadsNothing("it tells how many values are wanted, not which"),
    ] = None
    filters: Annotated[Filters | None, In.QUERY] = None


class ListErrorPivots(ListProjectPivots):
    """Parameters of listing an error's pivots."""

    error_id: Annotated[ObjectId, In.PATH]
    per_page: Annotated[int | None, In.QUERY, RowsAPage(most=100)] = None


class ListPivotValues(Params):
    """Parameters of listing the values of one pivot of a project."""

    project_id: Annotated[Ref, In.PATH]
    event_field_display_id: Annotated[DisplayId, In.PATH, EVENT_FIELDS]
    per_page: Annotated[int | None, In.QUERY, RowsAPage(most=100)] = None
    base: Annotated[UtcTime | None, In.QUERY, Reads(("pivot.first_seen", "pivot.last_seen", "event.received_at"))] = (
        None
    )
    filters: Annotated[Filters | None, In.QUERY] = None


class ListErrorPivotValues(ListPivotValues):
    """Parameters of listing the values of one pivot of an error."""

    error_id: Annotated[ObjectId, In.PATH]


LIST_ERROR_PIVOTS = Operation(
    id="bugsnag.pivots.list_on_error",
    provider="bugsnag",
    resource="pivot",
    access=Access.READ,
    method="GET",
    path="/projects/{project_id}/errors/{error_id}/pivots",
    scope=ProjectNamed(),
    params=ListErrorPivots,
    result=Pivot,
    shape=Shape.MANY,
    wording=Wording(verb="list", past="listed", target="pivots of error {error_id}"),
    source=f"{REFERENCE}/errors/pivots/list-pivots-on-an-error",
)

LIST_PROJECT_PIVOTS = Operation(
    id="bugsnag.pivots.list_on_project",
    provider="bugsnag",
    resource="pivot",
    access=Access.READ,
    method="GET",
    path="/projects/{project_id}/pivots",
    scope=ProjectNamed(),
    params=ListProjectPivots,
    result=Pivot,
    shape=Shape.MANY,
    wording=Wording(verb="list", past="listed", target="pivots"),
    source=f"{REFERENCE}/errors/pivots",
)

LIST_ERROR_PIVOT_VALUES = Operation(
    id="bugsnag.pivots.list_values_on_error",
    provider="bugsnag",
    resource="pivot",
    access=Access.READ,
    method="GET",
    path="/projects/{project_id}/errors/{error_id}/pivots/{event_field_display_id}/values",
    scope=ProjectNamed(),
    params=ListErrorPivotValues,
    result=PivotValue,
    shape=Shape.MANY,
    wording=Wording(verb="list", past="listed", target="values of an event field on error {error_id}"),
    source=f"{REFERENCE}/errors/pivots/list-values-of-a-pivot-on-an-error",
)

LIST_PROJECT_PIVOT_VALUES = Operation(
    id="bugsnag.pivots.list_values_on_project",
    provider="bugsnag",
    resource="pivot",
    access=Access.READ,
    method="GET",
    path="/projects/{project_id}/pivots/{event_field_display_id}/values",
    scope=ProjectNamed(),
    params=ListPivotValues,
    result=PivotValue,
    shape=Shape.MANY,
    wording=Wording(verb="list", past="listed", target="values of an event field"),
    source=f"{REFERENCE}/errors/pivots",
)

PIVOTS = (LIST_ERROR_PIVOTS, LIST_ERROR_PIVOT_VALUES, LIST_PROJECT_PIVOTS, LIST_PROJECT_PIVOT_VALUES)


USUAL = (
    "os.name", "os.version", "device.model", "browser.name", "device.hostname", "release.seen_in", "app.release_stage",
)  # fmt: skip
"""What is counted where nobody names a field: what an app runs on, and never who somebody is."""

_MOST_VALUES = 3
_LONGEST_VALUE = 60


def counts(pivot: Pivot) -> list[tuple[Any, Any]]:
    """Each value that is listed, with its events."""
    found = cast("list[Any]", pivot.list) if isinstance(pivot.list, list) else []
    values = [cast("Mapping[str, Any]", each) for each in found if isinstance(each, Mapping)]
    return [(each.get("value"), each.get("events")) for each in values]


def concentration(pivot: Pivot, most: int | None = None) -> dict[str, Any]:
    """A field with its top values as ``[value, events]``, and the events of all others and of none."""
    values = counts(pivot)
    top = [[squeezed(value, _LONGEST_VALUE), events] for value, events in values[:most]]
    rest = sum(events for _, events in values[len(top) :] if isinstance(events, int))
    told = {"cardinality": pivot.cardinality, "other": (pivot.other or 0) + rest, "no_value": pivot.no_value}
    shown: dict[str, Any] = {name: number for name, number in told.items() if number}
    outside = {"field": pivot.event_field_display_id, "top": top}
    return shown | {UNTRUSTED: {name: value for name, value in outside.items() if value}}


_rows = rows(
    "pivots",
    Row(
        lambda pivot, _: concentration(pivot),
        Holds(
            added=("cardinality", "other", "no_value", f"{UNTRUSTED}.field", f"{UNTRUSTED}.top"),
            reads=("event_field_display_id", "cardinality", "list", "no_value", "other"),
        ),
    ),
)
_REMEDY = 'list_event_fields with detail="full" tells by pivot_options which fields are pivots'


def _listed(reply: Reply, detail: Detail) -> Shown:
    """The pivots, and those of the asked that are none: upstream passes over them without a word.

    Of the usual ones, only those that have values: a phone has no browser.
    """
    if "pivots" in reply.usual or getattr(reply.params, "pivots", None) is None:
        usual = [each for each in reply.page.rows if each.list and each.event_field_display_id in USUAL]
        usual.sort(key=lambda each: USUAL.index(each.event_field_display_id))
        return _rows(replace(reply, page=replace(reply.page, rows=tuple(usual), total=None)), detail)
    shown = _rows(reply, detail)
    answered = {row.event_field_display_id for row in reply.page.rows}
    asked: tuple[str, ...] = getattr(reply.params, "pivots", None) or ()
    missing = [name for name in dict.fromkeys(asked) if name not in answered]
    # Where a name was redacted, nobody can tell which is missing.
    if not missing or None in answered:
        return shown
    content = {**shown.content, "not_answered": {"pivots": missing, "remedy": _REMEDY}}
    return replace(shown, content=content, text=f"{shown.text} Not answered: {len(missing)} of those asked for.")


listed = View(_listed, replace(_rows.holds, beside=(*_rows.holds.beside, "not_answered")))


PIVOT_TOOLS = (
    Tool(
        name="list_pivots",
        title="List pivots",
        description=(
            "Where an error (or, without error_id, the project) concentrates: top values with their events by release,"
            " OS, device and browser, or by pivots."
        ),
        choice=Given(argument="error_id", present=LIST_ERROR_PIVOTS, absent=LIST_PROJECT_PIVOTS),
        view=listed,
        holds=("pivots", "array"),
        hidden=frozenset({"per_page"}),
        usual={"pivots": USUAL, "summary_size": _MOST_VALUES},
    ),
    Tool(
        name="list_pivot_values",
        title="List pivot values",
        description=(
            "All values of one event field with their event counts, of an error or, without error_id, of the project."
        ),
        choice=Given(argument="error_id", present=LIST_ERROR_PIVOT_VALUES, absent=LIST_PROJECT_PIVOT_VALUES),
        view=rows("values"),
        holds=("values", "array"),
        hidden=NOT_OFFERED,
        pages=True,
    ),
)
