"""One reading of JSON (THREATS rows 16 and 24)."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crashgate.strict_json import DEEPEST, NotStrictError, parse

REFUSED = {
    "nothing": b"",
    "no JSON": b"{'a': 1}",
    "half of it": b'{"a": 1',
    "two documents": b"{}{}",
    "a comment": b'{"a": 1} // x',
    "a trailing comma": b'{"a": 1,}',
    "a key twice": b'{"a": 1, "a": 2}',
    "a key twice, escaped once": b'{"a": 1, "\\u0061": 2}',
    "a key twice, deep down": b'{"a": [{"b": {"c": 1, "c": 1}}]}',
    "NaN": b'{"a": NaN}',
    "Infinity": b'{"a": -Infinity}',
    "a number that becomes infinite": b'{"a": 1e999}',
    "a whole number beyond a double": b'{"a": 12345678901234567890}',
    "a whole number of 5000 digits": b"1" * 5_000,
    "a byte order mark": b'\xef\xbb\xbf{"a": 1}',
    "UTF-16": '{"a": 1}'.encode("utf-16"),
    "UTF-16 without a mark": '{"a": 1}'.encode("utf-16-le"),
    "UTF-32": '{"a": 1}'.encode("utf-32"),
    "Latin-1": '{"a": "é"}'.encode("latin-1"),
    "overlong UTF-8": b'{"a": "\xc0\xae"}',
    "a surrogate in UTF-8": b'{"a": "\xed\xa0\x80"}',
    "a lone surrogate, escaped": b'{"a": "\\ud800"}',
    "a lone surrogate as a key": b'{"\\udc00": 1}',
    "a lone surrogate in a list": b'{"a": ["\\ud800x"]}',
    "a control character in a string": b'{"a": "\x00"}',
    "deep nesting": b"[" * (DEEPEST + 2) + b"]" * (DEEPEST + 2),
    "very deep nesting": b"[" * 100_000 + b"]" * 100_000,
    "very deep nesting of objects": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
}


@pytest.mark.ablation(
    "no key stands twice",
    "no number beyond a double",
    "no number that is infinite",
    "no NaN",
    "no half of a character",
    "a message is nested so deep and no deeper",
)
@pytest.mark.threats(16, 24)
@pytest.mark.parametrize("case", REFUSED)
def test_what_two_parsers_could_read_differently_is_refused(case: str) -> None:
    with pytest.raises(NotStrictError) as problem:
        parse(REFUSED[case])

    assert str(problem.value).isprintable()
    assert len(str(problem.value)) < 60


_json = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**17), 10**17)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"]), max_size=5), inner, max_size=4)
    ),
    max_leaves=20,
)


@given(_json, st.booleans())
def test_everything_else_is_read_as_it_is(document: object, escaped: bool) -> None:  # noqa: FBT001 - drawn
    assert parse(json.dumps(document, ensure_ascii=escaped).encode()) == document


@pytest.mark.threats(16)
@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    try:
        document = parse(data)
    except NotStrictError:
        return
    assert json.loads(data) == document


def test_the_deepest_document_that_is_taken_is_taken() -> None:
    assert parse(b"[" * DEEPEST + b"1" + b"]" * DEEPEST) != []
