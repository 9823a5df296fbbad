"""The answer cut down to what the agent may see. Rule: a row is shown only when the policy allows its own place.

THREATS rows 14 and 20: the caller's claim about where something belongs is never enough.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

from crashgate.catalogue.operation import Operation, P
from crashgate.catalogue.result import Page, R
from crashgate.catalogue.scope import (
    AppNamed,
    AppOfObject,
    EnvironmentRows,
    OrganizationRows,
    ProjectRows,
)
from crashgate.policy.pattern import STRANGER
from crashgate.policy.question import Place
from crashgate.text import clean

_LONGEST_ID = 1_000
"""No parameter takes as long a one."""

NOWHERE = Place(names=frozenset({STRANGER}))
"""A place that is not known or not there yet: only a grant on all places (``*``) matches it."""

Allowed = Callable[[Place], bool]
"""Whether the policy allows the operation in the place that a row itself names."""


def narrow(operation: Operation[P, R], page: Page[R], *, params: P, home: str | None, allowed: Allowed) -> Page[R]:
    """``page`` without rows out of scope; totals go too when the policy picks among the rows.

    ``home`` is the id of the project that the call was allowed in, or None where the rows decide.
    """
    answered = _about_what_was_asked(operation, page, params)
    return _in_scope(operation, answered, params=params, home=home, allowed=allowed)


def _in_scope(operation: Operation[P, R], page: Page[R], *, params: P, home: str | None, allowed: Allowed) -> Page[R]:
    match operation.scope:
        case ProjectRows() | OrganizationRows():
            kept = tuple(row for row in page.rows if allowed(place_of(row)))
            return replace(page, rows=kept, dropped=page.dropped + len(page.rows) - len(kept), total=None)
        case EnvironmentRows() as scope:
            return _in_environments(scope, page, params=params, allowed=allowed)
        case AppNamed(platform=name) | AppOfObject(platform=name):
            asked = getattr(params, name)
            kept = tuple(row for row in page.rows if getattr(row, "platform", None) in {None, asked})
        case _:
            kept = tuple(row for row in page.rows if home is None or row.home in {None, home})
    dropped = len(page.rows) - len(kept)
    return replace(page, rows=kept, dropped=page.dropped + dropped, total=None) if dropped else page


def as_answered(identifier: str) -> str:
    """An id as it stands in an answer, whose texts are cleaned as they are read: an app's SDK may choose any."""
    return clean(identifier, limit=_LONGEST_ID)


def _about_what_was_asked(operation: Operation[P, R], page: Page[R], params: P) -> Page[R]:
    """``page`` without an answer about another object than the one that the parameters name (THREATS row 42)."""
    asked = {field: as_answered(getattr(params, name)) for name, field in operation.named.items()}
    kept = tuple(row for row in page.rows if all(getattr(row, field) in {None, each} for field, each in asked.items()))
    return page if len(kept) == len(page.rows) else replace(page, rows=kept, dropped=len(page.rows) - len(kept))


def _in_environments(scope: EnvironmentRows, page: Page[R], *, params: Any, allowed: Allowed) -> Page[R]:  # noqa: ANN401 - any parameters
    """The rows in environments that are open, and of each the parts that are; a row of an unknown one is in none.

    The total stands where the caller asked for open environments only, or where all are open.
    """

    @cache
    def is_open(environment: str | None) -> bool:
        """Asked once for each name: a session has thousands of traces in a few environments."""
        return allowed(Place(names=frozenset({environment})) if environment else NOWHERE)

    kept = tuple(_with_parts(scope.parts, row, is_open) for row in page.rows if is_open(_environment(row)))
    dropped = len(page.rows) - len(kept)
    asked = scope.environment is not None and getattr(params, scope.environment) is not None
    whole = not dropped and (asked or allowed(NOWHERE))
    return replace(page, rows=kept, dropped=page.dropped + dropped, total=page.total if whole else None)


def _with_parts(parts: str | None, row: R, is_open: Callable[[str | None], bool]) -> R:
    if parts is None:
        return row
    inside: tuple[Any, ...] = getattr(row, parts)
    kept = tuple(part for part in inside if is_open(_environment(part)))
    return row if len(kept) == len(inside) else row.model_copy(update={parts: kept})


def _environment(row: Any) -> str | None:  # noqa: ANN401 - a row or a part of one
    name: str | None = row.environment
    return name


def place_of(row: Any) -> Place:  # noqa: ANN401 - a project or an organization
    """The names by which a policy can speak of a row that is a place itself."""
    return Place.known_as(row.id, row.slug)
