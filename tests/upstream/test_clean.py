"""Upstream JSON, made safe to carry."""

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from crashgate.sanitise import DEEPEST, LONGEST_KEY, LONGEST_STRING, cleaned

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


def cut(depth: int) -> Any:  # noqa: ANN401 - JSON
    """The same where something deeper was left out."""
    return json.loads(json.dumps(nested(depth)).replace('"x"', "null"))


@given(SAFE_JSON)
def test_a_safe_document_passes_unchanged(document: Any) -> None:  # noqa: ANN401 - JSON
    assert cleaned(document) == document


@pytest.mark.ablation("the keys of an answer are cleaned", "a string of an answer is cleaned")
@pytest.mark.threats(25)
@given(ANY_JSON)
def test_whatever_passes_can_be_written_as_printable_json(document: Any) -> None:  # noqa: ANN401 - JSON
    written = json.dumps(cleaned(document), ensure_ascii=False, allow_nan=False)

    assert written.isprintable()
    assert cleaned(json.loads(written)) == json.loads(written)


@pytest.mark.threats(25)
def test_keys_are_cleaned_like_values_and_stay_on_one_line() -> None:
    assert cleaned({"a\x1b[0m\nb": "c\x1b[0m\nd"}) == {"a[0m b": "c[0m\nd"}


@pytest.mark.ablation("a long string of an answer is cut")
def test_a_long_string_and_a_long_key_are_cut_in_the_open() -> None:
    found = cleaned({"k" * 1_000: "v" * 100_000})

    assert found == {"k" * (LONGEST_KEY - 1) + "…": "v" * (LONGEST_STRING - 1) + "…"}


@pytest.mark.ablation("an answer is nested so deep and no deeper")
@pytest.mark.threats(24)
def test_what_is_nested_deeper_than_a_document_may_be_is_left_out() -> None:
    assert cleaned(nested(DEEPEST)) == nested(DEEPEST)
    assert cleaned([nested(DEEPEST), "text"]) == [cut(DEEPEST - 1), "text"]
    assert cleaned({"a": nested(DEEPEST + 50), "b": "text"}) == {"a": cut(DEEPEST - 1), "b": "text"}


@pytest.mark.parametrize("number", [float("-inf"), float("nan"), json.loads("1e999")])
def test_a_number_that_json_has_no_word_for_becomes_none(number: float) -> None:
    assert cleaned({"x": [number]}) == {"x": [None]}


ROW_OF = st.lists(st.text(max_size=3), min_size=1, max_size=4, unique=True).flatmap(
    lambda keys: st.lists(st.fixed_dictionaries(dict.fromkeys(keys, ANY_JSON | st.text())), max_size=20)
)


@pytest.mark.threats(24, 25)
@given(ROW_OF)
@example([{"a": "x", "b\u200b": None}] * 9 + [{"a": "\u202e", "b\u200b": [float("inf")]}])
@example([{"a": "x", "b": None}] * 9 + [{"b": None, "a": "\u3164"}])
def test_rows_of_the_same_keys_become_what_each_of_them_becomes(rows: list[dict[str, Any]]) -> None:
    before = json.dumps(rows)

    assert cleaned(rows) == [cleaned(row) for row in rows]
    assert json.dumps(rows) == before


@pytest.mark.ablation("a column with anything odd in it is looked at")
@pytest.mark.threats(25)
@pytest.mark.parametrize("hidden", ["\u202e", "\u3164", "\U000e0041", "\x7f", "\x9b"])
def test_what_cannot_be_seen_is_taken_out_of_every_row(hidden: str) -> None:
    rows = [{"a": "x", "b": None}] * 9

    assert cleaned([*rows, {"b": None, "a": f"x{hidden}"}]) == [*rows, *rows[:1]]


@pytest.mark.ablation("a long string of an answer is cut")
def test_a_string_that_is_too_long_is_cut_in_every_row() -> None:
    rows = [{"a": "x" * LONGEST_STRING, "b": 1}] * 9

    assert cleaned([*rows, {"a": "x" * (LONGEST_STRING + 1), "b": 1}]) == [
        *rows,
        {"a": "x" * (LONGEST_STRING - 1) + "…", "b": 1},
    ]


@pytest.mark.threats(24)
def test_rows_may_be_nested_so_deep_and_no_deeper() -> None:
    rows = [{"a": nested(DEEPEST - 2), "b": 1}] * 9

    assert cleaned(rows) == rows
    assert cleaned([{"a": nested(DEEPEST - 1), "b": 1}] * 9) == [{"a": cut(DEEPEST - 2), "b": 1}] * 9
