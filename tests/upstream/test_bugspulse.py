"""BugsPulse on the wire: what is asked, and that nothing else ever is."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr, ValidationError

from crashgate.errors import Code
from crashgate.model.access import Access
from crashgate.model.message import Request, Response
from crashgate.model.operation import AnyOperation
from crashgate.model.params import Params
from crashgate.model.provider import Connection
from crashgate.providers.bugspulse import PROVIDER
from crashgate.providers.bugspulse.session_events import LIST_SESSION_EVENTS, ListSessionEvents
from crashgate.providers.bugspulse.sessions import LIST_SESSIONS, ListSessions
from crashgate.providers.bugspulse.wire import BugsPulse
from crashgate.upstream.codec import decode, encode
from tests.catalogue import OPERATIONS as EVERY
from tests.catalogue import PROVIDERS
from tests.upstream.exchanges import BUGSPULSE, TOKEN, stamp_for
from tests.upstream.openapi import bugspulse, faults
from tests.upstream.test_path import some_params

BASES = ("https://api.bugspulse.com", "https://api.bugspulse.com/export")
MOMENTS = st.sampled_from(["2026-01-01", "2026-01-31T23:59:59Z", "2026-01-31T10:00:00.5+02:00", "1999-12-31"])
SESSION_IDS = st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), min_size=1, max_size=200)
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "since": MOMENTS,
    "until": MOMENTS,
    "failed_only": st.booleans(),
    "around": st.none(),  # it stands in place of since and until
    "minutes": st.none(),
    "per_page": st.integers(1, 1000),
    "session_id": SESSION_IDS,
}
DIALECT = BugsPulse(BUGSPULSE)

each = pytest.mark.parametrize("operation", PROVIDER.operations, ids=[one.id for one in PROVIDER.operations])


def connection(base: str) -> Connection:
    return Connection(name="pulse", provider=PROVIDERS["bugspulse"], base_url=base, credential=SecretStr(TOKEN))


def drawn(data: st.DataObject, operation: AnyOperation) -> Params:
    """Parameters that the operation takes, any of the optional ones."""
    fields = operation.params.model_fields
    required = {name: VALUES[name] for name, info in fields.items() if info.is_required()}
    optional = {name: VALUES[name] for name in fields if name not in required}
    found: Params = operation.params.model_validate(data.draw(st.fixed_dictionaries(required, optional=optional)))
    return found


def page(response: Response, *, mark: str | None = None) -> Any:  # noqa: ANN401 - a page of sessions
    request = encode(LIST_SESSIONS, ListSessions(), BUGSPULSE, mark=mark)
    return decode(LIST_SESSIONS, request, response, BUGSPULSE, mark=mark)


@pytest.mark.parametrize("base", BASES)
def test_a_base_url_with_or_without_export_is_joined_once(base: str) -> None:
    assert encode(LIST_SESSIONS, ListSessions(since="2026-01-01", per_page=1000), connection(base)) == Request(
        method="GET",
        url="https://api.bugspulse.com/export/sessions?from=2026-01-01&limit=1000",
        headers={"Authorization": f"Bearer {TOKEN}", "Accept": "application/json"},
        body=None,
        repeatable=True,
    )


def test_a_base_url_below_a_path_of_its_own_keeps_it() -> None:
    request = encode(LIST_SESSIONS, ListSessions(), connection("https://proxy.example.com/exports/pulse/export"))

    assert request.url == "https://proxy.example.com/exports/pulse/export/sessions"


@each
@given(data=st.data())
def test_every_request_is_one_that_the_document_has(
    operation: AnyOperation, contracts: Path, data: st.DataObject
) -> None:
    mark = data.draw(st.none() | st.integers(1, 10**6).map(str))
    request = encode(operation, drawn(data, operation), BUGSPULSE, mark=mark)

    assert faults(bugspulse(contracts), operation, request) == []


@pytest.mark.threats(9)
@each
@given(data=st.data())
def test_no_parameters_lead_to_anything_but_a_get_below_export_with_the_key_in_its_header(
    operation: AnyOperation, data: st.DataObject
) -> None:
    request = encode(operation, drawn(data, operation), connection(data.draw(st.sampled_from(BASES))))
    address = urlsplit(request.url)

    assert (request.method, address.netloc, address.path) == ("GET", "api.bugspulse.com", operation.path)
    assert address.path.startswith("/export/")
    assert (request.body, TOKEN in request.url) == (None, False)


@pytest.mark.ablation("nothing but a GET goes with the key of a project")
@pytest.mark.threats(9)
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "HEAD", "get"])
def test_nothing_but_a_get_is_built(method: str) -> None:
    with pytest.raises(ValueError, match="only exports are read from BugsPulse"):
        DIALECT.address(method, "/export/sessions")


@pytest.mark.ablation("only exports are read with the key of a project")
@pytest.mark.threats(9, 13)
@pytest.mark.parametrize(
    "path",
    [
        "/ingest/session",
        "/ingest/session/end",
        "/",
        "",
        "/export",
        "/export/",
        "/exports/sessions",
        "/export/../ingest/session",
        "/export/%2e%2e/ingest/session",
        "/export/sessions/../../ingest/session",
        "/export//ingest",
        "/export/sessions?x=1",
        "/export/sessions#x",
        "/export/sessions\n",
        "export/sessions",
        "@evil.example/export/sessions",
    ],
)
def test_nothing_outside_the_exports_is_built(path: str) -> None:
    with pytest.raises(ValueError, match="only exports are read from BugsPulse"):
        DIALECT.address("GET", path)


@pytest.mark.threats(9)
@pytest.mark.parametrize("operation", [one for one in EVERY if one.method is not None], ids=lambda each: each.id)
def test_an_operation_that_is_no_export_cannot_be_asked_with_the_projects_key(operation: AnyOperation) -> None:
    if operation.provider == "bugspulse":
        assert encode(operation, some_params(operation), BUGSPULSE).method == "GET"
    else:
        with pytest.raises(ValueError, match="only exports are read from BugsPulse"):
            encode(operation, some_params(operation), BUGSPULSE, stamp=stamp_for(operation))


@pytest.mark.ablation("no body goes with the key of a project")
@pytest.mark.threats(9)
def test_an_entry_that_would_write_is_stopped_before_there_is_a_credential_in_a_request() -> None:
    class Unseen(SecretStr):
        def get_secret_value(self) -> str:
            raise AssertionError("the credential was looked at")

    watched = replace(BUGSPULSE, credential=Unseen(TOKEN))
    wrong = replace(LIST_SESSIONS, method="POST", path="/ingest/session", access=Access.WRITE)

    with pytest.raises(ValueError, match="only exports are read from BugsPulse"):
        encode(wrong, ListSessions(), watched)
    with pytest.raises(ValueError, match="only exports are read from BugsPulse"):
        BugsPulse(watched).headers(with_body=True)


@each
@pytest.mark.parametrize(
    "given", [{"format": "csv"}, {"page": 2}, {"limit": 5}, {"from": "2026-01-01"}, {"per_page": 1001}]
)
def test_a_caller_chooses_neither_format_nor_page_nor_more_rows_than_there_may_be(
    operation: AnyOperation, given: dict[str, Any]
) -> None:
    named = {"session_id": "s"} if "session_id" in operation.params.model_fields else {}
    with pytest.raises(ValidationError):
        operation.params.model_validate({**named, **given})


def test_a_later_page_is_asked_for_by_its_number_beside_the_rest() -> None:
    request = encode(LIST_SESSION_EVENTS, ListSessionEvents(session_id="a b", per_page=5), BUGSPULSE, mark="3")

    assert request.url == "https://api.bugspulse.com/export/events?sessionId=a%20b&limit=5&page=3"


def test_pages_go_on_until_the_last_one_that_the_answer_counts() -> None:
    def answer(number: int) -> Response:
        body = {"data": [{"id": f"s{number}"}], "total": 2, "page": number, "limit": 1, "pages": 2}
        return Response(status=200, headers={}, body=json.dumps(body).encode())

    first, last = page(answer(1)), page(answer(2), mark="2")

    assert ([row.id for row in first.rows], first.next_mark, first.previous_mark, first.total) == (["s1"], "2", None, 2)
    assert ([row.id for row in last.rows], last.next_mark, last.previous_mark, last.total) == (["s2"], None, "1", 2)


@pytest.mark.parametrize(
    ("status", "code", "wait"),
    [
        (400, Code.UPSTREAM_REJECTED, None),
        (401, Code.UPSTREAM_CREDENTIAL, None),
        (403, Code.UPSTREAM_FORBIDDEN, None),
        (404, Code.NOT_AVAILABLE, None),
        (429, Code.UPSTREAM_RATE_LIMITED, 60.0),
        (500, Code.UPSTREAM_UNAVAILABLE, None),
    ],
)
def test_each_failure_has_its_code_and_an_exhausted_limit_a_minute_to_wait(
    status: int, code: Code, wait: float | None
) -> None:
    problem = DIALECT.failure(Response(status=status, headers={}, body=b"Too Many Requests"), LIST_SESSIONS)

    assert problem is not None
    assert (problem.code, problem.status, problem.retry_after) == (code, status, wait)
    assert "BugsPulse" in str(problem)
