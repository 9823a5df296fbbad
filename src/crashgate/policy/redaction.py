"""The fields of an answer that an agent is not shown. Each is named by its path and removed whole.

Names are compared without regard to case, in every spelling that an upstream uses, and lists on the way are searched.
``*`` as the last name means everything below; ``**`` before the last name means that name at any depth below. What is
below a removed field is removed with it.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import lru_cache
from types import MappingProxyType
from typing import ClassVar, Final, Self, Union

from crashgate.model.catalogue import Catalogue
from crashgate.model.field_table import (
    DEEP,
    FieldTable,
    RedactionSet,
    find_path,
    merge_fields,
    paths_in_set,
    read_fields,
    walk_fields,
)
from crashgate.model.reads import EVERYTHING
from crashgate.policy.toml_positions import Path
from crashgate.policy.wording import listed, unknown, word
from crashgate.policy.words import Declared, Entries, NameList, Reading, Word

Tree = Mapping[str, Union["Tree", None]]
"""What goes, by name in lower case: None for the field whole, else what goes below it; ``*`` stands for every name.

Under ``**`` stand the names that go at any depth.
"""

_LONGEST = 60
_HINTS = 5
_FIELD: Final = '"user.email"'
_SETS = tuple(each.value for each in RedactionSet)
_EVERY = "*"
_NO_FIELDS: Final[Mapping[str, FieldTable]] = MappingProxyType({})


@lru_cache(maxsize=8)
def result_fields(catalogue: Catalogue) -> Mapping[str, FieldTable]:
    """The fields of each resource, those of all its operations together."""
    fields: dict[str, FieldTable] = {}
    for operation in catalogue.operations.values():
        fields[operation.resource] = merge_fields(fields.get(operation.resource, {}), read_fields(operation.result))
    return MappingProxyType(fields)


@lru_cache(maxsize=8)
def field_paths(catalogue: Catalogue) -> frozenset[str]:
    """Every path that some answer may hold; below free-form data there are more, which nobody can list."""
    return frozenset(".".join(path) for fields in result_fields(catalogue).values() for path, _ in walk_fields(fields))


def _is_set(reading: Reading, path: Path, name: str) -> bool:
    if name not in _SETS:
        reading.note(path, unknown("set", name, _SETS))
    return name in _SETS


def _is_field(reading: Reading, path: Path, name: str) -> bool:
    """Whether some resource has such a field, and none needs it to be read."""
    names = tuple(name.split("."))
    if not all(names) or "*" in names[:-1] or (DEEP in names and names.index(DEEP) != len(names) - 2):
        rules = "write names joined by dots, * only as the last of them, and ** only before the last"
        reading.note(path, f"`{word(name)}` is not a path; {rules}")
        return False
    plain = names[:-1] if names[-1] == "*" else names
    found = [along for each in result_fields(reading.catalogue).values() if (along := find_path(each, plain))]
    if not found:
        reading.note(path, _no_field(name, field_paths(reading.catalogue)))
        return False
    if names[-1] == "*" and not any(along[-1].below or along[-1].free for along in found):
        reading.note(path, f"nothing is below `{word('.'.join(plain))}`; write it without the *")
        return False
    if names[-1] != "*" and any(len(along) == len(names) and along[-1].fixed for along in found):
        reading.note(path, f"`{word(name)}` names the object itself and cannot be removed")
        return False
    return True


def _no_field(name: str, paths: Collection[str]) -> str:
    """What is said of a path that no answer has: the nearest that some has, by its words or by its last name."""
    wrong, known = name[:_LONGEST], sorted(paths)
    end = f".{wrong.rpartition('.')[2].lower()}"
    near = [each for each in known if f".{each.lower()}".endswith(end)] or get_close_matches(wrong, known, n=1)
    near = near or get_close_matches(wrong, known, n=_HINTS, cutoff=0)
    told = listed([f"`{each}`" for each in near], limit=200)
    return f"unknown field `{word(name)}`; {f'did you mean {told}?' if len(near) == 1 else f'the nearest are {told}'}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Redaction(Declared):
    """What a policy takes out: single ``fields`` as they are written, and whole ``sets``, by their names."""

    ABOUT: ClassVar[str] = "Fields that are taken out of every answer."
    EXAMPLE: ClassVar[str] = f"fields = [{_FIELD}]"
    NEEDS: ClassVar[Mapping[str, str]] = {}
    WORDS: ClassVar[Mapping[str, Word]] = {
        "fields": NameList(
            about="Fields by their paths; * as the last name is everything below, ** before the last any depth.",
            example=_FIELD,
            check=_is_field,
            items=lambda _: {"type": "string", "pattern": r"^[^.*]+(\.[^.*]+)*(\.\*|\.\*\*\.[^.*]+)?$"},
        ),
        "sets": NameList(
            about="Sets of fields that belong together.",
            example='"people"',
            check=_is_set,
            items=lambda _: {"enum": list(_SETS)},
        ),
    }

    fields: tuple[str, ...] = ()
    sets: tuple[str, ...] = ()
    within: Mapping[str, FieldTable] = field(
        default_factory=dict[str, FieldTable], repr=False, compare=False, hash=False
    )
    """The fields of each resource that is redacted."""
    _trees: Mapping[str, Tree] = field(init=False, repr=False, compare=False, hash=False)

    def __post_init__(self) -> None:
        """Work out the tree of each resource once. Raises ValueError for an unknown set, and without resources."""
        if (self.fields or self.sets) and not self.within:
            raise ValueError("there is nothing to remove the fields from")
        trees = {resource: _tree(self, fields) for resource, fields in self.within.items()}
        object.__setattr__(self, "_trees", MappingProxyType({name: tree for name, tree in trees.items() if tree}))

    @classmethod
    def of(cls, entries: Entries, within: Mapping[str, FieldTable] = _NO_FIELDS) -> Self:
        """See ``Table``."""
        names = {key: tuple(each.value for each in written) for key, written in entries.items()}
        return cls(**names, within=within)

    def tree(self, resource: str) -> Tree:
        """What goes out of a row of this resource; empty where nothing does."""
        return self._trees.get(resource, _NOTHING)

    def hides(self, resource: str, path: str) -> bool:
        """Whether the field at ``path`` goes, or is below one that does; for one that ends in ``*`` any part of it."""
        tree = self.tree(resource)
        deep: set[str] = set()
        for name in path.lower().split("."):
            deep |= (tree.get(DEEP) or _NOTHING).keys()
            if name == _EVERY:
                return bool(tree or deep)
            below = tree.get(name, tree.get(_EVERY, _NOTHING))
            if (
                below is None
                # check: a name redacted at any depth hides what reads it
                or name in deep
            ):
                return True
            tree = below
        return False

    def hides_read(self, fields: Iterable[str]) -> bool:
        """Whether one of the fields goes that a parameter declares to read (``catalogue.reads``)."""
        return not self.empty and any(
            field == EVERYTHING or self.hides(*field.split(".", maxsplit=1)) for field in fields
        )

    @property
    def empty(self) -> bool:
        """Whether nothing goes at all."""
        return not self._trees

    def taken_out(self, resource: str, names: Iterable[str]) -> tuple[str, ...]:
        """What goes out of a row of this resource that has the fields ``names``: paths in lower case, sorted."""
        had = {name.lower(): None for name in names} | {_EVERY: None}
        tree = {name: below for name, below in self.tree(resource).items() if name in had}
        return tuple(sorted(paths(tree)))


_NOTHING: Tree = MappingProxyType({})


def paths(tree: Tree, above: str = "") -> Iterator[str]:
    """The paths of all that goes, in no order."""
    for name, below in tree.items():
        if below is None:
            yield above + name
        else:
            yield from paths(below, f"{above}{name}.")


def beyond(wanted: Iterable[str], out: Iterable[str]) -> tuple[str, ...]:
    """Those of the paths ``wanted`` that are not out already where the paths ``out`` are."""
    gone = frozenset(out)
    return tuple(
        path
        for path in wanted
        # check: what is above a path takes it along, and nothing else does
        if gone.isdisjoint(_covering(path.split(".")))
    )


def _covering(names: list[str]) -> Iterator[str]:
    """Each path with which that of ``names`` goes: its own, those above it, and all below one of those."""
    for length in range(1, len(names) + 1):
        yield ".".join(names[:length])
        yield ".".join([*names[: length - 1], _EVERY])


def _tree(redaction: Redaction, fields: FieldTable) -> Tree:
    named = [tuple(path.split(".")) for path in redaction.fields]
    in_sets = [path for name in redaction.sets for path in paths_in_set(fields, RedactionSet(name))]
    tree: dict[str, Tree | None] = {}
    for path in (*named, *in_sets):
        _put(tree, list(_spellings(fields, path)))
    return tree


def _spellings(fields: FieldTable, path: tuple[str, ...]) -> Iterator[frozenset[str]]:
    """For each name on the way all the names that it goes by; nothing where this resource has no such field."""
    along = find_path(fields, path[:-1] if path[-1] == "*" else path)
    if along is None:
        return
    for number, name in enumerate(path):
        # check[never]: every spelling of a field goes
        names: Iterable[str] = along[number].names if number < len(along) else (name,)
        yield frozenset(each.lower() for each in names)


def _put(tree: dict[str, Tree | None], steps: list[frozenset[str]]) -> None:
    """Enter a path; where two meet, the one that takes more out stays."""
    if not steps:
        return
    first, *rest = steps
    for name in first:
        # check: of two redactions the larger stays
        if name in tree and tree[name] is None:
            continue
        if not rest:
            tree[name] = None
            continue
        below = dict(tree.get(name) or {})
        _put(below, rest)
        tree[name] = below
