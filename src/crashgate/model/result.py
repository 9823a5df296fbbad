"""Base types of what an upstream answers: models, pages, and the kinds of value that a field can hold.

``Untrusted`` marks text that an outsider can write; a ``Secret`` is dropped while the answer is read. A ``Result``
keeps fields that it does not know, because vendors add some; a ``Documented`` drops them, where what an app sends is
passed on and an undeclared field would have no mark. Nearly every field is optional, because old answers lack some.

Rule: no value but an id makes a row unusable, because outsiders write most values. A number where text belongs
becomes text; any other value of the wrong kind is left out alone (``_tolerant``). A value that cannot be one of the
vendor's own words (a sentence as a status) becomes None. Objects and lists never become text, since redaction finds
names in them.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import chain
from typing import Annotated, Any, Generic, TypeVar, cast

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    GetCoreSchemaHandler,
    StringConstraints,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)
from pydantic_core import CoreSchema, core_schema

from crashgate.model.params import OBJECT_ID_PATTERN


@dataclass(frozen=True)
class UntrustedMark:
    """The field holds text that an outsider can write (design rule 5).

    ``members``: only people with an account at the vendor write it, never those who run the app. It is shown under
    ``untrusted`` all the same, but lint does not warn of a policy that lets an agent read it.
    """

    members: bool = False


@dataclass(frozen=True)
class SecretMark:
    """The field is a credential or a security detail of a person."""


@dataclass(frozen=True)
class Only:
    """Text of that pattern, as a whole; what ``otherwise`` makes of anything else, or None.

    It is checked where pydantic is compiled: a page of a thousand rows has thousands of such values.
    """

    pattern: str
    otherwise: Callable[[Any], Any] | None = None

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:  # noqa: ANN401 - pydantic's own
        """The schema in place of that of ``str | None``."""
        del source, handler
        text: CoreSchema = core_schema.str_schema(
            # check: a sentence is no word of the vendor's
            pattern=f"^(?:{self.pattern})$",
            strict=True,
        )
        if self.otherwise is not None:
            other = core_schema.no_info_plain_validator_function(self.otherwise)
            text = core_schema.union_schema([text, other], mode="left_to_right")
        return core_schema.with_default_schema(core_schema.nullable_schema(text), default=None, on_error="default")


UNREADABLE = "(unreadable)"
"""Replaces an id or address that has not the right form. It equals no id, so it never passes for a wanted one."""

_LINK = r"https?://[A-Za-z0-9_.~:/?#@!$&()*+,;=%\[\]-]{1,2000}"

PART = 500
"""Rows that pydantic reads in one go; other threads wait until it is done."""


def _rows(value: Any, read: ValidatorFunctionWrapHandler) -> Any:  # noqa: ANN401 - any JSON may stand in an upstream answer
    if value is None:
        return ()
    if type(value) is not list:
        return read(value)
    rows = cast("list[Any]", value)
    if len(rows) <= PART:
        return read(rows)
    return tuple(chain.from_iterable(read(rows[start : start + PART]) for start in range(0, len(rows), PART)))


def _unreadable(_: Any) -> str:  # noqa: ANN401 - any JSON may stand in an upstream answer
    return UNREADABLE


def _nothing(_: Any) -> None:  # noqa: ANN401 - any JSON may stand in an upstream answer
    return None


Untrusted = Annotated[str, UntrustedMark()]
UntrustedData = Annotated[Any, UntrustedMark()]
"""Any JSON that an outsider can write, keys included (metadata, headers, grouping fields)."""

MemberText = Annotated[str, UntrustedMark(members=True)]
"""Text that only people with an account at the vendor can write: names, comments, settings."""

MemberData = Annotated[Any, UntrustedMark(members=True)]

Secret = Annotated[
    None,
    # check: a secret is dropped while it is read
    BeforeValidator(_nothing),
    SecretMark(),
]
"""Replaced by None while the answer is read, so nothing after the codec can show it."""

_T = TypeVar("_T")
Many = Annotated[tuple[_T, ...], WrapValidator(_rows)]
"""A list; null means an empty one, so that it cannot make the whole answer unusable."""

Id = Annotated[str, StringConstraints(pattern=OBJECT_ID_PATTERN)]
OptionalId = Annotated[str | None, Only(r"[0-9a-f]{24}")]
PlaceId = Annotated[
    str | None,
    Only(
        r"[0-9a-f]{24}",
        # check: a row whose place cannot be read is in no place
        otherwise=_unreadable,
    ),
]
"""The id of the place that a row belongs to. If it is malformed, the row is in no place that an agent may see."""

PlaceLink = Annotated[str | None, Only(_LINK, otherwise=_unreadable)]
Slug = Annotated[str | None, Only(r"[a-z0-9][a-z0-9_.-]{0,199}")]
Word = Annotated[
    str | None,
    # check[none]: no sentence is the vendor's word
    Only(r"[A-Za-z0-9_.+-]{1,40}|in progress"),
]
"""A value of one of the vendor's own closed lists, which the vendor sets; new values pass, sentences do not.

A documented value may be of two words, such as the status ``in progress``.
What an app says of itself or its device is no such word, even where a vendor's example looks like a closed list.
"""

Time = Annotated[str | None, Only(r"[0-9TZ:.+ -]{1,40}")]
Link = Annotated[str | None, Only(_LINK)]


_LARGEST = 2**63 - 1
"""The largest whole number that an export can hold; a count is less."""

_OUTER = frozenset({"nullable", "function-wrap", "function-before", "function-after"})


def _tolerant_model(schema: Any) -> Any:  # noqa: ANN401 - one of pydantic's many schemas
    """The schema of a model, in which no field with a default can fail."""
    inner = schema
    while "schema" in inner and inner["type"] != "model-fields":
        inner = inner["schema"]
    for each in inner.get("fields", {}).values():
        if each["schema"]["type"] == "default":
            of_field = each["schema"]
            each["schema"] = {
                **of_field,
                "schema": _tolerant(of_field["schema"]),
                # check: an odd value costs itself and not its row
                "on_error": "default",
            }
    return schema


def _tolerant(schema: Any) -> Any:  # noqa: ANN401 - one of pydantic's many schemas
    """The schema of a value, in which an item of the wrong kind is left out and a number may stand for text."""
    kind = schema["type"]
    changes: dict[str, Any] = {}
    if kind == "str" and "pattern" not in schema:
        changes = {"coerce_numbers_to_str": True}
    elif kind == "int":
        changes = {"ge": -_LARGEST - 1, "le": _LARGEST}
    elif kind == "float":
        changes = {"allow_inf_nan": False}
    elif kind == "tuple":
        changes = {"items_schema": [_or_omitted(each) for each in schema["items_schema"]]}
    elif kind == "dict":
        changes = {"values_schema": _or_omitted(schema["values_schema"])}
    elif kind == "union":
        changes = {"choices": [_tolerant(each) for each in schema["choices"]]}
    elif kind in _OUTER:
        changes = {"schema": _tolerant(schema["schema"])}
    return {**schema, **changes}


def _or_omitted(schema: Any) -> Any:  # noqa: ANN401 - one of pydantic's many schemas
    return core_schema.with_default_schema(_tolerant(schema), on_error="omit")


class Result(BaseModel):
    """Base of every answer's model."""

    model_config = ConfigDict(frozen=True, extra="allow")

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:  # noqa: ANN401 - pydantic's own
        """Pydantic's own schema, tolerant of odd values."""
        schema: CoreSchema = _tolerant_model(handler(source))
        return schema

    @property
    def home(self) -> str | None:
        """The id of the project that this object says it belongs to, where it says so."""
        return None


R = TypeVar("R", bound=Result)


@dataclass(frozen=True, kw_only=True, slots=True)
class Page(Generic[R]):
    """One page of a list, or the one object of an answer as a page of one.

    ``next_mark`` and ``previous_mark`` ask for the neighbouring pages (``Ask.mark``), and ``later_mark`` for the page
    after the next one, where it is known already and asking for both at once is nobody's loss. ``total`` counts all
    rows upstream, where it says so and nothing was dropped. ``truncated`` means that the upstream refuses to page
    deeper. ``dropped`` counts rows that were out of the agent's scope, ``redacted`` names what the policy took out of
    the rest. ``unusable`` counts rows that could not be read, mostly for want of a right id. ``size`` is that of the
    answer that it was read from, in bytes.
    """

    rows: tuple[R, ...]
    next_mark: str | None = None
    previous_mark: str | None = None
    later_mark: str | None = None
    total: int | None = None
    truncated: bool = False
    dropped: int = 0
    redacted: tuple[str, ...] = ()
    unusable: int = 0
    size: int = field(default=0, compare=False)


class Documented(Result):
    """Base of an answer's model that drops fields that it does not declare."""

    model_config = ConfigDict(extra="ignore")
