"""One request as a handler sees it, and the routes' form. Rule: a handler gives the body of a 200, or raises."""

from collections.abc import Callable
from dataclasses import dataclass

from crashgate_sandbox.devrev.answers import JsonObject
from crashgate_sandbox.devrev.fields import Fields
from crashgate_sandbox.devrev.store import Store


@dataclass(frozen=True, kw_only=True, slots=True)
class Call:
    """One request of somebody who is known."""

    store: Store
    method: str
    fields: Fields


@dataclass(frozen=True, kw_only=True, slots=True)
class Route:
    """One method on one path, and what answers it."""

    method: str
    path: str
    handler: Callable[[Call], JsonObject]
