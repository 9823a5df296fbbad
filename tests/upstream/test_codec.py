"""Requests from operations, and rows from answers."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from crashgate.catalogue.bugsnag.bulk_changes import DELETE_ERRORS, FIX_ERRORS, ManyErrors
from crashgate.catalogue.bugsnag.error_changes import (
    ASSIGN_ERROR,
    FIX_ERROR,
    LINK_ISSUE,
    SNOOZE_ERROR,
    AssignError,
    LinkIssue,
    SnoozeError,
)
from crashgate.catalogue.bugsnag.errors import (
    DELETE_ERROR,
    GET_ERROR,
    LIST_ERRORS,
    Error,
    GetError,
    ListErrors,
    OneError,
)
from crashgate.catalogue.bugsnag.pivots import LIST_PROJECT_PIVOTS, ListProjectPivots
from crashgate.catalogue.bugsnag.projects import GET_PROJECT, GetProject
from crashgate.catalogue.bugsnag.saved_searches import CREATE_SAVED_SEARCH, CreateSavedSearch
from crashgate.catalogue.bugsnag.stability_trend import GET_STABILITY_TREND, GetStabilityTrend
from crashgate.catalogue.bugsnag_sessions.sessions import REPORT_SESSIONS, ReportSessions
from crashgate.catalogue.operation import AnyOperation
from crashgate.catalogue.own.access import GET_ACCESS, GetAccess
from crashgate.catalogue.params import Params
from crashgate.catalogue.result import PART, Page
from crashgate.errors import Code, UpstreamError
from crashgate.upstream.codec import MOST_ROWS, decode, encode
from crashgate.upstream.message import Request, Response
from tests.upstream.exchanges import CONNECTION, SESSIONS, TOKEN

ID = "5f1a0c3d9e8b7a6655443322"
PERSON = "5f1a0c3d9e8b7a6655443399"
ONE = OneError(project_id="checkout-ios", error_id=ID)
ADDRESS = f"https://api.bugsnag.com/projects/checkout-ios/errors/{ID}"


def body_of(request: Request) -> object:
    return None if request.body is None else json.loads(request.body)


def read(
    operation: AnyOperation,
    params: Params,
    content: bytes,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    mark: str | None = None,
) -> Page[Any]:
    response = Response(status=status, headers=headers or {}, body=content)
    return decode(operation, encode(operation, params, CONNECTION), response, CONNECTION, mark=mark)


def errors(content: bytes, **more: Any) -> Page[Any]:  # noqa: ANN401 - as read takes it
    return read(LIST_ERRORS, ListErrors(project_id="checkout-ios"), content, **more)


def refused(content: bytes, operation: AnyOperation = LIST_ERRORS, params: Params | None = None) -> UpstreamError:
    with pytest.raises(UpstreamError) as caught:
        read(operation, params or ListErrors(project_id="checkout-ios"), content)
    return caught.value


def assert_malformed(problem: UpstreamError) -> None:
    assert problem.code is Code.UPSTREAM_MALFORMED


@pytest.mark.parametrize("count", [PART, PART + 1, 2 * PART + 1])
def test_many_rows_and_many_parts_of_one_are_read_in_order_whatever_their_number(count: int) -> None:
    rows = [{"id": f"5f{number:020x}20", "events": number} for number in range(count)]
    points = [{"total_sessions_count": number} for number in range(count)]
    trend = read(
        GET_STABILITY_TREND,
        GetStabilityTrend(project_id="checkout-ios"),
        json.dumps({"timeline_points": points}).encode(),
    )

    assert [(row.id, row.events) for row in errors(json.dumps(rows).encode()).rows] == [
        (row["id"], row["events"]) for row in rows
    ]
    assert [point.total_sessions_count for point in trend.rows[0].timeline_points] == list(range(count))


def test_a_row_far_behind_that_is_not_of_the_documented_form_is_told_like_the_first() -> None:
    rows = [{"id": ID, "events": number} for number in range(PART)]
    problem = refused(json.dumps([*rows, {"id": ID, "events": "many"}]).encode())

    assert_malformed(problem)
    assert problem.why == "these fields are not of the documented form: events."


def test_a_read_is_sent_with_the_vendors_headers_and_no_body() -> None:
    assert encode(GET_ERROR, GetError(project_id="checkout-ios", error_id=ID), CONNECTION) == Request(
        method="GET",
        url=ADDRESS,
        headers={
            "Authorization": f"token {TOKEN}",
            "X-Version": "2",
            "X-Bugsnag-API": "true",
            "Accept": "application/json",
        },
        body=None,
        repeatable=True,
    )


def test_a_status_change_is_sent_with_its_operation_fixed_and_is_not_repeatable() -> None:
    assert encode(FIX_ERROR, ONE, CONNECTION) == Request(
        method="PATCH",
        url=ADDRESS,
        headers={
            "Authorization": f"token {TOKEN}",
            "X-Version": "2",
            "X-Bugsnag-API": "true",
            "Accept": "application/json",
            "Content-Type": "application/json",
        },
        body=b'{"operation":"fix"}',
        repeatable=False,
    )


def test_a_delete_is_sent_without_a_body_and_is_not_repeatable() -> None:
    request = encode(DELETE_ERROR, ONE, CONNECTION)

    assert (request.method, request.url, request.body, request.repeatable) == ("DELETE", ADDRESS, None, False)


def test_what_crashgate_answers_itself_is_never_sent() -> None:
    with pytest.raises(ValueError, match="answered by crashgate itself"):
        encode(GET_ACCESS, GetAccess(), CONNECTION)


def test_the_body_holds_what_was_given_and_no_more() -> None:
    given = LinkIssue(**ONE.model_dump(), issue_url="https://example.com/7")

    assert body_of(encode(LINK_ISSUE, given, CONNECTION)) == {
        "operation": "link_issue",
        "issue_url": "https://example.com/7",
    }


def test_a_null_that_was_given_is_sent_because_it_takes_an_assignment_away() -> None:
    given = AssignError.model_validate({**ONE.model_dump(), "assigned_collaborator_id": None})

    assert body_of(encode(ASSIGN_ERROR, given, CONNECTION)) == {"operation": "assign", "assigned_collaborator_id": None}


def test_a_reopen_rule_is_sent_without_the_numbers_that_do_not_belong_to_it() -> None:
    rule = {"reopen_if": "occurs_after", "seconds": 60, "hours": None}
    given = SnoozeError.model_validate({**ONE.model_dump(), "reopen_rules": rule})

    assert body_of(encode(SNOOZE_ERROR, given, CONNECTION)) == {
        "operation": "snooze",
        "reopen_rules": {"reopen_if": "occurs_after", "seconds": 60},
    }


def test_a_later_page_is_asked_for_with_the_query_of_its_link_alone() -> None:
    params = ListErrors(project_id="checkout-ios", per_page=30, sort="users")
    request = encode(LIST_ERRORS, params, CONNECTION, mark="base=2026&offset%5Bcount%5D=30")

    assert request.url == "https://api.bugsnag.com/projects/checkout-ios/errors?base=2026&offset%5Bcount%5D=30"


def test_a_base_url_with_a_path_stays_in_front() -> None:
    on_premise = type(CONNECTION)(
        name="own",
        provider=CONNECTION.provider,
        base_url="https://bugsnag.example.com/api/v2",
        credential=CONNECTION.credential,
    )

    assert encode(FIX_ERROR, ONE, on_premise).url == (
        f"https://bugsnag.example.com/api/v2/projects/checkout-ios/errors/{ID}"
    )


@pytest.mark.threats(29)
def test_the_credential_does_not_show_where_a_request_is_printed() -> None:
    assert TOKEN not in repr(encode(FIX_ERROR, ONE, CONNECTION)) + repr(CONNECTION)


def test_rows_of_a_list_are_read_with_the_total() -> None:
    assert errors(b'[{"id":"%s","events":3}]' % ID.encode(), headers={"x-total-count": "475"}) == Page(
        rows=(Error(id=ID, events=3),), total=475
    )


@pytest.mark.parametrize("header", ["", "many", "-1", "1e3", "٣", "1" * 16])
def test_a_total_that_is_no_number_is_no_total(header: str) -> None:
    assert errors(b"[]", headers={"x-total-count": header}).total is None


@pytest.mark.parametrize("operation", [FIX_ERROR, GET_STABILITY_TREND], ids=lambda operation: operation.id)
def test_an_answer_without_content_has_no_rows(operation: AnyOperation) -> None:
    params = ONE if operation is FIX_ERROR else GetStabilityTrend(project_id="checkout-ios")

    assert read(operation, params, b"", status=204) == Page(rows=())


def test_whatever_a_delete_answers_is_not_read() -> None:
    assert read(DELETE_ERROR, ONE, b"<html>gone</html>") == Page(rows=())


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "it is not JSON"),
        (b"<html>Sign in</html>", "it is not JSON"),
        (b'[{"id":', "it is not JSON"),
        (b"\xff\xfe[\x00]\x00", "it is not JSON"),
        (b"\xef\xbb\xbf[]", "it is not JSON"),
        (b"[" + b"1" * 5000 + b"]", "it is not JSON"),
        (b'{"rows":1}', "it is not a list"),
        (b"null", "it is not a list"),
        (b"[1]", "a row is no object"),
        (b"[null]", "a row is no object"),
        (b"[{}]", "these fields are not of the documented form: id"),
        (b'[{"id":"../.."}]', "these fields are not of the documented form: id"),
        (
            b'[{"id":"5f1a0c3d9e8b7a6655443322","events":"many","users":{}}]',
            "these fields are not of the documented form: events, users",
        ),
        (
            b"[" + b",".join([b'{"id":"5f1a0c3d9e8b7a6655443322"}'] * (MOST_ROWS + 1)) + b"]",
            "it holds more than 10000 rows",
        ),
    ],
    ids=range(14),
)
def test_an_answer_of_another_form_is_an_error_that_quotes_nothing_of_it(content: bytes, why: str) -> None:
    problem = refused(content)

    assert str(problem) == (
        f"BugSnag's answer cannot be used: {why}. Try again; if it stays, tell the operator of crashgate."
    )
    assert (problem.code, problem.status, problem.retry_after) == (Code.UPSTREAM_MALFORMED, None, None)


@pytest.mark.parametrize(
    "content",
    [b"[" * 100_000, b"[" * 50 + b"]" * 50, b"[" + b"0," * 600_000 + b"0]", b"[" + b'"",' * 600_000 + b'""]'],
    ids=["open", "deep", "numbers", "texts"],
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
        "BugSnag's answer cannot be used: it is not JSON. The change was accepted. Look before you try again."
    )


@pytest.mark.threats(7)
@given(st.text(min_size=8).map(lambda text: f"canary-{text}-canary"))
def test_no_text_of_an_unusable_answer_is_in_the_error(text: str) -> None:
    for document in (text, {"id": text}, [text], [{"id": text}], [{"id": ID, "events": text}], [{text: text}]):
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
        assert all(isinstance(row, BaseModel) for row in rows)


@given(st.dictionaries(st.sampled_from(sorted(Error.model_fields)), ANY_JSON))
def test_any_json_in_any_field_gives_a_row_that_can_be_written_again_or_our_own_error(fields: dict[str, Any]) -> None:
    content = json.dumps([{**fields, "id": ID}]).encode()
    try:
        (row,) = errors(content).rows
    except UpstreamError as problem:
        assert_malformed(problem)
    else:
        json.dumps(row.model_dump(mode="json"), allow_nan=False)


@pytest.mark.threats(25)
def test_every_string_and_every_key_of_an_answer_is_cleaned() -> None:
    (row,) = errors(
        json.dumps(
            [{"id": ID, "message": "\x1b[31mred\u202e", "grouping_fields": {"k\u200be\x07y": ["\U000e0041v\u0000"]}}]
        ).encode()
    ).rows

    assert row == Error(id=ID, message="[31mred", grouping_fields={"key": ["v"]})


@pytest.mark.threats(29)
def test_a_secret_with_an_invisible_letter_in_its_name_is_still_a_secret() -> None:
    content = json.dumps({"id": ID, "api\u200b_key": "canary-of-a-secret"}).encode()

    assert "canary" not in repr(read(GET_PROJECT, GetProject(project_id="checkout-ios"), content))


def test_a_list_in_the_query_goes_with_brackets_once_for_each_item() -> None:
    several = ManyErrors(project_id="checkout-ios", error_ids=(ID, PERSON))
    request = encode(DELETE_ERRORS, several, CONNECTION)

    assert (request.method, request.url) == (
        "PATCH",
        f"https://api.bugsnag.com/projects/checkout-ios/errors?error_ids%5B%5D={ID}&error_ids%5B%5D={PERSON}",
    )
    assert (body_of(request), request.repeatable) == ({"operation": "delete"}, False)


@pytest.mark.parametrize("ids", [(), (ID, ID), ("",), ("..",), (ID,) * 101, (f"{ID}&operation=delete",)])
def test_several_errors_are_named_each_once_by_ids(ids: tuple[str, ...]) -> None:
    with pytest.raises(ValidationError):
        ManyErrors(project_id="checkout-ios", error_ids=ids)


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ({}, {}),
        ({"operation": "fix"}, {}),
        ({"operation": "fix", ID: {"status": "fixed"}}, {ID: {"status": "fixed"}}),
        ({"operation": "fix", ID: None, PERSON: "fixed", "x": [1]}, {}),
        ({"operation": 7, ID: {}}, {ID: {}}),
    ],
)
def test_an_answer_about_several_errors_is_read_for_what_it_tells(answer: dict[str, Any], told: dict[str, Any]) -> None:
    several = ManyErrors(project_id="checkout-ios", error_ids=(ID, PERSON))
    page = read(FIX_ERRORS, several, json.dumps(answer).encode())

    assert [row.told for row in page.rows] == [told]


def test_a_parameter_of_a_header_goes_there_and_nowhere_else() -> None:
    params = ReportSessions.model_validate(
        {
            "sent_at": "2026-11-20T15:30:00Z",
            "app": {"version": "4.18.0"},
            "device": {},
            "session_counts": [{"startedAt": "2026-11-20T15:29:00Z", "sessionsStarted": 3}],
        }
    )
    request = encode(REPORT_SESSIONS, params, SESSIONS)
    sent = json.loads(request.body or b"")

    assert request.headers["Bugsnag-Sent-At"] == "2026-11-20T15:30:00Z"
    assert set(sent) == {"notifier", "app", "device", "sessionCounts"}
    assert (sent["app"], sent["device"]) == ({"version": "4.18.0"}, {})


def test_filters_of_a_saved_search_go_into_the_body_as_they_are_documented() -> None:
    params = CreateSavedSearch.model_validate(
        {"project_id": ID, "name": "Open", "filters": {"error.status": "open"}, "project_default": False}
    )

    assert body_of(encode(CREATE_SAVED_SEARCH, params, CONNECTION)) == {
        "project_id": ID,
        "name": "Open",
        "filters": {"error.status": [{"type": "eq", "value": "open"}]},
        "project_default": False,
    }


def test_the_counts_of_a_pivot_are_read_beside_its_summary_and_inside_it() -> None:
    # contracts/bugsnag/README.md: the document has them beside, answers seen in 2026 have them inside.
    counts = {"list": [{"value": "17", "events": 7}], "no_value": 1, "other": 2}
    beside, inside = (
        read(LIST_PROJECT_PIVOTS, ListProjectPivots(project_id=ID), json.dumps([row]).encode()).rows[0]
        for row in ({"name": "os", **counts}, {"name": "os", "summary": counts})
    )

    assert (beside.list, beside.no_value, beside.other) == (counts["list"], 1, 2)
    assert (inside.list, inside.no_value, inside.other) == (counts["list"], 1, 2)
