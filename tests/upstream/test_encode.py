"""Requests from operations."""

import json

import pytest
from pydantic import ValidationError

from crashgate.model.message import Request
from crashgate.model.own import GET_ACCESS, GetAccess
from crashgate.providers.bugsnag.bulk_changes import DELETE_ERRORS, ManyErrors
from crashgate.providers.bugsnag.error_changes import (
    ASSIGN_ERROR,
    FIX_ERROR,
    LINK_ISSUE,
    SNOOZE_ERROR,
    AssignError,
    LinkIssue,
    SnoozeError,
)
from crashgate.providers.bugsnag.errors import DELETE_ERROR, GET_ERROR, LIST_ERRORS, GetError, ListErrors
from crashgate.providers.bugsnag.saved_searches import CREATE_SAVED_SEARCH, CreateSavedSearch
from crashgate.providers.bugsnag_sessions.sessions import REPORT_SESSIONS, ReportSessions
from crashgate.upstream.codec import encode
from tests.upstream.answers import ID, ONE, PERSON
from tests.upstream.exchanges import CONNECTION, SESSIONS, TOKEN

ADDRESS = f"https://api.bugsnag.com/projects/checkout-ios/errors/{ID}"


def body_of(request: Request) -> object:
    return None if request.body is None else json.loads(request.body)


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


@pytest.mark.ablation("a change is never repeatable")
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


@pytest.mark.ablation("what crashgate answers itself is never sent")
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


@pytest.mark.ablation("a credential does not show in a request")
@pytest.mark.threats(29)
def test_the_credential_does_not_show_where_a_request_is_printed() -> None:
    assert TOKEN not in repr(encode(FIX_ERROR, ONE, CONNECTION)) + repr(CONNECTION)


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
