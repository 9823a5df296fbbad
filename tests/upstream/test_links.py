"""The next page: the same origin and path or nothing, since the credential travels along (THREATS row 15)."""

from typing import Any

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crashgate.errors import Code, UpstreamError
from crashgate.model.message import Response
from crashgate.model.result import Page
from crashgate.providers.bugsnag.errors import LIST_ERRORS, ListErrors
from crashgate.upstream.client import Call, Trace, Upstream, exchange
from crashgate.upstream.codec import decode, encode
from crashgate.upstream.paging import LONGEST_MARK
from tests.held_clock import HeldClock
from tests.upstream.exchanges import CONNECTION, Played

PARAMS = ListErrors(project_id="checkout-ios")
REQUEST = encode(LIST_ERRORS, PARAMS, CONNECTION)
HERE = "https://api.bugsnag.com/projects/checkout-ios/errors"
TOO_DEEP = b'{"errors":["Unable to return complete results for this query"],"code":60000}'

FOREIGN = {
    "another host": "https://evil.example/projects/checkout-ios/errors?offset=30",
    "a host that begins like ours": "https://api.bugsnag.com.evil.example/projects/checkout-ios/errors?offset=30",
    "a host that ends like ours": "https://evil-api.bugsnag.com/projects/checkout-ios/errors?offset=30",
    "another scheme": "http://api.bugsnag.com/projects/checkout-ios/errors?offset=30",
    "no http at all": "file:///projects/checkout-ios/errors?offset=30",
    "another port": "https://api.bugsnag.com:8443/projects/checkout-ios/errors?offset=30",
    "our host as a user": "https://api.bugsnag.com@evil.example/projects/checkout-ios/errors?offset=30",
    "our host as user and password": "https://api.bugsnag.com:443@evil.example/projects/checkout-ios/errors?offset=30",
    "a user at our host": "https://someone@api.bugsnag.com/projects/checkout-ios/errors?offset=30",
    "a backslash": "https://api.bugsnag.com\\@evil.example/projects/checkout-ios/errors?offset=30",
    "no scheme": "//evil.example/projects/checkout-ios/errors?offset=30",
    "no scheme and our host": "//api.bugsnag.com/projects/checkout-ios/errors?offset=30",
    "a path alone": "/projects/checkout-ios/errors?offset=30",
    "a query alone": "?offset=30",
    "another project": "https://api.bugsnag.com/projects/payroll/errors?offset=30",
    "another resource": "https://api.bugsnag.com/user/organizations?offset=30",
    "a path above": "https://api.bugsnag.com/projects/checkout-ios/errors/../../payroll/errors?offset=30",
    "a path below": "https://api.bugsnag.com/projects/checkout-ios/errors/all?offset=30",
    "a path in other letters": "https://api.bugsnag.com/Projects/checkout-ios/errors?offset=30",
    "a path encoded otherwise": "https://api.bugsnag.com/projects/checkout%2Dios/errors?offset=30",
    "nothing": "",
    "no query, which would be the first page again": HERE,
    "an address that is none": "https://[::1/projects/checkout-ios/errors?offset=30",
    "a host in look-alike letters": "https://api.bugsnag.com\uff0fevil.example/projects/checkout-ios/errors?offset=30",
    "a control character": f"{HERE}?offset=\x01",
    "a letter that is not ASCII": f"{HERE}?offset=é",
    "a blank": f"{HERE}?offset=3 0",
    "a query without end": f"{HERE}?offset={'3' * LONGEST_MARK}",
}


def page_after(link: str, *, relation: str = "next") -> Page[Any]:
    return decode(
        LIST_ERRORS, REQUEST, Response(status=200, headers={}, body=b"[]", links={relation: link}), CONNECTION
    )


@pytest.mark.ablation(
    "a link is followed to the same origin and path only",
    "a link has the length of a query",
    "a link without a query is no next page",
)
@pytest.mark.threats(15)
@pytest.mark.parametrize("link", FOREIGN.values(), ids=FOREIGN.keys())
def test_a_link_to_anywhere_else_is_not_followed_and_shows_as_truncated(link: str) -> None:
    assert page_after(link) == Page(rows=(), next_mark=None, truncated=True)


@pytest.mark.parametrize("query", ["offset=30", "a=1&offset%5Bcount%5D=63", "x=" + "3" * (LONGEST_MARK - 2)])
def test_a_link_to_the_same_place_gives_its_query(query: str) -> None:
    assert page_after(f"{HERE}?{query}") == Page(rows=(), next_mark=query, truncated=False)


def test_an_answer_without_a_next_link_is_the_last_page() -> None:
    assert page_after(f"{HERE}?offset=0", relation="prev") == Page(rows=(), next_mark=None, truncated=False)


@pytest.mark.threats(15)
@given(st.text() | st.text(alphabet="htps:/@.?#[]\\%evil api.bugsnag.com"))
def test_any_text_as_a_link_leads_to_the_same_origin_and_path_or_nowhere(text: str) -> None:
    for link in (text, f"https://{text}", f"https://api.bugsnag.com{text}", f"{HERE}{text}", f"{HERE}?{text}"):
        page = page_after(link)
        if page.next_mark is None:
            assert page.truncated
        else:
            following = httpx2.URL(encode(LIST_ERRORS, PARAMS, CONNECTION, mark=page.next_mark).url)
            assert (following.scheme, following.host, following.port) == ("https", "api.bugsnag.com", None)
            assert following.raw_path.decode().partition("?")[0] == "/projects/checkout-ios/errors"


def test_the_limit_on_sorted_rows_ends_a_later_page_as_truncated() -> None:
    deep = Response(status=422, headers={}, body=TOO_DEEP)

    assert decode(LIST_ERRORS, REQUEST, deep, CONNECTION, mark="offset=30") == Page(rows=(), truncated=True)


def test_the_limit_on_sorted_rows_is_an_error_with_its_remedy_on_the_first_page() -> None:
    with pytest.raises(UpstreamError) as caught:
        decode(LIST_ERRORS, REQUEST, Response(status=422, headers={}, body=TOO_DEEP), CONNECTION)

    assert caught.value.code is Code.UPSTREAM_TOO_DEEP
    assert str(caught.value) == (
        "BugSnag cannot return complete results for this query (422, code 60000). It sorts only so many rows. "
        "Add filters (event.since, error.status…), or set sort to unsorted from the start."
    )


@pytest.mark.parametrize(("status", "body"), [(422, b"{}"), (400, TOO_DEEP), (404, b"{}"), (500, TOO_DEEP)])
def test_no_other_failure_of_a_later_page_is_an_end(status: int, body: bytes) -> None:
    with pytest.raises(UpstreamError):
        decode(LIST_ERRORS, REQUEST, Response(status=status, headers={}, body=body), CONNECTION, mark="offset=30")


@pytest.mark.threats(15)
@pytest.mark.parametrize(
    "header",
    [
        '<https://evil.example/next?offset=30>; rel="next"',
        f'<{HERE}?offset=30>; rel="next", <https://evil.example/next?offset=30>; rel="next"',
        '<https://evil.example/next?offset=30>; rel=next; title="ours"',
        '</projects/checkout-ios/errors?offset=30>; rel="next"',
    ],
)
async def test_a_foreign_link_header_is_never_asked_for(header: str) -> None:
    asked: list[str] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        asked.append(str(request.url))
        return httpx2.Response(200, headers={"Link": header}, stream=httpx2.ByteStream(b"[]"))

    upstream = Upstream(connection=CONNECTION, transport=Played(answer), clock=HeldClock())
    page = await exchange(upstream, Call(operation=LIST_ERRORS, params=PARAMS), Trace())

    assert page == Page(rows=(), truncated=True)
    assert asked == [HERE]


@pytest.mark.parametrize(
    ("header", "wanted"),
    [
        (f'<{HERE}?offset=30>; rel="next"', "offset=30"),
        (f"<{HERE}?offset=30>; rel=next", "offset=30"),
        (f'<{HERE}?offset=0>; rel="prev", <{HERE}?offset=60>; rel="next"', "offset=60"),
        (f'<{HERE}?offset=60>; rel="next", <{HERE}?offset=0>; rel="prev"', "offset=60"),
        (f'<{HERE}?offset=0>; rel="prev"', None),
        ("", None),
        (";;;,,,<>", None),
        (f"{HERE}?offset=30", None),
    ],
)
async def test_a_link_header_is_read_as_the_vendor_writes_it(header: str, wanted: str | None) -> None:
    played = Played(lambda _: httpx2.Response(200, headers={"Link": header}, stream=httpx2.ByteStream(b"[]")))
    upstream = Upstream(connection=CONNECTION, transport=played, clock=HeldClock())
    page = await exchange(upstream, Call(operation=LIST_ERRORS, params=PARAMS), Trace())

    assert (page.next_mark, page.truncated) == (wanted, False)
