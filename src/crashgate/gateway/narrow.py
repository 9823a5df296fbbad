"""The answer cut down to what the agent may see. Rule: a row is shown only when the policy allows its own place.

THREATS rows 14 and 20: the caller's claim about where something belongs is never enough.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from crashgate.catalogue.operation import Operation, P
from crashgate.catalogue.result import Page, R
from crashgate.catalogue.scope import OrganizationRows, ProjectOfObject, ProjectRows
from crashgate.policy.question import Place

Allowed = Callable[[Place], bool]
"""Whether the policy allows the operation in the place that a row itself names."""


def narrow(operation: Operation[P, R], page: Page[R], *, params: P, home: str | None, allowed: Allowed) -> Page[R]:
    """``page`` without rows out of scope; totals go too when the policy picks among the rows.

    ``home`` is the id of the project that the call was allowed in, or None where the rows decide.
    """
    match operation.scope:
        case ProjectRows() | OrganizationRows():
            kept = tuple(row for row in page.rows if allowed(place_of(row)))
            return replace(page, rows=kept, dropped=len(page.rows) - len(kept), total=None)
        case ProjectOfObject(object=name):
            asked = getattr(params, name)
            kept = tuple(row for row in page.rows if row.home in {None, home} and _object(row, name) in {None, asked})
        case _:
            kept = tuple(row for row in page.rows if home is None or row.home in {None, home})
    dropped = len(page.rows) - len(kept)
    return replace(page, rows=kept, dropped=dropped, total=None if dropped else page.total)


def place_of(row: Any) -> Place:  # noqa: ANN401 - a project or an organization
    """The names by which a policy can speak of a row that is a place itself."""
    return Place(names=frozenset(name for name in (row.id, row.slug) if name))


def _object(row: Any, name: str) -> str | None:  # noqa: ANN401 - any row
    """The id that the row gives for what was asked: its own, or that of what it belongs to (an event's error)."""
    found: str | None = getattr(row, name, row.id)
    return found
