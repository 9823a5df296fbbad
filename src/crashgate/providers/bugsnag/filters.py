"""The ``filters`` parameter of errors, events and trends. Rule: only well-formed comparisons exist as values.

On the wire a comparison is two adjacent pairs, ``filters[f][][type]=eq&filters[f][][value]=v``; several ``eq`` on a
field mean or, several ``ne`` mean and, different fields mean and.
Source: https://docs.bugsnag.com/api/data-access/#filtering
"""

import re
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from enum import StrEnum, unique
from typing import Annotated, Any, Protocol, cast
from urllib.parse import quote

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator

from crashgate.model.params import TIME_PATTERN, EncodedBy, Params, Shorthand
from crashgate.model.short_times import expand_time
from crashgate.providers.bugsnag.field_reads import EVENT_FIELDS

MOST_FIELDS = 20
MOST_COMPARISONS = 20
LONGEST = 6_000
"""Characters that all filters may take in an address; web servers commonly read 8 kB of one."""

RELATIVE_TIME_FIELDS = frozenset({"event.since", "event.before"})
STATUS_FIELD = "error.status"
STATUSES = ("open", "in progress", "for_review", "new", "fixed", "snoozed", "ignored")
"""What an error's status can be compared with; of another one upstream says that there is no such error."""

_upstreams_own = re.compile(r"[0-9]{1,4}[hd]").fullmatch
_legal_moment = re.compile(rf"[0-9]{{1,4}}[hd]|{TIME_PATTERN[1:-1]}").fullmatch


@unique
class Match(StrEnum):
    """How a comparison compares; ``empty`` takes ``true`` or ``false``."""

    EQ = "eq"
    NE = "ne"
    EMPTY = "empty"


class Compares(Protocol):
    """One comparison, of a field of whatever kind."""

    @property
    def type(self) -> StrEnum:
        """How it compares."""
        ...

    @property
    def value(self) -> str:
        """What it compares with."""
        ...


class Comparison(Params):
    """One comparison of one event field."""

    model_config = ConfigDict(str_max_length=500)

    type: Match = Match.EQ
    value: str

    @model_validator(mode="before")
    @classmethod
    def _from_short(cls, given: Any) -> Any:  # noqa: ANN401 - whatever a caller sent
        return long_form(given)

    @model_validator(mode="after")
    def _empty_is_a_question(self) -> "Comparison":
        if self.type is Match.EMPTY and self.value not in {"true", "false"}:
            raise ValueError("an `empty` comparison takes the value true or false")
        return self


def long_form(given: Any) -> Any:  # noqa: ANN401 - whatever a caller sent
    """A bare value means ``eq``; true and false travel as words."""
    if isinstance(given, Mapping):
        long = dict(cast("Mapping[str, Any]", given))
        if isinstance(long.get("value"), bool):
            long["value"] = "true" if long["value"] else "false"
        return long
    return {"value": "true" if given is True else "false" if given is False else given}


def as_lists(given: Any) -> Any:  # noqa: ANN401 - whatever a caller sent
    """``{"error.status": "open"}`` means the same as a list of one."""
    if not isinstance(given, Mapping):
        return given
    fields = cast("Mapping[str, Any]", given)
    return {name: cast("Any", value) if isinstance(value, list | tuple) else [value] for name, value in fields.items()}


def _with_legal_values(given: dict[str, tuple[Comparison, ...]]) -> dict[str, tuple[Comparison, ...]]:
    """What upstream would answer with nothing found, or refuse without a word that reaches an agent."""
    if any(each.value not in STATUSES for each in _compared(given.get(STATUS_FIELD, ()))):
        raise ValueError(f"hold an {STATUS_FIELD} that does not exist; it is one of {', '.join(STATUSES)}")
    for field in sorted(RELATIVE_TIME_FIELDS & given.keys()):
        if any(each.type is not Match.EQ or _legal_moment(each.value) is None for each in given[field]):
            raise ValueError(
                f"hold an {field} that is neither like 7d, 12h or yesterday nor a time like 2026-11-20T10:00:00Z"
            )
    return given


def expand_filter_times(given: object, now: datetime, names: Collection[str] = RELATIVE_TIME_FIELDS) -> object:
    """The filters with a full time in place of ``yesterday`` and the like; upstream knows ``7d`` and ``12h`` itself.

    ``names`` are the fields that hold times.
    """
    if not isinstance(given, Mapping):
        return given
    fields = dict(cast("Mapping[str, Any]", given))
    for name in fields.keys() & frozenset(names):
        if isinstance(fields[name], list | tuple):
            fields[name] = [_expand(each, now) for each in cast("Iterable[Any]", fields[name])]
    return fields


def _expand(comparison: Any, now: datetime) -> Any:  # noqa: ANN401 - whatever a caller sent
    if isinstance(comparison, dict):
        whole = cast("Mapping[str, Any]", comparison)
        return {**whole, "value": _expand(whole.get("value"), now)}
    return comparison if isinstance(comparison, str) and _upstreams_own(comparison) else expand_time(comparison, now)


def _compared(several: Iterable[Comparison]) -> Iterable[Comparison]:
    """Those that compare with a value of the field's."""
    return (each for each in several if each.type is not Match.EMPTY)


def _short_enough(given: dict[str, tuple[Comparison, ...]]) -> dict[str, tuple[Comparison, ...]]:
    short_enough(given)
    return given


def short_enough(given: Mapping[str, Iterable[Compares]]) -> None:
    """Raises ValueError where the filters are too long for an address."""
    signs = len(f"filters{quote('[][][type]')}=empty&filters{quote('[][][value]')}=&")
    length = sum(
        signs + 2 * len(quote(name)) + len(quote(each.value)) for name, several in given.items() for each in several
    )
    if length > LONGEST:
        raise ValueError("take too much room in one request: use fewer or shorter ones")


def encode_filters(name: str, given: Mapping[str, Iterable[Compares]]) -> list[tuple[str, str]]:
    """``filters[field][][type]`` and ``filters[field][][value]``, adjacent for each comparison."""
    pairs: list[tuple[str, str]] = []
    for field, comparisons in given.items():
        for comparison in comparisons:
            pairs.append((f"{name}[{field}][][type]", comparison.type.value))
            pairs.append((f"{name}[{field}][][value]", comparison.value))
    return pairs


FieldName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_. -]+$", max_length=100)]
Comparisons = Annotated[tuple[Comparison, ...], Field(min_length=1, max_length=MOST_COMPARISONS)]
Filters = Annotated[
    dict[FieldName, Comparisons],
    BeforeValidator(as_lists),
    Field(max_length=MOST_FIELDS),
    AfterValidator(_short_enough),
    AfterValidator(_with_legal_values),
    EncodedBy(encode_filters),
    Shorthand(expand_filter_times),
    EVENT_FIELDS,
]
