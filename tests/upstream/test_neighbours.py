"""Routes of the vendor that lie beside ours and must never be reached, whatever an agent gives (THREATS row 13)."""

import re
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from crashgate.errors import InvalidArgumentsError
from crashgate.model.operation import AnyOperation
from crashgate.model.params import In
from crashgate.upstream.codec import encode
from crashgate.upstream.request import expand
from tests.catalogue import OPERATIONS
from tests.upstream.exchanges import connection_for, stamp_for
from tests.upstream.test_path import ANY_TEXT, ID, ROW_13, some_params

FORBIDDEN = (
    ("DELETE", r"/projects/[^/]*/errors/?"),
    ("DELETE", r"/projects/[^/]*/?"),
    ("DELETE", r"/projects/[^/]*/(?:events|saved_searches|releases)/?"),
    ("[A-Z]+", r"/projects/[^/]*/(?:api_key|upload_api_key)/?"),
    ("[A-Z]+", r"/organizations/[^/]*/(?:api_key|collaborators/bulk_invite)/?"),
    ("(?:POST|PATCH|PUT|DELETE)", r"/organizations/[^/]*/collaborators(?:/.*)?"),
    ("(?:POST|PATCH|PUT|DELETE)", r"/projects/[^/]*/collaborators(?:/.*)?"),
    ("PUT", r"(?!/projects/[^/]+/network_endpoint_grouping$).*"),
)
"""All errors of a project, the project itself, keys, and who has access."""

WORDS = ("errors", "api_key", "upload_api_key", "collaborators", "bulk_invite", "..", "", ID, f"{ID}/errors", "errors/")
ANY = (
    ANY_TEXT
    | st.sampled_from((*ROW_13, *WORDS))
    | st.none()
    | st.booleans()
    | st.integers()
    | st.lists(st.sampled_from(WORDS) | ANY_TEXT, max_size=2)
    | st.dictionaries(st.text(max_size=5), st.text(max_size=5), max_size=2)
)
ASKED = [operation for operation in OPERATIONS if operation.path is not None]


def forbidden(method: str, path: str) -> bool:
    """Whether one of the routes would answer, also after a server has decoded the path."""
    return any(
        re.fullmatch(verb, method) and re.fullmatch(route, each, re.DOTALL)
        for verb, route in FORBIDDEN
        for each in (path, unquote(path), unquote(unquote(path)))
    )


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("DELETE", f"/projects/{ID}/errors"),
        ("DELETE", f"/projects/{ID}/errors/"),
        ("DELETE", f"/projects/{ID}"),
        ("DELETE", f"/projects/{ID}/api_key"),
        ("POST", f"/projects/{ID}/upload_api_key"),
        ("DELETE", "/projects//errors"),
        ("POST", f"/organizations/{ID}/collaborators/bulk_invite"),
        ("DELETE", f"/organizations/{ID}/collaborators/{ID}"),
    ],
)
def test_the_forbidden_routes_are_told_from_others(method: str, path: str) -> None:
    assert forbidden(method, path)


def test_no_entry_of_the_catalogue_is_a_forbidden_route() -> None:
    assert [one.id for one in ASKED if forbidden(str(one.method), re.sub(r"\{\w+\}", ID, str(one.path)))] == []


@pytest.mark.threats(13)
@pytest.mark.parametrize("operation", ASKED, ids=lambda each: each.id)
@given(data=st.data())
def test_no_input_of_any_operation_leads_to_a_forbidden_route(operation: AnyOperation, data: st.DataObject) -> None:
    good: dict[str, Any] = some_params(operation).model_dump(exclude_unset=True)
    odd = data.draw(st.fixed_dictionaries({}, optional={field.name: ANY for field in operation.fields}))
    try:
        params = operation.params.model_validate({**good, **odd})
        request = encode(operation, params, connection_for(operation), stamp=stamp_for(operation))
    except (ValidationError, InvalidArgumentsError):
        return

    assert request.method == operation.method
    assert not forbidden(request.method, urlsplit(request.url).path)


@pytest.mark.threats(13)
@pytest.mark.parametrize("operation", ASKED, ids=lambda each: each.id)
@given(data=st.data())
def test_no_id_leads_to_a_forbidden_route_even_if_a_type_were_too_wide(
    operation: AnyOperation, data: st.DataObject
) -> None:
    names = [field.name for field in operation.fields if field.travels is In.PATH]
    texts = ANY_TEXT | st.sampled_from((*ROW_13, ID))
    values = {name: data.draw(texts) for name in names}
    try:
        path = expand(str(operation.path), values)
    except InvalidArgumentsError:
        return

    assert not any(re.fullmatch(verb, str(operation.method)) and re.fullmatch(route, path) for verb, route in FORBIDDEN)
