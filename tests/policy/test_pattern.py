import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crashgate.policy.grants import CHARACTERS, STRANGER, Patterns, any_matches, example, matches
from tests.examples import examples


@pytest.mark.ablation(
    "a name without a star is matched whole",
    "the parts of a pattern do not overlap",
    "the middle parts of a pattern are there",
)
@pytest.mark.parametrize(
    ("pattern", "name", "fits"),
    [
        ("checkout-ios", "checkout-ios", True),
        ("checkout-ios", "checkout-ios2", False),
        ("checkout-*", "checkout-", True),
        ("checkout-*", "checkout", False),
        ("*-ios", "checkout-ios", True),
        ("*", "", True),
        ("a*a", "a", False),
        ("a*b*c", "a-b-c", True),
        ("a*b*c", "a-c-b", False),
        ("*ab*b", "ab", False),
        ("*aa*aa*", "aaa", False),
        ("*aa*aa*", "aaaa", True),
        ("a.c", "abc", False),
        ("Checkout", "checkout", False),
    ],
)
def test_a_star_is_any_run_of_characters_and_nothing_else_is_special(pattern: str, name: str, *, fits: bool) -> None:
    assert matches(pattern, name) is fits


@pytest.mark.ablation("a pattern begins as written", "a pattern ends as written")
@settings(max_examples=examples(10))
@given(st.text("ab.*", max_size=8), st.text("ab.", max_size=10))
def test_a_pattern_matches_what_the_same_regular_expression_matches(pattern: str, name: str) -> None:
    expression = ".*".join(re.escape(piece) for piece in pattern.split("*"))

    assert matches(pattern, name) is (re.fullmatch(expression, name) is not None)


@pytest.mark.threats(24)
def test_a_pattern_of_many_stars_is_answered_at_once() -> None:
    assert not matches("a*" * 50 + "b", "a" * 5000)


def test_any_name_of_a_place_may_match_any_pattern() -> None:
    assert any_matches(("checkout-*", "5f1"), {"5f1", "payments-api"})
    assert not any_matches(("checkout-*",), {"5f1", "payments-api"})
    assert not any_matches(("*",), frozenset())


@given(st.text("ab*", min_size=1, max_size=4), st.text("ab*", min_size=1, max_size=4), st.text("abc", max_size=5))
def test_what_covers_the_example_of_a_pattern_covers_all_of_it(covered: str, cover: str, name: str) -> None:
    assert STRANGER not in CHARACTERS
    assert matches(covered, example(covered))
    if matches(cover, example(covered)) and matches(covered, name):
        assert matches(cover, name)


@pytest.mark.ablation("a star holds for a place that has a name")
def test_a_place_without_a_name_fits_no_pattern() -> None:
    assert [Patterns.of([pattern]).hold(frozenset()) for pattern in ("*", "checkout-*", "checkout-ios")] == [False] * 3
