"""A page is read column by column, and what it says is what its rows say one by one."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from crashgate.errors import UpstreamError
from crashgate.model.message import Request, Response
from crashgate.providers.bugspulse.sessions import EXPORT_SESSIONS, Session
from crashgate.sanitise import LONGEST_KEY, LONGEST_STRING, cleaned
from crashgate.upstream.codec import decode
from tests.rows import read_row
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
AROUND = st.dictionaries(st.sampled_from(["total", "pages", "meta"]) | TEXTS, VALUES, max_size=3)


def page(body: bytes) -> Any:  # noqa: ANN401 - a page, or words
    """The rows and marks of an answer, or the words of the error."""
    request = Request(method="GET", url="https://example.com/export/sessions", headers={}, repeatable=True)
    operation = EXPORT_SESSIONS
    try:
        return decode(operation, request, Response(status=200, headers={}, body=body), connection_for(operation))
    except UpstreamError as problem:
        return str(problem)


def tolerantly(body: bytes) -> Any:  # noqa: ANN401 - a page, or words
    """The same when the quick decoder has refused the document."""
    found = page(body.replace(b"{", b'{"what no quick decoder takes":NaN,', 1))
    return found if isinstance(found, str) else replace(found, size=len(body))


@given(
    odd=st.lists(st.tuples(st.integers(0, ROWS - 1), ODD_ROWS), max_size=3),
    around=AROUND,
    before=st.booleans(),
    escaped=st.booleans(),
)
@example(odd=[(3, {**PLAIN, "duration": float("inf")})], around={}, before=False, escaped=True)
@example(odd=[(3, {**PLAIN, "k" * (LONGEST_KEY + 1): 1})], around={}, before=False, escaped=True)
@example(odd=[(0, {**PLAIN, "id": "a{b"}), (9, {**PLAIN, "id": "\u202e"})], around={}, before=True, escaped=True)
@example(odd=[(0, 1), (9, {**PLAIN, "userId": "\u202e"})], around={"x": {}, "y": "\u202e"}, before=True, escaped=True)
def test_each_row_of_a_page_reads_as_it_does_alone(
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

    found = page(body)

    assert found == tolerantly(body)
    rows = json.loads(body)["data"]
    alone = [page(json.dumps({"data": [row]}).encode()) for row in rows]
    read = [each.rows[0] for each in alone if not isinstance(each, str)]
    assert (list(found.rows), found.unusable) == (read, len(rows) - len(read))


@given(st.integers(0, ROWS - 1), TEXTS, st.booleans())
def test_no_text_of_any_row_passes_uncleaned(number: int, text: str, escaped: bool) -> None:  # noqa: FBT001 - an example's value
    rows: list[Any] = [PLAIN] * ROWS
    rows[number] = {**PLAIN, "userId": text, "id": text}
    body = json.dumps({"data": rows}, ensure_ascii=escaped).encode("utf-8", "replace")
    written = json.loads(body)["data"][number]["userId"]

    found: Any = page(body)
    assert (found.rows[number].user_id, found.rows[number].id) == (cleaned(written), cleaned(written))
    assert "".join(found.rows[number].user_id.split("\n")).replace("\t", "").isprintable()
    assert found.rows[:number] + found.rows[number + 1 :] == (read_row(Session, PLAIN),) * (ROWS - 1)


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
def test_an_odd_page_reads_the_same_by_either_decoder(body: bytes) -> None:
    plain = json.dumps(PLAIN).encode()
    whole = body.replace(b"%s", b",".join([plain] * ROWS))

    assert page(whole) == tolerantly(whole)
