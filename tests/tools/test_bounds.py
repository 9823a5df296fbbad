"""What bounds an answer that upstream does not bound. Rule: nothing is left out without being counted."""

from crashgate.tools.views.fields import MOST_CHARACTERS, bounded, cut, squeezed


def test_rows_are_shown_until_they_are_too_much_and_always_one() -> None:
    long = "x" * (MOST_CHARACTERS // 3)
    shown, rest = bounded([long] * 10, lambda each: each, most=8, remedy="Ask for less.")
    only, more = bounded([long * 9] * 2, lambda each: each, most=8, remedy="Ask for less.")

    assert (len(shown), rest) == (3, {"not_shown": {"count": 7, "remedy": "Ask for less."}})
    assert (len(only), more["not_shown"]["count"]) == (1, 1)
    assert bounded([], lambda each: each, most=8, remedy="") == ([], {})


def test_a_value_is_cut_whatever_it_is_made_of() -> None:
    nested = {"a": [{"b": "x" * 50}] * 3}

    assert squeezed(nested, 1_000) == nested
    assert squeezed(nested, 20) == '{"a":[{"b":"xxxxxxx…'
    assert squeezed(7, 1) == 7
    assert squeezed("x" * 30, 10) == "x" * 9 + "…"
    assert cut({"at": "x" * 9, "untrusted": {"data": nested}}, 5) == {
        "at": "xxxx…",
        "untrusted": {"data": '{"a"…'},
    }
