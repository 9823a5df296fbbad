"""Upstream JSON, made safe to carry."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crashgate.upstream.clean import DEEPEST, LONGEST_KEY, LONGEST_STRING, MOST_NODES, TooDeepError, cleaned

PLAIN = st.text(alphabet="abc ä中🙂.", max_size=20)
SAFE_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | PLAIN,
    lambda inside: st.lists(inside, max_size=4) | st.dictionaries(PLAIN, inside, max_size=4),
    max_leaves=12,
)
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inside: st.lists(inside, max_size=4) | st.dictionaries(st.text(), inside, max_size=4),
    max_leaves=12,
)


def nested(depth: int) -> Any:  # noqa: ANN401 - JSON
    document: Any = "x"
    for _ in range(depth):
        document = [document]
    return document


@given(SAFE_JSON)
def test_a_safe_document_passes_unchanged(document: Any) -> None:  # noqa: ANN401 - JSON
    assert cleaned(document) == document


@pytest.mark.threats(25)
@given(ANY_JSON)
def test_whatever_passes_can_be_written_as_printable_json(document: Any) -> None:  # noqa: ANN401 - JSON
    written = json.dumps(cleaned(document), ensure_ascii=False, allow_nan=False)

    assert written.isprintable()
    assert cleaned(json.loads(written)) == json.loads(written)


@pytest.mark.threats(25)
def test_keys_are_cleaned_like_values_and_stay_on_one_line() -> None:
    assert cleaned({"a\x1b[0m\nb": "c\x1b[0m\nd"}) == {"a[0m b": "c[0m\nd"}


def test_a_long_string_and_a_long_key_are_cut_in_the_open() -> None:
    found = cleaned({"k" * 1_000: "v" * 100_000})

    assert found == {"k" * (LONGEST_KEY - 1) + "…": "v" * (LONGEST_STRING - 1) + "…"}


@pytest.mark.threats(24)
def test_a_document_may_be_nested_so_deep_and_no_deeper() -> None:
    assert cleaned(nested(DEEPEST)) == nested(DEEPEST)
    with pytest.raises(TooDeepError):
        cleaned(nested(DEEPEST + 1))


@pytest.mark.threats(24)
@pytest.mark.parametrize("item", [0, "", None, []], ids=["number", "string", "null", "list"])
def test_a_document_may_hold_so_many_values_and_no_more(item: object) -> None:
    assert len(cleaned([item] * (MOST_NODES - 1))) == MOST_NODES - 1
    with pytest.raises(TooDeepError):
        cleaned([item] * MOST_NODES)


@pytest.mark.parametrize("number", [float("-inf"), float("nan"), json.loads("1e999")])
def test_a_number_that_json_has_no_word_for_becomes_none(number: float) -> None:
    assert cleaned({"x": [number]}) == {"x": [None]}
