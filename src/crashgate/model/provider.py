"""A provider: everything about one vendor that the rest of the program needs, as one value.

Nothing outside ``crashgate.providers`` names a vendor. A provider is found by its name through the entry point group
``crashgate.providers``; docs/providers.md says how to write one.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from crashgate.model.operation import AnyOperation
from crashgate.model.scope import Dimension


@dataclass(frozen=True, kw_only=True, slots=True)
class PlaceLookUp:
    """How a place is looked up by any of its names.

    ``operation`` reads one place, which its ``parameter`` names; ``id``, ``slug`` and ``parent`` are attributes of the
    row that it answers with. ``slug`` is None where a place has no second name, ``parent`` (the id of the place around
    it) where nothing is around it.
    """

    operation: AnyOperation
    parameter: str
    id: str = "id"
    slug: str | None = "slug"
    parent: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class FieldLookUp:
    """How the names are listed by which the rows of a project can be filtered.

    ``operation`` lists them, ``parameter`` names the project and ``attribute`` is the name in a row. The keys of a
    parameter ``filters``, of any operation, must be such names. ``always`` are names that the upstream takes although
    it does not list them; ``documented`` are those that its documentation gives, for hints.
    """

    operation: AnyOperation
    parameter: str
    attribute: str
    always: frozenset[str] = frozenset()
    documented: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Provider:
    """One vendor, or crashgate itself.

    ``name`` is the word for it in a configuration, in policies and in the log; ``title`` is its name in a sentence.
    Raises ValueError when the declaration contradicts itself.
    """

    name: str
    title: str
    operations: tuple[AnyOperation, ...]
    lookups: Mapping[Dimension, PlaceLookUp] = field(default_factory=dict[Dimension, PlaceLookUp], hash=False)
    filter_fields: FieldLookUp | None = None
    by_id: Mapping[str, AnyOperation] = field(init=False, repr=False, hash=False)

    def __post_init__(self) -> None:
        """Check that all operations are its own."""
        for operation in self.operations:
            if operation.provider != self.name:
                raise ValueError(f"{operation.id} is not an operation of {self.name}")
        by_id = {operation.id: operation for operation in self.operations}
        object.__setattr__(self, "by_id", MappingProxyType(by_id))
        object.__setattr__(self, "lookups", MappingProxyType(dict(self.lookups)))
