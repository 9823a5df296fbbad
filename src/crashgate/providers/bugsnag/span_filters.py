"""The filters of span groups and spans, by trace fields. Rule: only well-formed comparisons exist as values.

They travel as those of events do. A field that is not known is refused by upstream, not ignored
(docs/upstreams/bugsnag.md#performance).
"""

import re
from enum import StrEnum, unique
from functools import partial
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, model_validator

from crashgate.model.params import TIME_PATTERN, EncodedBy, Params, Shorthand
from crashgate.model.reads import Reads, ReadsByName
from crashgate.providers.bugsnag.filters import (
    MOST_COMPARISONS,
    MOST_FIELDS,
    FieldName,
    as_lists,
    encode_filters,
    expand_filter_times,
    long_form,
    short_enough,
)

SINCE, BEFORE, CATEGORY = "span.since", "span.before", "span_group.category"
_TIMES = frozenset({SINCE, BEFORE})
_legal_moment = re.compile(rf"[0-9]{{1,4}}[hd]|{TIME_PATTERN[1:-1]}").fullmatch

_SEEN = Reads(("span_group.last_seen", "span_group.bucket_start", "span.timestamp", "span.start_time"))
TRACE_FIELDS: Final = ReadsByName(
    {SINCE: _SEEN, BEFORE: _SEEN, CATEGORY: Reads(("span_group.category", "span.category"))},
    # check: a trace field that is not listed reads all of a span
    otherwise=Reads(("span_group.*", "span.*")),
)
"""The mark of what holds names of trace fields: most stand in what an app sends along with a span."""


@unique
class SpanMatch(StrEnum):
    """How a comparison compares; ``empty`` takes ``true`` or ``false``."""

    EQ = "eq"
    NE = "ne"
    LT = "lt"
    GT = "gt"
    EMPTY = "empty"


class SpanComparison(Params):
    """One comparison of one trace field."""

    model_config = ConfigDict(str_max_length=500)

    type: SpanMatch = SpanMatch.EQ
    value: str

    @model_validator(mode="before")
    @classmethod
    def _from_short(cls, given: Any) -> Any:  # noqa: ANN401 - whatever a caller sent
        return long_form(given)


def _with_legal_times(given: dict[str, tuple[SpanComparison, ...]]) -> dict[str, tuple[SpanComparison, ...]]:
    for name in sorted(_TIMES & given.keys()):
        if any(each.type is not SpanMatch.EQ or _legal_moment(each.value) is None for each in given[name]):
            raise ValueError(f"hold a {name} that is neither like 7d or 12h nor a time like 2026-11-20T10:00:00Z")
    return given


def _short_enough(given: dict[str, tuple[SpanComparison, ...]]) -> dict[str, tuple[SpanComparison, ...]]:
    short_enough(given)
    return given


Comparisons = Annotated[tuple[SpanComparison, ...], Field(min_length=1, max_length=MOST_COMPARISONS)]
SpanFilters = Annotated[
    dict[FieldName, Comparisons],
    BeforeValidator(as_lists),
    Field(max_length=MOST_FIELDS),
    AfterValidator(_short_enough),
    AfterValidator(_with_legal_times),
    EncodedBy(encode_filters),
    Shorthand(partial(expand_filter_times, names=_TIMES)),
    TRACE_FIELDS,
]
