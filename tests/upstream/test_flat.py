"""A page that is told by its bytes says what it says when every value is looked at."""

import json
from dataclasses import replace
from typing import Any, cast

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from crashgate.errors import UpstreamError
from crashgate.model.message import Request, Response
from crashgate.model.operation import AnyOperation, Shape
from crashgate.model.paging import Inside
from crashgate.model.result import Result
from crashgate.providers.bugspulse.sessions import EXPORT_SESSIONS, Session
from crashgate.upstream.cleaning import LONGEST_KEY, LONGEST_STRING, cleaned, is_flat
from crashgate.upstream.codec import decode
from tests.catalogue import OPERATIONS
from tests.upstream.exchanges import connection_for

pytestmark = pytest.mark.threats(24, 25)
PLAIN = {
    "id": "sess_1",
    "status": "completed",
    "userId": "usr_1",
    "eventCount": 3,
    "hasCrash": False,
    "startedAt": None,
}
ROWS = 32
"""So many that a few odd ones leave the page one that is told by its bytes."""


class Loose(Result):
    """A result that keeps what it does not know."""

    id: str


HOSTILE = st.sampled_from(
    [
        "\u202e",  # right to left
        "\u2066",
        "\u200b",  # zero width
        "\ufeff",
        "\u00ad",
        "\x1b[31m",
        "\x7f",  # delete
        "\x9b",  # C1
        "\u0085",
        "\U000e0041",  # a tag, a pair of surrogates when escaped
        "\U000e0100",  # a variation selector
        "\u3164",  # invisible letter
        "\ud83d",  # half a pair
        "\n",
        "\t",
        '"',
        "\\",
        "{",
        "}",
        "[",
        "},{",
        "\\u202e",
        "é",
        "日本",
        "🙂",
    ]
)
TEXTS = st.lists(HOSTILE | st.text(max_size=3) | st.just("completed"), max_size=4).map("".join)
VALUES = (
    TEXTS
    | st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.lists(TEXTS, max_size=2)
    | st.dictionaries(TEXTS, TEXTS, max_size=2)
    | st.just("x" * (LONGEST_STRING + 1))
)
FIELDS = st.sampled_from(["id", "status", "userId", "appVersion", "duration", "hasCrash", "startedAt", "more"]) | TEXTS
ODD_ROWS = st.dictionaries(FIELDS, VALUES, max_size=3).map(lambda odd: {**PLAIN, **odd}) | VALUES
AROUND = st.dictionaries(st.sampled_from(["total", "pages", "data\u200b", "meta"]) | TEXTS, VALUES, max_size=3)


def page(body: bytes, operation: AnyOperation = EXPORT_SESSIONS) -> object:
    """The rows and marks of an answer, or the words of the error."""
    request = Request(method="GET", url="https://example.com/export/sessions", headers={}, repeatable=True)
    try:
        return decode(operation, request, Response(status=200, headers={}, body=body), connection_for(operation))
    except UpstreamError as problem:
        return str(problem)


def looked_at(body: bytes) -> object:
    """The same of the document in which every value was looked at, written again."""
    return page(json.dumps(cleaned(json.loads(body.decode()))).encode())


@pytest.mark.ablation("what is around the rows is looked at")
@given(
    odd=st.lists(st.tuples(st.integers(0, ROWS - 1), ODD_ROWS), max_size=3),
    around=AROUND,
    before=st.booleans(),
    escaped=st.booleans(),
)
@example(odd=[(3, {**PLAIN, "stat\u200bus": "x"})], around={}, before=False, escaped=True)
@example(odd=[(3, {**PLAIN, "duration": float("inf")})], around={}, before=False, escaped=True)
@example(odd=[(3, {**PLAIN, "k" * (LONGEST_KEY + 1): 1})], around={}, before=False, escaped=True)
@example(odd=[], around={"data\u200b": [{"id": "other"}]}, before=False, escaped=False)
@example(odd=[], around={"data\u200b": 5}, before=False, escaped=False)
@example(odd=[(0, {**PLAIN, "id": "a{b"}), (9, {**PLAIN, "id": "\u202e"})], around={}, before=True, escaped=True)
@example(odd=[(0, 1), (9, {**PLAIN, "userId": "\u202e"})], around={"x": {}, "y": "\u202e"}, before=True, escaped=True)
def test_a_page_reads_as_if_every_value_of_it_had_been_looked_at(
    odd: list[tuple[int, Any]],
    around: dict[str, Any],
    before: bool,  # noqa: FBT001 - an example's value
    escaped: bool,  # noqa: FBT001 - the same
) -> None:
    rows: list[Any] = [PLAIN] * ROWS
    for number, row in odd:
        rows[number] = row
    document = {**around, "data": rows} if before else {"data": rows, **around}
    body = json.dumps(document, ensure_ascii=escaped).encode("utf-8", "replace")

    assert page(body) == looked_at(body)


@pytest.mark.ablation("a row with anything but ASCII is looked at", "a row with an escape is looked at")
@given(st.integers(0, ROWS - 1), TEXTS, st.booleans())
def test_no_text_of_any_row_passes_uncleaned(number: int, text: str, escaped: bool) -> None:  # noqa: FBT001 - an example's value
    rows: list[Any] = [PLAIN] * ROWS
    rows[number] = {**PLAIN, "userId": text, "id": text}
    body = json.dumps({"data": rows}, ensure_ascii=escaped).encode("utf-8", "replace")
    written = json.loads(body)["data"][number]["userId"]

    found: Any = page(body)
    assert (found.rows[number].user_id, found.rows[number].id) == (cleaned(written), cleaned(written))
    assert "".join(found.rows[number].user_id.split("\n")).replace("\t", "").isprintable()
    assert found.rows[:number] + found.rows[number + 1 :] == (Session.model_validate(PLAIN),) * (ROWS - 1)


@pytest.mark.ablation(
    "a page with a delete character is looked at",
    "braces tell a row only where there is one for each",
    "a page with a string that is too long is looked at",
)
@pytest.mark.parametrize(
    "body",
    [
        b'{"data":[%s],"data":[{"id":"\\u202ea"}]}',
        b'{"data":[{"id":"\\u202ea"}],"data":[%s]}',
        b'{"data":[%s,{"id":"a","id":"\\u202eb"}]}',
        b'{"data":[%s,{"id":"\\u202eb","id":"a"}]}',
        b'{"data":[%s,{"\\u0069d":"a\\u202e"}]}',
        b'{"total":1e999,"data":[%s]}',
        b'{"data":[%s,{"id":"a","duration":1e999}]}',
        b'{"data":[%s,{"id":"a","x":NaN}]}',
        b' {"data" : [ %s ] } ',
        b'\xef\xbb\xbf{"data":[%s]}',
        b'{"data":[%s,{"id":"\xff"}]}',
        b'{"data":[%s,{"id":"a\x01"}]}',
        b'{"data":[%s,{"id":"a"}]\xe2\x80\xae}',
        b'{"data":[%s,{"id":"x"\xe2\x80\xae,"}]}',
        b'{"data":[%s,{"id":"a","x":' + b"[" * 60 + b"]" * 60 + b"}]}",
        b'{"data":[%s,{"id":"a","x":' + b'{"y":' * 60 + b"1" + b"}" * 60 + b"}]}",
        b'{"data":[%s,{"id":"a\x7f"}]}',
        b'{"data":[%s,{"id":"' + b"x" * 30_000 + b'"}]}',
    ],
)
def test_an_odd_page_reads_as_it_ever_did(body: bytes) -> None:
    plain = json.dumps(PLAIN).encode()
    whole = body.replace(b"%s", b",".join([plain] * ROWS))
    try:
        expected = looked_at(whole)
    except ValueError as problem:
        deep = "nested" if type(problem).__name__ == "TooDeepError" else "not JSON"
        assert deep in str(page(whole))
    else:
        assert page(whole) == expected


@pytest.mark.ablation("only flat models are read the quick way")
def test_a_list_that_keeps_what_it_does_not_know_is_looked_at() -> None:
    long = "k" * (LONGEST_KEY + 1)
    body = json.dumps({"items": [{"id": "don:core/1", long: 1}] * ROWS}).encode()
    loose: AnyOperation = replace(cast("AnyOperation", EXPORT_SESSIONS), result=Loose, paging=Inside(key="items"))
    found: Any = page(body, loose)

    assert {tuple(row.model_extra) for row in found.rows} == {(long[: LONGEST_KEY - 1] + "…",)}


def test_only_exports_of_plain_values_are_told_by_their_bytes() -> None:
    lists = [operation for operation in OPERATIONS if operation.method and operation.shape is Shape.MANY]

    assert {operation.id for operation in lists if is_flat(cast("type[Result]", operation.result))} == {
        "bugspulse.sessions.list",
        "bugspulse.sessions.export",
        "bugspulse.crashes.list",
        "bugspulse.crashes.export",
        "bugspulse.network_logs.list",
        "bugspulse.network_logs.export",
    }
