import json
import tomllib
from collections.abc import Iterator
from typing import cast

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from crashgate.policy.toml_positions import Path, Twice, survey


def _paths(value: object, path: Path = ()) -> Iterator[Path]:
    """Every path in what tomllib read."""
    if path:
        yield path
    if isinstance(value, dict):
        for key, inner in cast("dict[str, object]", value).items():
            yield from _paths(inner, (*path, key))
    if isinstance(value, list):
        for index, inner in enumerate(cast("list[object]", value)):
            yield from _paths(inner, (*path, index))


def test_each_key_and_item_has_its_line() -> None:
    text = """\
# a comment with [[brackets]] and "quotes"
agent = "x"

[[grant]]
connection = "bugsnag" # ] = [
projects = [
    "a", # first
    "b",
]
access.error = "read"

[[grant]]
connection = 'bugsnag'
[grant.access]
"error" = "write"
'event' = \"\"\"
off\"\"\"
release = "read"

[limits]
calls = { a = 1, b.c = [1.5, 1979-05-27 07:32:00] }
"""

    assert survey(text).lines == {
        ("agent",): 2,
        ("grant",): 4,
        ("grant", 0): 4,
        ("grant", 0, "connection"): 5,
        ("grant", 0, "projects"): 6,
        ("grant", 0, "projects", 0): 7,
        ("grant", 0, "projects", 1): 8,
        ("grant", 0, "access"): 10,
        ("grant", 0, "access", "error"): 10,
        ("grant", 1): 12,
        ("grant", 1, "connection"): 13,
        ("grant", 1, "access"): 14,
        ("grant", 1, "access", "error"): 15,
        ("grant", 1, "access", "event"): 16,
        ("grant", 1, "access", "release"): 18,
        ("limits",): 20,
        ("limits", "calls"): 21,
        ("limits", "calls", "a"): 21,
        ("limits", "calls", "b"): 21,
        ("limits", "calls", "b", "c"): 21,
        ("limits", "calls", "b", "c", 0): 21,
        ("limits", "calls", "b", "c", 1): 21,
    }


def test_grants_in_brackets_have_their_lines_too() -> None:
    text = 'grant = [\n  { connection = "a" },\n  { connection = "b", access.error = "read" },\n]\n'

    assert survey(text).lines == {
        ("grant",): 1,
        ("grant", 0): 2,
        ("grant", 0, "connection"): 2,
        ("grant", 1): 3,
        ("grant", 1, "connection"): 3,
        ("grant", 1, "access"): 3,
        ("grant", 1, "access", "error"): 3,
    }


def test_a_path_that_is_not_there_has_the_line_of_what_is_around_it() -> None:
    found = survey("\n[[grant]]\nconnection = 'a'\n")

    assert found.line(("grant", 0, "access", "error")) == 2
    assert found.line(("owner",)) == 1


def test_a_key_written_twice_is_seen_with_both_lines() -> None:
    assert survey("a = 1\nb = 2\na = [\n3]\n").twice == (Twice("a", 1, 3),)


def test_the_same_key_in_two_grants_is_not_twice() -> None:
    assert survey("[[g]]\na = 1\n[[g]]\na = 1\n").twice == ()


@pytest.mark.threats(30)
@pytest.mark.parametrize(
    "text",
    ["x = 1\n" + ".".join("a" * 40_000) + " = 1", "x = 1\ny = " + "[" * 100_000, "x = 1\n[" + "a." * 9 + "a]\n"],
    ids=["dots", "brackets", "header"],
)
def test_nesting_that_would_be_slow_to_parse_is_seen_first(text: str) -> None:
    assert survey(text).too_deep == 2


_keys = st.sampled_from(["a", "b-c", '"d e"', "'f.g'", '"h\\u0069"', "1"])
_scalars = st.one_of(
    st.integers().map(str),
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
    st.booleans().map(lambda value: str(value).lower()),
    st.text(max_size=5).map(lambda value: json.dumps(value).replace("\x7f", "\\u007f")),
    st.sampled_from(
        ["'li[t'", '"""two\nlines"""', "'''x\n''y'''", '""""q"""""', '"""a\\"""""', "1979-05-27T07:32:00Z"]
    ),
)
_values = st.recursive(
    _scalars,
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda items: "[\n" + ",\n# ] comment\n".join(items) + "]")
        | st.dictionaries(_keys, inner.filter(lambda text: "\n" not in text), max_size=2).map(
            lambda table: "{" + ", ".join(f"{key} = {value}" for key, value in table.items()) + "}"
        )
    ),
    max_leaves=4,
)
_dotted = st.lists(_keys, min_size=1, max_size=2).map(" . ".join)
_statements = st.one_of(
    st.tuples(_dotted, _values).map(" = ".join),
    _dotted.map("[{}]".format),
    _dotted.map("[[ {} ]]  # comment".format),
    st.just(""),
)


@given(st.lists(_statements, max_size=8).map("\n".join))
@example("[[a]]\nb.c = 1\n[a.d]\n[[a]]\n[[a.d]]\n[[a.d]]\ne = 1")
def test_it_finds_exactly_the_paths_that_tomllib_reads(text: str) -> None:
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return
    found = survey(text)

    assert set(found.lines) == set(_paths(data))
    assert (found.twice, found.too_deep) == ((), None)


@given(st.text("ab.=[]{},#'\"\n\\1 ", max_size=40))
def test_any_text_is_surveyed_without_an_exception(text: str) -> None:
    found = survey(text)

    assert all(1 <= line <= text.count("\n") + 1 for line in found.lines.values())
