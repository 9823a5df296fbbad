"""Answers that cannot be used: each is an error that quotes nothing of them."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crashgate.errors import Code, UpstreamError
from crashgate.model.operation import AnyOperation
from crashgate.model.params import Params
from crashgate.model.result import Result
from crashgate.providers.bugsnag.error_changes import FIX_ERROR
from crashgate.providers.bugsnag.errors import GET_ERROR, LIST_ERRORS, Error, GetError, ListErrors
from crashgate.upstream.codec import MOST_ROWS
from tests.rows import dump
from tests.upstream.answers import ID, ONE, errors, read


def refused(content: bytes, operation: AnyOperation = LIST_ERRORS, params: Params | None = None) -> UpstreamError:
    with pytest.raises(UpstreamError) as caught:
        read(operation, params or ListErrors(project_id="checkout-ios"), content)
    return caught.value


def assert_malformed(problem: UpstreamError) -> None:
    assert problem.code is Code.UPSTREAM_MALFORMED


@pytest.mark.ablation("a row without a right id costs no other row")
def test_a_row_without_a_right_id_is_counted_and_the_others_are_read() -> None:
    rows: list[object] = [{"id": ID, "events": number} for number in range(500)]
    page = errors(json.dumps([*rows, {"id": 5}, "row", {}, {"id": ID, "events": "many"}]).encode())

    assert [row.events for row in page.rows] == [*range(500), None]
    assert page.unusable == 3


@pytest.mark.ablation("a total is not told where a row could not be read")
def test_a_total_is_not_told_where_a_row_could_not_be_read() -> None:
    pages = [errors(json.dumps([{"id": ID}, *more]).encode(), headers={"x-total-count": "2"}) for more in ([5], [])]

    assert [page.total for page in pages] == [None, 2]


@pytest.mark.ablation("an answer holds so many rows and no more", "an answer of another form is an error")
@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "it is not JSON"),
        (b"<html>Sign in</html>", "it is not JSON"),
        (b'[{"id":', "it is not JSON"),
        (b"\xff\xfe[\x00]\x00", "it is not JSON"),
        (b"\xef\xbb\xbf[]", "it is not JSON"),
        (b"[" + b"1" * 5000 + b"]", "a row is not an object"),
        (b'{"rows":1}', "it is not a list"),
        (b"null", "it is not a list"),
        (b"[1]", "a row is not an object"),
        (b"[null]", "a row is not an object"),
        (b"[{}]", "these fields are not of the documented form: id"),
        (b'[{"id":"../.."}]', "these fields are not of the documented form: id"),
        (
            b"[" + b",".join([b'{"id":"5f1a0c3d9e8b7a6655443322"}'] * (MOST_ROWS + 1)) + b"]",
            "it holds more than 10000 rows",
        ),
    ],
    ids=range(13),
)
def test_an_answer_of_another_form_is_an_error_that_quotes_nothing_of_it(content: bytes, why: str) -> None:
    problem = refused(content)

    assert str(problem) == (
        f"BugSnag's answer cannot be used: {why}. Try again; if it happens again, tell the operator of crashgate."
    )
    assert (problem.code, problem.status, problem.retry_after) == (Code.UPSTREAM_MALFORMED, None, None)


@pytest.mark.ablation("an answer holds so many values and no more")
@pytest.mark.threats(24)
@pytest.mark.parametrize(
    "content",
    [b"[" * 100_000, b"[" + b"0," * 600_000 + b"0]", b"[" + b'"",' * 600_000 + b'""]'],
    ids=["open", "numbers", "texts"],
)
def test_an_answer_that_is_too_large_to_read_is_an_error_that_says_how_to_get_less(content: bytes) -> None:
    why = "BugSnag's answer cannot be used: it is nested too deep or holds too much."
    one = refused(content, GET_ERROR, GetError(project_id="checkout-ios", error_id=ID))

    assert str(refused(content)) == f"{why} Ask for fewer rows per page."
    assert str(one) == f"{why} It does not come in parts: look at it in the pages of BugSnag."


def test_a_list_where_an_object_belongs_is_an_error() -> None:
    assert refused(b"[1]", GET_ERROR, GetError(project_id="checkout-ios", error_id=ID)).why == "it is not an object."


def test_an_unreadable_answer_to_a_change_says_that_the_change_was_accepted() -> None:
    assert str(refused(b"<html>", FIX_ERROR, ONE)) == (
        "BugSnag's answer cannot be used: it is not JSON. The change was accepted. Check before you try again."
    )


@pytest.mark.threats(7)
@given(st.text(min_size=8).map(lambda text: f"canary-{text}-canary"))
def test_no_text_of_an_unusable_answer_is_in_the_error(text: str) -> None:
    for document in (text, {"id": text}, [text], [{"id": text}], [{text: text}]):
        assert "canary" not in repr(refused(json.dumps(document).encode()))


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inside: st.lists(inside, max_size=4) | st.dictionaries(st.text(), inside, max_size=4),
    max_leaves=12,
)


@given(ANY_JSON)
def test_any_json_as_an_answer_gives_rows_or_our_own_error(document: Any) -> None:  # noqa: ANN401 - JSON
    content = json.dumps(document).encode()
    for operation, params in ((LIST_ERRORS, ListErrors(project_id="checkout-ios")), (FIX_ERROR, ONE)):
        try:
            rows = read(operation, params, content).rows
        except UpstreamError as problem:
            rows = ()
            assert_malformed(problem)
        assert all(isinstance(row, Result) for row in rows)


@given(st.dictionaries(st.sampled_from(sorted(Error.__struct_fields__)), ANY_JSON))
def test_any_json_in_any_field_gives_a_row_that_can_be_written_again_or_our_own_error(fields: dict[str, Any]) -> None:
    content = json.dumps([{**fields, "id": ID}]).encode()
    try:
        (row,) = errors(content).rows
    except UpstreamError as problem:
        assert_malformed(problem)
    else:
        json.dumps(dump(row), allow_nan=False)
