"""DevRev on the wire: requests as the document has them, cursors both ways, and typed failures."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from crashgate.errors import Code, UpstreamError
from crashgate.gate.arguments import taken, validated
from crashgate.model.message import Request, Response
from crashgate.model.operation import AnyOperation, Shape
from crashgate.model.params import Params
from crashgate.model.result import Page
from crashgate.providers.devrev import PROVIDER
from crashgate.providers.devrev.session_data import GET_SESSION_DATA, GetSessionData
from crashgate.providers.devrev.sessions import EXPORT_SESSIONS, GET_SESSION, LIST_SESSIONS, GetSession, SessionFilters
from crashgate.providers.devrev.wire import DevRev
from crashgate.upstream.codec import decode, encode
from tests.upstream.exchanges import DEVREV, TOKEN
from tests.upstream.openapi import devrev, faults

APP = "com.acme.checkout"
ALL = SessionFilters(app_id=APP, platform="ios")
DIALECT = DevRev(DEVREV)
DATE = "Fri, 20 Nov 2026 15:30:00 GMT"
NOW = 1795188600
"""The same moment in epoch seconds."""

TEXTS = st.lists(st.text(min_size=1, max_size=200).filter(str.isprintable), min_size=1, max_size=3)
MOMENTS = st.sampled_from(["2026-01-01", "2026-01-31T23:59:59Z", "2026-01-31T10:00:00.5+02:00"])
IDS = st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), min_size=1, max_size=200)
FLAGS = st.booleans()
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "app_id": st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_.:/+-]{0,127}", fullmatch=True),
    "platform": st.sampled_from(["android", "ios", "web"]),
    "session_id": IDS,
    "recording_id": IDS,
    "tab_id": IDS,
    "include_replay_data": FLAGS,
    "since": MOMENTS,
    "until": MOMENTS,
    "failed_only": st.booleans(),
    "around": st.none(),  # it stands in place of since and until
    "minutes": st.none(),
    "sort_by": st.lists(st.sampled_from(["created_at", "created_at:asc", "app:desc"]), min_size=1, max_size=5),
    "per_page": st.integers(1, 100),
    **dict.fromkeys(("is_crash", "is_anr", "has_exception_occurred", "rage_tap", "is_anonymous"), FLAGS),
    **dict.fromkeys(
        ("app_version", "os_version", "manufacturer", "device_model", "network_type", "rev_user", "rev_org"), TEXTS
    ),
}

each = pytest.mark.parametrize("operation", PROVIDER.operations, ids=[one.id for one in PROVIDER.operations])


def drawn(data: st.DataObject, operation: AnyOperation) -> Params:
    """Parameters that the operation takes, any of the optional ones."""
    fields = operation.params.model_fields
    values = {**VALUES, **({"platform": st.just("web")} if operation.id == "devrev.developer_info.get" else {})}
    required = {name: values[name] for name, info in fields.items() if info.is_required()}
    if "recording_id" in fields:
        part = data.draw(st.sampled_from(["recording_id", "tab_id"]))
        required[part] = values[part]
    optional = {name: values[name] for name in fields if name not in required}
    found: Params = operation.params.model_validate(data.draw(st.fixed_dictionaries(required, optional=optional)))
    return found


def body_of(request: Request) -> Any:  # noqa: ANN401 - JSON
    return json.loads(request.body or b"null")


def page(body: object, *, mark: str | None = None) -> Page[Any]:
    response = Response(status=200, headers={}, body=json.dumps(body).encode())
    return decode(LIST_SESSIONS, encode(LIST_SESSIONS, ALL, DEVREV, mark=mark), response, DEVREV, mark=mark)


def failed(
    status: int, body: object = None, *, headers: dict[str, str] | None = None, operation: AnyOperation = LIST_SESSIONS
) -> UpstreamError:
    response = Response(status=status, headers=headers or {}, body=json.dumps(body).encode())
    problem = DIALECT.failure(response, operation)
    assert problem is not None
    return problem


@each
@given(data=st.data())
def test_every_request_is_one_that_the_document_has(
    operation: AnyOperation, contracts: Path, data: st.DataObject
) -> None:
    later = data.draw(st.none() | st.tuples(st.sampled_from(["after", "before"]), st.text(min_size=1)).map(":".join))
    mark = later if operation.shape is Shape.MANY else None
    request = encode(operation, drawn(data, operation), DEVREV, mark=mark)

    assert faults(devrev(contracts), operation, request) == []
    assert (request.method, request.repeatable) == (operation.method, True)


def test_a_session_is_asked_for_by_get_with_the_token_as_bearer() -> None:
    assert encode(GET_SESSION, GetSession(app_id=APP, platform="ios", session_id="a b&c"), DEVREV) == Request(
        method="GET",
        url=f"https://api.devrev.ai/observability.sessions.get?version_key={APP}&platform=ios&session_id=a%20b%26c",
        headers={"Authorization": f"Bearer {TOKEN}", "Accept": "application/json"},
        body=None,
        repeatable=True,
    )


def test_sessions_are_asked_for_by_a_post_that_may_be_repeated() -> None:
    request = encode(LIST_SESSIONS, ALL, DEVREV)

    assert (request.method, request.repeatable, request.headers["Content-Type"]) == ("POST", True, "application/json")
    assert body_of(request) == {"version_key": APP, "platform": "ios", "type": "mobile"}


@pytest.mark.parametrize(("platform", "kind"), [("android", "mobile"), ("ios", "mobile"), ("web", "web")])
def test_the_kind_of_session_follows_from_the_platform(platform: str, kind: str) -> None:
    for operation in (LIST_SESSIONS, EXPORT_SESSIONS):
        params = operation.params.model_validate({"app_id": APP, "platform": platform})

        assert body_of(encode(operation, params, DEVREV))["type"] == kind


def asked(arguments: dict[str, Any]) -> SessionFilters:
    """The parameters of a call with these arguments, in which null means that one is not given."""
    return validated(SessionFilters, taken(SessionFilters, {"app_id": APP, "platform": "ios", **arguments}))


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ({"since": "2026-11-20"}, {"type": "range", "after": "2026-11-20T00:00:00Z"}),
        ({"until": "2026-11-20"}, {"type": "range", "before": "2026-11-21T00:00:00Z"}),
        (
            {"since": "2026-11-20T10:00:00+01:00", "until": "2026-11-20"},
            {"type": "range", "after": "2026-11-20T09:00:00Z", "before": "2026-11-21T00:00:00Z"},
        ),
        ({}, None),
        ({"since": None, "until": None}, None),
    ],
)
def test_a_period_is_sent_as_one_range(given: dict[str, Any], sent: dict[str, str] | None) -> None:
    params = asked(given)

    assert body_of(encode(LIST_SESSIONS, params, DEVREV)).get("created_at") == sent


def test_a_filter_that_is_null_is_not_sent() -> None:
    names = [field.name for field in LIST_SESSIONS.fields if field.name not in {"app_id", "platform"}]
    params = asked(dict.fromkeys(names))

    assert body_of(encode(LIST_SESSIONS, params, DEVREV)) == body_of(encode(LIST_SESSIONS, ALL, DEVREV))


def test_a_filter_that_is_false_is_sent() -> None:
    params = SessionFilters(app_id=APP, platform="ios", is_crash=False)

    assert body_of(encode(LIST_SESSIONS, params, DEVREV))["is_crash"] is False


def test_the_platform_of_a_recording_is_for_the_gate_alone() -> None:
    params = GetSessionData(app_id=APP, platform="android", session_id="s", recording_id="r")

    assert body_of(encode(GET_SESSION_DATA, params, DEVREV)) == {
        "version_key": APP,
        "session_id": "s",
        "recording_id": "r",
        "include_replay_data": False,
    }


@each
@pytest.mark.parametrize(
    "given", [{"cursor": "x"}, {"mode": "after"}, {"type": "web"}, {"limit": 5}, {"version_key": APP}]
)
def test_a_caller_chooses_no_cursor_no_kind_and_no_other_app(operation: AnyOperation, given: dict[str, str]) -> None:
    good = {"app_id": APP, "platform": "web", "session_id": "s", "tab_id": "t"}
    kept = {name: value for name, value in good.items() if name in operation.params.model_fields}
    operation.params.model_validate(kept)
    with pytest.raises(ValidationError):
        operation.params.model_validate({**kept, **given})


def test_cursors_lead_on_and_back_and_travel_with_their_direction_beside_the_filters() -> None:
    found = page({"sessions": [], "next_cursor": "n:1", "prev_cursor": "p1"})
    on, back = (
        body_of(encode(LIST_SESSIONS, ALL, DEVREV, mark=mark)) for mark in (found.next_mark, found.previous_mark)
    )
    usual = body_of(encode(LIST_SESSIONS, ALL, DEVREV))

    assert (found.next_mark, found.previous_mark) == ("after:n:1", "before:p1")
    assert (on, back) == ({**usual, "cursor": "n:1", "mode": "after"}, {**usual, "cursor": "p1", "mode": "before"})


@pytest.mark.parametrize(
    "body", [{"sessions": []}, {"sessions": [], "next_cursor": None}, {"sessions": [], "next_cursor": ""}]
)
def test_an_answer_without_a_cursor_is_the_last_page(body: dict[str, object]) -> None:
    assert page(body) == Page(rows=())


def test_a_cursor_that_leads_to_the_same_page_ends_the_list() -> None:
    assert page({"sessions": [], "next_cursor": "same"}, mark="after:same").next_mark is None


@pytest.mark.parametrize("body", ["{}", '{"sessions":null}', '{"sessions":{}}', "[]", "null", '{"sessions":[{}]}'])
def test_an_answer_without_sessions_is_unusable(body: str) -> None:
    with pytest.raises(UpstreamError) as caught:
        page(json.loads(body))

    assert caught.value.code is Code.UPSTREAM_MALFORMED


@pytest.mark.parametrize(
    ("status", "body", "code", "told"),
    [
        (
            400,
            {"type": "invalid_enum_value", "message": "m", "field_name": "platform"},
            Code.UPSTREAM_REJECTED,
            (
                "DevRev refused the arguments (400, code invalid_enum_value). A value is not in its list. "
                "It is about platform. Check the values of the arguments."
            ),
        ),
        (
            400,
            {"type": "missing_required_field", "field_name": "version_key"},
            Code.UPSTREAM_REJECTED,
            (
                "DevRev refused the arguments (400, code missing_required_field). A field that it needs is missing. "
                "It is about app_id. Check the values of the arguments."
            ),
        ),
        (
            400,
            {"type": "bad_request", "field_name": "password"},
            Code.UPSTREAM_REJECTED,
            "DevRev refused the arguments (400, code bad_request). Check the values of the arguments.",
        ),
        (
            401,
            {"type": "dev_org_deactivated"},
            Code.UPSTREAM_CREDENTIAL,
            (
                "DevRev did not accept crashgate's own credential (401, code dev_org_deactivated). The organization "
                "there is deactivated. The credential of the connection is wrong, expired or revoked; yours is not the "
                "cause. Tell the operator of crashgate to renew the credential of connection devrev."
            ),
        ),
        (
            403,
            {"type": "forbidden"},
            Code.UPSTREAM_FORBIDDEN,
            (
                "DevRev refused (403, code forbidden). The account or the plan behind crashgate's credential does not "
                "allow it. Tell the operator of crashgate (connection devrev)."
            ),
        ),
        (
            404,
            {"message": "route not found"},
            Code.UPSTREAM_REJECTED,
            (
                "DevRev has no such route (404). The address of the connection may be wrong. "
                "Tell the operator of crashgate (connection devrev)."
            ),
        ),
        (
            404,
            {"type": "not_found", "message": "route not found"},
            Code.NOT_AVAILABLE,
            "DevRev has no such thing, or shows it to others only (404).",
        ),
        (404, None, Code.NOT_AVAILABLE, "DevRev has no such thing, or shows it to others only (404)."),
        (
            413,
            {"type": "request_entity_too_large", "max_bytes": 1048576},
            Code.UPSTREAM_REJECTED,
            (
                "DevRev refused the call (413, code request_entity_too_large). The most is 1048576 bytes. "
                "It is too large. Send less."
            ),
        ),
        (
            429,
            {"type": "too_many_requests", "retry_after": 12},
            Code.UPSTREAM_RATE_LIMITED,
            (
                "DevRev's rate limit is used up (429, code too_many_requests). All agents share the limit of the "
                "connection. Wait 12 s; then ask for more rows per page rather than for more pages."
            ),
        ),
        (
            500,
            {"type": "internal_error", "reference_id": "r-1"},
            Code.UPSTREAM_UNAVAILABLE,
            "DevRev failed (500, code internal_error). Try again in a minute.",
        ),
        (
            503,
            {"type": "service_unavailable"},
            Code.UPSTREAM_UNAVAILABLE,
            "DevRev failed (503, code service_unavailable). Try again in a minute.",
        ),
    ],
)
def test_each_failure_is_told_in_our_own_words_with_the_documented_type(
    status: int, body: object, code: Code, told: str
) -> None:
    problem = failed(status, body)

    assert (problem.code, problem.status, str(problem)) == (code, status, told)


def test_every_documented_type_is_told_and_no_other(contracts: Path) -> None:
    documented: set[str] = set()
    for name, schema in devrev(contracts)["components"]["schemas"].items():
        if name.startswith("Error"):
            listed = schema["properties"]["type"]["description"].partition("known values: ")[2]
            documented |= set(re.split(r",\s+", listed))

    assert len(documented) == 23
    assert {kind for kind in documented if f"code {kind})" in str(failed(400, {"type": kind}))} == documented
    for kind in ("not_found", "Bad_request", "", 7, None, ["bad_request"], {"bad_request": 1}):
        assert "code" not in str(failed(400, {"type": kind}))


@pytest.mark.parametrize(
    ("body", "headers", "wait"),
    [
        ({"retry_after": 12}, {"retry-after": "30"}, 30.0),
        ({"retry_after": 12}, {}, 12.0),
        ({"retry_after": "12"}, {}, 12.0),
        ({"retry_after": -1}, {}, 300.0),
        ({"retry_after": True}, {}, 300.0),
        ({"retry_after": 10**9}, {}, 300.0),
        ({}, {"x-ratelimit-reset": str(NOW + 90), "date": DATE}, 90.0),
        ({}, {"x-ratelimit-reset": str(NOW - 90), "date": DATE}, 1.0),
        ({}, {"x-ratelimit-reset": str(NOW + 10**6), "date": DATE}, 300.0),
        ({}, {"x-ratelimit-reset": "90", "date": DATE}, 1.0),
        ({}, {"x-ratelimit-reset": "soon", "date": DATE}, 300.0),
        ({}, {"x-ratelimit-reset": "9" * 400, "date": DATE}, 300.0),
        ({}, {"x-ratelimit-reset": str(NOW + 90)}, 300.0),
        ({}, {"x-ratelimit-reset": str(NOW + 90), "date": "today"}, 300.0),
        ({}, {}, 300.0),
    ],
)
def test_the_time_to_wait_is_the_headers_then_the_bodys_then_the_moment_of_reset(
    body: dict[str, object], headers: dict[str, str], wait: float
) -> None:
    assert failed(429, {"type": "too_many_requests", **body}, headers=headers).retry_after == wait


@pytest.mark.parametrize("most", [True, -1, 1.5, "1000", None, 10**12])
def test_a_size_that_is_none_is_not_told(most: object) -> None:
    assert "The most is" not in str(failed(413, {"type": "request_entity_too_large", "max_bytes": most}))
