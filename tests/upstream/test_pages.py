"""How pages are asked for and told, for each kind of paging (THREATS row 15)."""

import json
from typing import Any

import pytest

from crashgate.errors import Code, UpstreamError
from crashgate.model.message import Response
from crashgate.model.operation import AnyOperation
from crashgate.model.params import Params
from crashgate.model.result import Page
from crashgate.providers.browserstack.sessions import LIST_SESSIONS as NUMBERED_WITH_META
from crashgate.providers.bugspulse.sessions import LIST_SESSIONS as NUMBERED
from crashgate.providers.bugspulse.sessions import ListSessions
from crashgate.providers.devrev.sessions import LIST_SESSIONS as CURSORS
from crashgate.upstream.codec import decode, encode
from crashgate.upstream.paging import LONGEST_MARK
from tests.upstream.exchanges import connection_for

APP: dict[str, Any] = {"app_id": "com.acme.checkout", "platform": "ios"}


def page(operation: AnyOperation, params: Params, body: object, mark: str | None = None) -> Page[Any]:
    connection = connection_for(operation)
    request = encode(operation, params, connection, mark=mark)
    response = Response(status=200, headers={}, body=json.dumps(body).encode())
    return decode(operation, request, response, connection, mark=mark)


def numbered(number: int, pages: int) -> dict[str, Any]:
    return {"data": [], "total": 7, "page": number, "limit": 1, "pages": pages}


@pytest.mark.parametrize(
    ("mark", "pages", "neighbours"),
    [
        (None, 0, (None, None, None)),
        (None, 1, (None, None, None)),
        (None, 2, (None, "2", None)),
        (None, 3, (None, "2", "3")),
        ("2", 3, ("1", "3", None)),
        ("2", 9, ("1", "3", "4")),
        ("3", 3, ("2", None, None)),
        ("9", 3, ("8", None, None)),
    ],
)
def test_a_numbered_page_names_its_neighbours_and_the_one_after_the_next(
    mark: str | None, pages: int, neighbours: tuple[str | None, str | None, str | None]
) -> None:
    found = page(NUMBERED, ListSessions(), numbered(1, pages), mark)

    assert (found.previous_mark, found.next_mark, found.later_mark) == neighbours
    assert found.total == 7


def test_the_number_of_a_page_travels_with_the_other_parameters() -> None:
    params = ListSessions(per_page=5)
    url = encode(NUMBERED, params, connection_for(NUMBERED), mark="4").url

    assert url.endswith("/export/sessions?limit=5&page=4")


def test_the_totals_may_stand_in_an_object_of_their_own() -> None:
    body: dict[str, Any] = {"data": [], "meta": {"page": 1, "limit": 50, "totalItems": 51, "totalPages": 2}}
    found = page(NUMBERED_WITH_META, NUMBERED_WITH_META.params(), body)

    assert (found.total, found.next_mark) == (51, "2")


@pytest.mark.parametrize("odd", [-1, True, "3", None, 10**30, 1.5])
def test_an_odd_number_of_pages_ends_the_list(odd: object) -> None:
    found = page(NUMBERED, ListSessions(), {"data": [], "total": odd, "pages": odd})

    assert (found.total, found.next_mark) == (None, None)


def test_cursors_lead_both_ways_and_travel_in_the_body_of_a_post() -> None:
    params = CURSORS.params(**APP)
    found = page(CURSORS, params, {"sessions": [], "next_cursor": "n", "prev_cursor": "p:q"})
    asked = [
        json.loads(encode(CURSORS, params, connection_for(CURSORS), mark=mark).body or b"")
        for mark in (found.next_mark, found.previous_mark)
    ]

    assert [(each["cursor"], each["mode"]) for each in asked] == [("n", "after"), ("p:q", "before")]
    assert all(each["version_key"] == "com.acme.checkout" for each in asked)


@pytest.mark.ablation("a cursor that leads to where we are ends the list")
def test_a_cursor_that_leads_to_where_we_are_ends_the_list() -> None:
    found = page(CURSORS, CURSORS.params(**APP), {"sessions": [], "next_cursor": "same"}, "after:same")

    assert found.next_mark is None


@pytest.mark.parametrize("odd", ["", 7, None, ["x"], "x" * (LONGEST_MARK + 1), "a\nb"])
def test_an_odd_cursor_is_none(odd: object) -> None:
    assert page(CURSORS, CURSORS.params(**APP), {"sessions": [], "next_cursor": odd}).next_mark is None


@pytest.mark.parametrize("body", [[], {"data": None, "total": 0}, {"data": {}}, {"meta": []}, 7])
def test_an_answer_of_another_form_is_our_own_error(body: object) -> None:
    with pytest.raises(UpstreamError) as caught:
        page(NUMBERED, ListSessions(), body)

    assert caught.value.code is Code.UPSTREAM_MALFORMED
