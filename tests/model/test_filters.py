"""Filters as values: only well-formed comparisons exist, and all of them fit into an address."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from crashgate.model.params import In
from crashgate.providers.bugsnag.filters import Comparison, Filters, Match, encode_filters
from crashgate.upstream import request as query
from tests.catalogue import OPERATIONS

FILTERS = TypeAdapter[dict[str, tuple[Comparison, ...]]](Filters)


def read(given: object) -> dict[str, list[tuple[str, str]]]:
    found = FILTERS.validate_python(given)
    return {name: [(one.type.value, one.value) for one in several] for name, several in found.items()}


def test_a_bare_value_a_list_and_a_whole_comparison_mean_the_same() -> None:
    wanted = {"error.status": [("eq", "open")]}

    assert read({"error.status": "open"}) == wanted
    assert read({"error.status": ["open"]}) == wanted
    assert read({"error.status": {"value": "open"}}) == wanted
    assert read({"error.status": [{"type": "eq", "value": "open"}]}) == wanted


@pytest.mark.parametrize(
    "given",
    [
        *({"error.status": [("eq", status)]} for status in ("open", "in progress", "for_review", "new", "snoozed")),
        {"error.status": [("ne", "fixed"), ("empty", "true")]},
        *({"event.since": [("eq", time)]} for time in ("7d", "12h", "2026-11-20T10:00:00Z", "2026-11-20T10:00:00.5Z")),
        {"search": [("eq", "yesterday")]},
    ],
    ids=str,
)
def test_the_values_that_upstream_knows_are_taken(given: dict[str, list[tuple[str, str]]]) -> None:
    asked = {name: [{"type": kind, "value": each} for kind, each in several] for name, several in given.items()}

    assert read(asked) == given


def test_a_value_that_upstream_does_not_know_is_told_with_those_that_it_knows() -> None:
    # Guards: _with_legal_values; upstream answers that there are no such errors, and a time with a bare 400.
    with pytest.raises(
        ValidationError, match="it is one of open, in progress, for_review, new, fixed, snoozed, ignored"
    ):
        read({"error.status": "opened"})
    with pytest.raises(ValidationError, match="neither like 7d, 12h or yesterday nor a time like 2026-11-20T10:00:00Z"):
        read({"event.before": "yesterday"})


def test_the_order_of_fields_and_comparisons_is_kept() -> None:
    given = {"b": ["2", {"type": "ne", "value": "1"}], "a": ["3"]}

    assert read(given) == {"b": [("eq", "2"), ("ne", "1")], "a": [("eq", "3")]}
    assert list(read(given)) == ["b", "a"]


def test_true_and_false_travel_as_words() -> None:
    assert read({"event.unhandled": True, "error.has_issue": {"type": "empty", "value": False}}) == {
        "event.unhandled": [("eq", "true")],
        "error.has_issue": [("empty", "false")],
    }


@pytest.mark.parametrize(
    "given",
    [
        {"error.status": []},
        {"error.status": None},
        {"error.status": 3},
        {"error.status": {"type": "like", "value": "o"}},
        {"error.status": {"type": "empty", "value": "open"}},
        {"error.status": {"type": "eq"}},
        {"error.status": {"type": "eq", "value": "open", "also": "x"}},
        {"error.status": [["open"]]},
        {"error.status": "x" * 501},
        {"error.status": ["open"] * 21},
        {"error.status": "opened"},
        {"error.status": ["open", {"type": "ne", "value": "closed"}]},
        {"event.since": "yesterday"},
        {"event.since": "1w"},
        {"event.since": "2026-11-20"},
        {"event.since": "2026-11-20T10:00:00+02:00"},
        {"event.before": {"type": "ne", "value": "1d"}},
        {f"f{number}": "x" for number in range(21)},
        {"": "open"},
        {"a" * 101: "open"},
        {"error[status]": "open"},
        {"error.status][": "open"},
        {"a&b": "open"},
        {"a\nb": "open"},
        "error.status=open",
        [["error.status", "open"]],
    ],
    ids=str,
)
def test_whatever_is_no_well_formed_comparison_is_refused(given: object) -> None:
    with pytest.raises(ValidationError):
        FILTERS.validate_python(given)


VALUES = st.text(alphabet=st.characters(codec="utf-8"), max_size=500)
NAMES = st.text(alphabet="abcXYZ019_. -", min_size=1, max_size=100)
ANY_FILTERS = st.dictionaries(
    NAMES,
    st.lists(st.fixed_dictionaries({"type": st.sampled_from(["eq", "ne"]), "value": VALUES}), min_size=1, max_size=20),
    max_size=20,
)


@given(ANY_FILTERS)
def test_whatever_is_accepted_fits_into_an_address(given: dict[str, Any]) -> None:
    try:
        found = FILTERS.validate_python(given)
    except ValidationError as problem:
        found, told = {}, [error["msg"] for error in problem.errors()]
    else:
        told = []

    assert len(query.join(encode_filters("filters", found))) <= 6_000
    assert told in ([], ["Value error, take too much room in one request: use fewer or shorter ones"])


def test_filters_that_would_make_too_long_an_address_are_refused() -> None:
    with pytest.raises(ValidationError, match="take too much room in one request"):
        FILTERS.validate_python({f"field{number}": ["x" * 500] * 3 for number in range(5)})


def test_many_short_comparisons_are_accepted() -> None:
    assert len(read({f"field{number}": ["open", "fixed"] for number in range(20)})) == 20


def test_filters_are_a_parameter_of_errors_events_pivots_trends_and_spans_alone() -> None:
    taking = {
        one.id
        for one in OPERATIONS
        if any(field.travels is In.QUERY and field.encode is not None for field in one.fields)
    }

    assert taking == {
        "bugsnag.errors.list",
        "bugsnag.errors.get",
        "bugsnag.errors.export",
        "bugsnag.events.export",
        "bugsnag.events.list_on_error",
        "bugsnag.events.list_on_project",
        "bugsnag.span_groups.list",
        "bugsnag.span_groups.get",
        "bugsnag.span_groups.get_timeline",
        "bugsnag.span_groups.get_distribution",
        "bugsnag.spans.list_on_group",
        "bugsnag.pivots.list_on_error",
        "bugsnag.pivots.list_on_project",
        "bugsnag.pivots.list_values_on_error",
        "bugsnag.pivots.list_values_on_project",
        "bugsnag.trends.get_on_error",
        "bugsnag.trends.get_on_project",
    }


def test_the_types_of_a_comparison_are_the_vendors_three() -> None:
    assert {match.value for match in Match} == {"eq", "ne", "empty"}
