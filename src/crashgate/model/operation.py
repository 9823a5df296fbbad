"""One thing that can be asked of an upstream, as one value. Rule: declared once; everything else is read off it."""

import string
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from enum import Enum, unique
from types import NoneType, UnionType
from typing import Annotated, Any, Generic, Literal, TypeVar, Union, get_args, get_origin

from crashgate.model.access import Access
from crashgate.model.params import (
    Along,
    EncodedBy,
    In,
    Logged,
    NamedBy,
    Needs,
    Params,
    Repeated,
    RowsAPage,
    Unsets,
    Wire,
)
from crashgate.model.reads import Declared, Reads, ReadsByName, ReadsNothing
from crashgate.model.result import R
from crashgate.model.scope import Scope

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
P = TypeVar("P", bound=Params)
_PLACED = ("organization", "project", "environment", "app", "platform", "object")
"""What of a scope names a parameter."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Links:
    """The rows are the body; the next page's address is in the ``Link`` header, the total in ``X-Total-Count``.

    The mark is the query of the next page.
    """


@dataclass(frozen=True, kw_only=True, slots=True)
class Numbered:
    """The body is an object with the ``rows``; pages count from 1, and the mark is the number of a page.

    ``meta`` is the key of the object that holds ``total`` and ``pages``; None where they stand beside the rows.
    """

    rows: str = "data"
    meta: str | None = None
    total: str = "total"
    pages: str = "pages"
    page: str = "page"


@dataclass(frozen=True, kw_only=True, slots=True)
class Cursors:
    """The body is an object with the ``rows`` and a cursor each way, and the mark is ``after:`` or ``before:`` one.

    A cursor travels with its direction as ``cursor`` and ``mode``, in the query of a GET and in the body of a POST.
    """

    rows: str
    following: str = "next_cursor"
    preceding: str = "prev_cursor"


@dataclass(frozen=True, kw_only=True, slots=True)
class Inside:
    """The rows, or the one object, stand under ``key`` of the body, all of them at once."""

    key: str


Paging = Links | Numbered | Cursors | Inside
"""How an upstream gives a list in pages. A later one is asked for with a mark: ``Page.next_mark`` or
``Page.previous_mark``."""


@dataclass(frozen=True, kw_only=True, slots=True)
class EventBatch:
    """The parameters of the body are what one event holds, sent as a batch of one.

    The event has an ``id``, the ``type`` and a ``timestamp`` of its own; what it makes has the same id, as ``id`` among
    what it holds. The id is random and new for each request, so that no caller can choose it.
    """

    type: str
    batch: str = "batch"


@unique
class Shape(Enum):
    """What a successful answer holds."""

    ONE = "one"
    MANY = "many"
    EMPTY = "empty"


@dataclass(frozen=True, kw_only=True, slots=True)
class Wording:
    """How a sentence speaks of the operation: ``list`` / ``listed`` / ``errors``.

    ``target`` may hold parameter names in braces, of parameters that the log may show: ``error {error_id}``, or
    ``{error_ids:error}``, which is ``1 error`` or ``100 errors``.
    """

    verb: str
    past: str
    target: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Field:
    """One parameter of an operation, read off its annotation."""

    name: str
    travels: In
    wire: str
    logged: Logged | None
    access: Access | None = None
    repeated: bool = False
    unsets: bool = False
    along: Along | None = None
    reads: Declared | None = None
    encode: Callable[[str, Any], list[tuple[str, str]]] | None = None
    named_by: NamedBy | None = None
    filters: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Operation(Generic[P, R]):
    """An upstream operation, or one that crashgate answers itself (``method`` and ``path`` are then None).

    ``access`` is what the operation takes at least; a parameter may need more (``access_with``). ``fixed_body`` are
    body fields that make one route into several operations (PATCH with ``operation=fix``).
    ``per_page`` is the upstream's own limit on rows a page, read off the parameters; None where there is none.
    ``paging`` says where the rows stand in the answer. ``asks_by_post`` marks a POST that only reads: some vendors take
    filters in a body. ``idempotent`` is False where a second equal call does something more: it moves a deadline or
    opens another ticket. ``creates`` marks what makes something new; a POST that changes something always does.
    ``envelope`` is what the body is sent in, where it is not sent as it is. ``gives_back`` marks one of our own that
    hands out what was read of an upstream before.
    ``named`` are the parameters that name the object of an answer of shape ONE, each with the field that gives it back.
    Raises ValueError when the declaration contradicts itself, so a wrong entry fails at import (THREATS row 9).
    """

    id: str
    provider: str
    resource: str
    access: Access
    method: Method | None
    path: str | None
    scope: Scope
    params: type[P]
    result: type[R]
    shape: Shape
    wording: Wording
    source: str
    fixed_body: Mapping[str, Any] = field(default_factory=dict[str, Any])
    idempotent: bool = True
    paging: Paging = Links()
    asks_by_post: bool = False
    creates: bool = False
    envelope: EventBatch | None = None
    gives_back: bool = False
    fields: tuple[Field, ...] = field(init=False)
    filtering: Mapping[str, str] = field(init=False)
    """The parameters that filter by one field each, with its name."""
    per_page: int | None = field(init=False)
    named: Mapping[str, str] = field(init=False)

    def __post_init__(self) -> None:
        """Read the fields off the parameters and check the entry."""
        fields = tuple(_field(name, info.annotation, info.metadata) for name, info in self.params.model_fields.items())
        object.__setattr__(self, "fields", fields)
        by = {each.name: each.filters for each in fields if each.filters is not None}
        object.__setattr__(self, "filtering", by)
        object.__setattr__(self, "named", self._named(fields))
        object.__setattr__(self, "creates", self.creates or (self.method == "POST" and not self.asks_by_post))
        rows = (mark for each in fields if isinstance(mark := each.logged, RowsAPage))
        object.__setattr__(self, "per_page", next((mark.most for mark in rows), None))
        in_path = {name for _, name, _, _ in string.Formatter().parse(self.path or "") if name}
        declared = {f.name for f in fields if f.travels is In.PATH}
        named = {name for _, name, _, _ in string.Formatter().parse(self.wording.target) if name}
        places = {getattr(self.scope, part) for part in _PLACED if getattr(self.scope, part, None) is not None} | set(
            getattr(self.scope, "kept", ())
        )
        if in_path != declared:
            raise ValueError(f"{self.id}: the path names {sorted(in_path)}, the parameters {sorted(declared)}")
        if named - {f.name for f in fields if f.logged}:
            raise ValueError(f"{self.id}: the wording names parameters that the log may not show")
        if places - {f.name for f in fields}:
            raise ValueError(f"{self.id}: the scope names parameters that there are not")
        self._check_route()
        self._check_reads()

    def _named(self, fields: tuple[Field, ...]) -> Mapping[str, str]:
        """The parameters that name the object of one answer: ``error_id`` is an error's id, and an event's error_id."""
        shown: Collection[str] = self.result.__struct_fields__ if self.shape is Shape.ONE else ()
        path = self.path or ""
        own = path.rpartition("{")[2][:-1] if path.endswith("}") else f"{self.resource}_id"
        return {
            each.name: "id" if each.name == own and "id" in shown else each.name
            for each in fields
            if (each.name == own and "id" in shown) or (each.name in shown and each.travels in {In.PATH, In.NOWHERE})
        }

    def _check_route(self) -> None:
        """Id, method, access and body must agree."""
        if not self.id.startswith(f"{self.provider}.") or (self.method is None) != (self.path is None):
            raise ValueError(f"{self.id}: id, provider, method and path contradict each other")
        # check: a GET reads
        if self.method == "GET" and self.access is not Access.READ:
            raise ValueError(f"{self.id}: a GET reads")
        if self.method == "GET" and (self.fixed_body or any(f.travels is In.BODY for f in self.fields)):
            raise ValueError(f"{self.id}: a GET has no body")
        if self.envelope is not None and (self.method != "POST" or self.asks_by_post):
            raise ValueError(f"{self.id}: only a POST that changes something sends an event")
        # check: a DELETE deletes
        if self.method == "DELETE" and self.access is not Access.DELETE:
            raise ValueError(f"{self.id}: a DELETE deletes")
        if self.asks_by_post and (self.method != "POST" or self.access is not Access.READ):
            raise ValueError(f"{self.id}: only a POST that reads asks by POST")
        if self.method in {"POST", "PUT", "PATCH"} and self.access is Access.READ and not self.asks_by_post:
            raise ValueError(f"{self.id}: a {self.method} is not a read")
        if self.creates and self.access is Access.READ:
            raise ValueError(f"{self.id}: what reads makes nothing new")
        if any(f.access is not None and f.access.rank <= self.access.rank for f in self.fields):
            raise ValueError(f"{self.id}: a parameter needs no more than its operation")

    def _check_reads(self) -> None:
        """What a read takes besides the names of places and objects says which fields it reads (THREATS row 38)."""
        if self.access is not Access.READ:
            return
        for each in self.fields:
            names_it = each.travels in {In.PATH, In.NOWHERE} or isinstance(each.logged, RowsAPage)
            # check: a parameter that declares nothing fails at import
            if each.reads is None and not names_it:
                raise ValueError(f"{self.id}: {each.name} must declare the fields that it reads, or why it reads none")

    @property
    def overwrites(self) -> bool:
        """Whether it can replace what is there, rather than only add to it."""
        return self.access is not Access.READ and not self.creates

    def access_with(self, given: Collection[str]) -> Access:
        """The access that a call takes which gives these parameters."""
        needed = (f.access for f in self.fields if f.access is not None and f.name in given)
        return max(
            (
                self.access,
                # check: a costly parameter raises the access of its call
                *needed,
            ),
            key=lambda access: access.rank,
        )


def _field(name: str, annotation: object, metadata: list[Any]) -> Field:
    travels = [mark for mark in metadata if isinstance(mark, In)]
    if len(travels) != 1:
        raise ValueError(f"parameter {name} must say once where it travels")
    wires = [mark.name for mark in metadata if isinstance(mark, Wire)]
    marks = (*metadata, *_marks_within(annotation))
    encoded = next((mark for mark in marks if isinstance(mark, EncodedBy)), None)
    return Field(
        name=name,
        travels=travels[0],
        wire=wires[0] if wires else name,
        logged=next((mark for mark in marks if isinstance(mark, Logged)), None),
        access=next((mark.access for mark in metadata if isinstance(mark, Needs)), None),
        repeated=any(isinstance(mark, Repeated) for mark in metadata),
        unsets=any(isinstance(mark, Unsets) for mark in metadata),
        along=next((mark for mark in metadata if isinstance(mark, Along)), None),
        encode=None if encoded is None else encoded.encode,
        filters=None if encoded is None else encoded.filters,
        reads=_reads(name, annotation, marks),
        named_by=next((mark for mark in marks if isinstance(mark, NamedBy)), None),
    )


def _reads(name: str, annotation: object, marks: tuple[object, ...]) -> Declared | None:
    """What the parameter declares; where it takes a closed list of names, each of them declares."""
    declared = next((mark for mark in marks if isinstance(mark, Reads | ReadsNothing | ReadsByName)), None)
    words = _words(annotation)
    # check: each word of a closed list declares what it reads
    if isinstance(declared, ReadsByName) and words and words != frozenset(declared.named):
        raise ValueError(f"parameter {name} must declare what it reads for {', '.join(sorted(words))}, each for itself")
    return declared


def _words(annotation: object) -> frozenset[str]:
    """The words of a closed list, which may be left out; none for any other type."""
    kinds = (annotation, *get_args(annotation)) if get_origin(annotation) in {Union, UnionType} else (annotation,)
    return frozenset(str(word) for kind in kinds if get_origin(kind) is Literal for word in get_args(kind))


def _marks_within(annotation: object) -> tuple[object, ...]:
    """The marks of a type that may be left out: those of ``Annotated[str, Logged()]`` in ``... | None``."""
    given = [each for each in get_args(annotation) if each is not NoneType]
    may_be_none = get_origin(annotation) in {Union, UnionType} and len(given) == 1
    return get_args(given[0])[1:] if may_be_none and get_origin(given[0]) is Annotated else ()


AnyOperation = Operation[Any, Any]
