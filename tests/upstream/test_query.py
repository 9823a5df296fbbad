"""Query strings: what a Rails application reads is what was asked."""

from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from crashgate.providers.bugsnag.errors import LIST_ERRORS, ListErrors
from crashgate.providers.bugsnag.projects import LIST_PROJECTS, ListProjects
from crashgate.upstream import request as query
from crashgate.upstream.codec import encode
from tests.upstream.exchanges import CONNECTION
from tests.upstream.rails import parse

TEXT = st.text(alphabet=st.characters(codec="utf-8"), max_size=40)
HOSTILE = st.sampled_from(
    ["&", "=", "[]", "][", "&filters[error.status][][value]=fixed", "+", "%26", "\n", "#", "?", ""]
)
VALUE = TEXT | HOSTILE | st.tuples(TEXT, HOSTILE).map("".join)
FIELD = st.text(alphabet="abzAZ09_. -", min_size=1, max_size=20)
COMPARISON = st.fixed_dictionaries({"type": st.sampled_from(["eq", "ne"]), "value": VALUE}) | st.fixed_dictionaries(
    {"type": st.just("empty"), "value": st.sampled_from(["true", "false"])}
)
FILTERS = st.dictionaries(FIELD, st.lists(COMPARISON, min_size=1, max_size=4), max_size=4)


def asked(**more: Any) -> str:  # noqa: ANN401 - any parameter
    """The query of the list of errors with these parameters."""
    url = encode(LIST_ERRORS, ListErrors.model_validate({"project_id": "checkout-ios", **more}), CONNECTION).url
    return urlsplit(url).query


@given(FILTERS)
def test_any_filters_are_read_upstream_as_they_were_given(filters: dict[str, Any]) -> None:
    assert parse(asked(filters=filters)) == ({"filters": filters} if filters else {})


@pytest.mark.threats(15)
@given(FILTERS, TEXT)
def test_no_filter_value_becomes_another_parameter(filters: dict[str, Any], text: str) -> None:
    found = parse(asked(filters={**filters, "event.message": text}, sort="users", per_page=7))

    assert set(found) == {"filters", "sort", "per_page"}
    assert (found["sort"], found["per_page"]) == ("users", "7")
    assert found["filters"]["event.message"] == [{"type": "eq", "value": text}]


@given(FILTERS)
def test_the_two_pairs_of_a_comparison_stand_beside_each_other(filters: dict[str, Any]) -> None:
    pairs = parse_qsl(asked(filters=filters), keep_blank_values=True)

    assert pairs == [
        (f"filters[{field}][][{part}]", comparison[part])
        for field, several in filters.items()
        for comparison in several
        for part in ("type", "value")
    ]


@given(FILTERS)
def test_the_client_sends_the_query_as_it_was_built(filters: dict[str, Any]) -> None:
    built = asked(filters=filters)

    assert httpx2.URL(f"https://api.bugsnag.com/?{built}").query.decode() == built


@given(TEXT)
def test_any_words_to_search_for_are_read_upstream_as_they_were_given(text: str) -> None:
    try:
        params = ListProjects(organization_id="acme", q=text)
    except ValidationError:
        return
    assert parse(urlsplit(encode(LIST_PROJECTS, params, CONNECTION).url).query) == {"q": text}


def test_a_scalar_is_written_in_the_vendors_words() -> None:
    assert query.scalar("admin", value=True) == [("admin", "true")]
    assert query.scalar("full_reports", value=False) == [("full_reports", "false")]
    assert query.scalar("per_page", 30) == [("per_page", "30")]
    assert query.scalar("base", "2026-11-20T15:30:00Z") == [("base", "2026-11-20T15:30:00Z")]


def test_a_list_goes_once_per_item_under_a_name_with_brackets() -> None:
    pairs = query.scalar("error_ids", ["a", "b"])

    assert pairs == [("error_ids[]", "a"), ("error_ids[]", "b")]
    assert parse(query.join(pairs)) == {"error_ids": ["a", "b"]}


def test_brackets_blanks_and_colons_are_percent_encoded() -> None:
    assert asked(filters={"error.status": "in progress"}, base="2026-11-20T15:30:00Z") == (
        "filters%5Berror.status%5D%5B%5D%5Btype%5D=eq&filters%5Berror.status%5D%5B%5D%5Bvalue%5D=in%20progress"
        "&base=2026-11-20T15%3A30%3A00Z"
    )


def test_what_was_not_given_is_not_sent() -> None:
    assert asked() == ""
    assert asked(filters=None, sort=None, per_page=None) == ""


def test_the_parser_of_these_tests_reads_grouped_pairs_as_another_thing() -> None:
    """Why pairs must be adjacent: all types and then all values are other comparisons."""
    apart = "f[a][][type]=eq&f[a][][type]=ne&f[a][][value]=1&f[a][][value]=2"
    beside = "f[a][][type]=eq&f[a][][value]=1&f[a][][type]=ne&f[a][][value]=2"

    assert parse(beside) == {"f": {"a": [{"type": "eq", "value": "1"}, {"type": "ne", "value": "2"}]}}
    assert parse(apart) != parse(beside)
