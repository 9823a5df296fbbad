"""How a parameter travels and whether the log may show it. Rule: a marker on the type, never code beside it.

The id of a session, as a parameter. Rule: the log shows it only where it looks like an id.

An app's SDK makes session ids, so anybody with the app's public key can choose one: it may be a sentence.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, unique
from typing import Annotated, Any, cast

from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler, StringConstraints
from pydantic_core import CoreSchema, core_schema

from crashgate.model.access import Access
from crashgate.model.reads import ReadsNothing
from crashgate.model.short_times import expand_time


@unique
class In(Enum):
    """Where a parameter travels in the upstream request."""

    PATH = "path"
    QUERY = "query"
    BODY = "body"
    HEADER = "header"
    NOWHERE = "nowhere"
    """Not sent: it tells the gate where the call belongs."""


@dataclass(frozen=True)
class Logged:
    """The decision log may show this parameter's value. Only on types with a pattern or a closed list.

    ``only`` is the pattern of the values that it may show, where the type itself lets others through too.
    """

    only: str | None = None

    def shows(self, value: object) -> bool:
        """Whether the log may show this very value."""
        return self.only is None or (isinstance(value, str) and re.fullmatch(self.only, value) is not None)


@dataclass(frozen=True, kw_only=True)
class RowsAPage(Logged):
    """How many rows a page shall have: from 1 to ``most``, which is the upstream's own limit. The log may show it.

    It reads no field (``catalogue.reads``): where a page ends says nothing of what its rows hold.
    """

    most: int

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:  # noqa: ANN401 - pydantic's own
        """The schema in place of that of ``int | None``."""
        del source, handler
        return core_schema.nullable_schema(core_schema.int_schema(ge=1, le=self.most))


@dataclass(frozen=True)
class Needs:
    """Giving this parameter takes more access than its operation: it costs money, takes access away or loses data."""

    access: Access


@dataclass(frozen=True)
class Unsets:
    """Null is a value for this parameter: it takes away what is set. For any other, null means "not given"."""


@dataclass(frozen=True)
class PatternHelp:
    """What a caller is told of a text that does not match ``pattern``; it stands beside the constraint."""

    pattern: str
    words: str


@dataclass(frozen=True, kw_only=True)
class NamedBy:
    """The parameter also takes what people call it: the gate looks the id up in the call's project.

    ``operation`` lists what there is; its parameter ``project_id`` names the project, and ``offset``, where there is
    one, skips rows, so that ``pages`` can be read. ``fields`` are those of a row by any of which it may be named; each
    is used only where the policy shows it, and all only for who may list. ``me`` says that this word means the person
    who asks, named by the first of the fields.
    """

    operation: Any
    fields: tuple[str, ...]
    noun: str
    beside: tuple[str, ...] = ()
    """Fields by which people tell those apart that have the same name."""
    pages: int = 1
    offset: str | None = None
    me: bool = False


@dataclass(frozen=True)
class Shorthand:
    """The parameter also takes a form that people write, such as ``24h`` for a time.

    ``expand`` gives the full form of a value at a moment in UTC, and the value itself where it is no such form: then
    validation says what is wrong with it. Values are of any kind of JSON and already bounded in size.
    """

    expand: Callable[[Any, datetime], Any]


@dataclass(frozen=True)
class EncodedBy:
    """The parameter travels in the query as the pairs that ``encode`` makes of the upstream's name and the value.

    ``filters`` is the field that it filters by, where a project may not have it.
    """

    encode: Callable[[str, Any], list[tuple[str, str]]]
    filters: str | None = None


@dataclass(frozen=True)
class Repeated:
    """A list travels as the same name once per item (``environment=a&environment=b``), without brackets."""


@dataclass(frozen=True)
class Wire:
    """The upstream's own name for the parameter, where it differs from ours.

    In a body, ``outer.inner`` is the field ``inner`` of the object ``outer``.
    """

    name: str


@dataclass(frozen=True)
class Along:
    """Another body field that goes along wherever this parameter is sent.

    ``value`` is what it holds: always the same, or for each value of the parameter its own.
    """

    wire: str
    value: str | tuple[tuple[str, str], ...]

    def beside(self, given: object) -> str:
        """What the field holds beside this value. Raises ValueError for a value that has none."""
        if isinstance(self.value, str):
            return self.value
        found = next((held for one, held in self.value if one == given), None)
        if found is None:
            raise ValueError(f"nothing goes along as {self.wire} with this value")
        return found


def _stop_at_first(schema: object) -> None:
    if isinstance(schema, dict):
        part = cast("dict[str, Any]", schema)
        if (kind := part.get("type")) == "tuple" or kind == "list":
            # check[never]: a list is read up to its first wrong item
            part["fail_fast"] = True
        for each in part.values():
            _stop_at_first(each)
    elif isinstance(schema, list | tuple):
        for each in cast("list[object]", schema):
            _stop_at_first(each)


class Params(BaseModel):
    """Base of every operation's parameters: frozen, and no undeclared names (THREATS row 15).

    A list is read up to its first wrong item, so that a long one makes one error and not thousands (row 36).
    """

    model_config = ConfigDict(
        frozen=True,
        # check: parameters take no undeclared name
        extra="forbid",
    )

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:  # noqa: ANN401 - pydantic's own
        """The schema with ``fail_fast`` on every list in it."""
        schema = handler(source)
        _stop_at_first(schema)
        return schema


OBJECT_ID_PATTERN = r"^[0-9a-f]{24}$"
"""An id of 24 hexadecimal digits, as MongoDB makes them."""

is_object_id = re.compile(OBJECT_ID_PATTERN[1:-1]).fullmatch

SLUG_PATTERN = r"^[a-z0-9]+(?:[-_][a-z0-9]+){0,40}$"
"""A slug or an id: lower case words joined by hyphens or underscores. No dot, so never ``..``."""

ObjectId = Annotated[
    str,
    StringConstraints(pattern=OBJECT_ID_PATTERN),
    PatternHelp(OBJECT_ID_PATTERN, "must be 24 hexadecimal digits (0-9, a-f), e.g. 5f1a0c3d9e8b7a6655443322"),
    Logged(),
]
Ref = Annotated[
    str,
    StringConstraints(pattern=SLUG_PATTERN, max_length=100),
    PatternHelp(SLUG_PATTERN, "must be an id of 24 hexadecimal digits or a slug, e.g. checkout-ios"),
    Logged(),
]
"""An id or a slug; the gate resolves it to an id before anything else is sent."""
PLAIN_VERSION = r"v?[0-9]{1,8}(?:\.(?:[0-9]{1,8}|\*)){0,3}(?:[-+ (.](?:[a-z]{1,8}[.-]?)?[0-9]{0,8}\)?)?"
"""Versions that the log may show: numbers, and a word such as ``beta``. Others may be anything, even a secret."""

NAME_PATTERN = r"^[A-Za-z0-9_.@ -]{1,100}$"
is_name = re.compile(NAME_PATTERN[1:-1]).fullmatch
Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.@ -]*$", min_length=1, max_length=100)]
"""A short name such as a release stage: printable, no path or query characters."""

TIME_PATTERN = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?Z$"
"""Not ``\\d``, which takes the digits of every script."""

UtcTime = Annotated[
    str,
    StringConstraints(pattern=TIME_PATTERN),
    PatternHelp(
        TIME_PATTERN, "must be a date, a time with its zone, or how long ago, e.g. 2026-11-20T10:00:00Z, 24h or monday"
    ),
    Logged(),
    Shorthand(expand_time),
]
"""ISO 8601 in UTC ending in ``Z``; not every upstream takes ``+00:00``."""


SESSION_ID_PATTERN = r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029]+$"
"""Any text of one line; the length is checked beside it."""

_PLAIN = r"[A-Za-z0-9_.:-]{1,128}"

SessionId = Annotated[
    str,
    StringConstraints(pattern=SESSION_ID_PATTERN, min_length=1, max_length=200),
    PatternHelp(SESSION_ID_PATTERN, "must be one line of 1 to 200 characters, as list_sessions gives it"),
    Logged(only=_PLAIN),
]
"""1 to 200 characters without a control character."""

WHICH = ReadsNothing("it names what is asked for, by an id that an answer gave")
"""The mark of an id of one object that does not stand in the address."""
