import json
from typing import Any

import pytest

from tests.sandbox.devrev.harness import CHECKOUT, COURIER, LIST, Running, Start

MOBILE = {"type": "mobile", **CHECKOUT}


def ids(pages: list[Any]) -> list[str]:
    return [row["session_id"] for page in pages for row in page["sessions"]]


@pytest.mark.parametrize("limit", [1, 7, 40, 60, 100])
@pytest.mark.parametrize("filters", [{}, {"is_crash": True}, {"sort_by": ["session_duration_ms:asc"]}], ids=str)
async def test_forth_and_back_give_the_same_rows_without_gaps_or_repeats(
    starting: Start, limit: int, filters: dict[str, object]
) -> None:
    async with starting(sessions=120 if limit > 1 else 24) as devrev:
        everything = [row["session_id"] for row in await devrev.sessions(**CHECKOUT, **filters)]
        forth = await devrev.pages(**MOBILE, **filters, limit=limit)
        back = await devrev.pages(**MOBILE, **filters, limit=limit, mode="before")

    assert len(everything) == len(set(everything)) > 0
    assert ids(forth) == everything
    assert ids(back[::-1]) == everything


async def test_going_back_from_a_page_gives_the_page_before(devrev: Running) -> None:
    forth = await devrev.pages(**MOBILE, limit=50)
    returned = await devrev.post(LIST, **MOBILE, limit=50, mode="before", cursor=forth[1]["prev_cursor"])

    assert returned.json() == forth[0]


async def test_a_cursor_is_left_out_where_nothing_more_comes(devrev: Running) -> None:
    pages = await devrev.pages(**MOBILE, limit=50)

    assert [sorted(page) for page in pages] == [
        ["next_cursor", "sessions"],
        ["next_cursor", "prev_cursor", "sessions"],
        ["prev_cursor", "sessions"],
    ]


async def test_an_empty_list_has_no_cursors(devrev: Running) -> None:
    answer = await devrev.post(LIST, **MOBILE, app_version=["0.0.1"])

    assert answer.json() == {"sessions": []}


async def test_a_get_pages_by_the_same_rules(devrev: Running) -> None:
    first = (await devrev.get(LIST, **CHECKOUT, limit=70)).json()
    second = (await devrev.get(LIST, **CHECKOUT, limit=70, cursor=first["next_cursor"])).json()
    again = (await devrev.get(LIST, **CHECKOUT, limit=70, mode="before", cursor=second["prev_cursor"])).json()

    assert ids([first, second]) == [row["session_id"] for row in await devrev.sessions(**CHECKOUT)]
    assert again == first


async def test_a_page_has_50_rows_unless_told_and_never_more_than_100(devrev: Running) -> None:
    usual = (await devrev.get(LIST, **CHECKOUT)).json()["sessions"]
    most = (await devrev.get(LIST, **CHECKOUT, limit=5000)).json()["sessions"]

    assert (len(usual), len(most)) == (50, 100)


async def test_the_limit_may_change_between_pages(devrev: Running) -> None:
    first = (await devrev.post(LIST, **MOBILE, limit=3)).json()
    second = (await devrev.post(LIST, **MOBILE, limit=100, cursor=first["next_cursor"])).json()

    assert ids([first, second]) == [row["session_id"] for row in await devrev.sessions(**CHECKOUT)][:103]


@pytest.mark.parametrize("changed", [{"is_crash": True}, {"sort_by": ["created_at:asc"]}, COURIER], ids=str)
async def test_a_cursor_of_another_query_is_refused(devrev: Running, changed: dict[str, object]) -> None:
    cursor = (await devrev.post(LIST, **MOBILE)).json()["next_cursor"]
    answer = await devrev.post(LIST, **{**MOBILE, **changed, "cursor": cursor})

    assert answer.status_code == 400
    assert answer.json() == {
        "message": "The cursor is not one of this list",
        "type": "bad_request",
        "field_name": "cursor",
    }


@pytest.mark.parametrize("cursor", ["1", "AAAA", "x" * 24, "é", " ", "=" * 8, "A" * 4000])
async def test_an_invented_cursor_is_refused(devrev: Running, cursor: str) -> None:
    answer = await devrev.post(LIST, **MOBILE, cursor=cursor)

    assert (answer.status_code, answer.json()["type"]) == (400, "bad_request")


async def test_a_cursor_that_is_half_a_surrogate_pair_is_refused(devrev: Running) -> None:
    body = json.dumps({**MOBILE, "cursor": "\ud800"}).encode()
    answer = await devrev.client.post(LIST, content=body)

    assert (answer.status_code, answer.json()["type"]) == (400, "bad_request")


async def test_a_cursor_with_any_character_changed_is_refused(devrev: Running) -> None:
    cursor = (await devrev.post(LIST, **MOBILE)).json()["next_cursor"]
    for place, letter in enumerate(cursor):
        changed = cursor[:place] + ("A" if letter != "A" else "B") + cursor[place + 1 :]
        assert (await devrev.post(LIST, **MOBILE, cursor=changed)).status_code == 400


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        ({"limit": 0}, "value_not_permitted"),
        ({"limit": -1}, "value_not_permitted"),
        ({"limit": "many"}, "parse_error"),
        ({"limit": "1.5"}, "parse_error"),
        ({"limit": "99999999999"}, "parse_error"),
        ({"mode": "around"}, "invalid_enum_value"),
        ({"cursor": ""}, "value_not_permitted"),
    ],
    ids=str,
)
async def test_a_get_with_nonsense_about_pages_is_refused(devrev: Running, given: dict[str, object], kind: str) -> None:
    answer = await devrev.get(LIST, **CHECKOUT, **given)

    assert (answer.status_code, answer.json()["type"], answer.json()["field_name"]) == (400, kind, next(iter(given)))
